/**
 * A window on the memory behind a Buffer: single bytes, and four bytes at once. Offsets are
 * absolute in that memory, so that small buffers of one pool share a window.
 */
export interface Bytes {
  all: Buffer;
  words: DataView;
}

let lastBuffer: Buffer | undefined;
let last: Bytes = { all: Buffer.alloc(0), words: new DataView(new ArrayBuffer(0)) };

/** The window for `buf`. Records mostly come from one scratch buffer: the last window is kept. */
export function bytesOf(buf: Buffer): Bytes {
  if (buf === lastBuffer) return last;
  lastBuffer = buf;
  const memory = buf.buffer;
  if (memory !== last.words.buffer)
    last = { all: Buffer.from(memory), words: new DataView(memory) };
  return last;
}

/** Are the four bytes of a word (little-endian) all decimal digits? */
export function areDigits(word: number): boolean {
  return (((word - 0x30303030) | (word + 0x46464646)) & 0x80808080) === 0;
}
