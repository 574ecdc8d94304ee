/**
 * A window on the memory behind a Buffer: single bytes, and four bytes at once. Offsets are
 * absolute in that memory, so that small buffers of one pool share a window.
 */
export interface Bytes {
  all: Buffer;
  words: DataView;
}

let lastMemory: ArrayBufferLike | undefined;
let last: Bytes = { all: Buffer.alloc(0), words: new DataView(new ArrayBuffer(0)) };

/** The window for `buf`. Records mostly come from one scratch buffer: the last window is kept. */
export function bytesOf(buf: Buffer): Bytes {
  const memory = buf.buffer;
  if (memory !== lastMemory) {
    lastMemory = memory;
    last = { all: Buffer.from(memory), words: new DataView(memory) };
  }
  return last;
}
