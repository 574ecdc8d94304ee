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

/**
 * Marks, by its high bit, each byte of a word that is a quote, a backslash, a control character or
 * outside ASCII. The lowest mark is right; subtracting borrows from the byte above a match, so that
 * a harmless byte there can be marked too.
 */
export function stops(word: number): number {
  return (
    (((word ^ 0x22222222) - 0x01010101) |
      ((word ^ 0x5c5c5c5c) - 0x01010101) |
      (word - 0x20202020)) &
    0x80808080
  );
}

/** The index (0 … 3) of the lowest marked byte. */
export function lowest(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >>> 3;
}

/** The first position from `i` on where `wanted` stands, or `end`. */
export function seek({ all, words }: Bytes, i: number, end: number, wanted: number): number {
  const pattern = Math.imul(wanted, 0x01010101);
  for (; i + 4 <= end; i += 4) {
    const other = words.getInt32(i, true) ^ pattern;
    const marks = (other - 0x01010101) & ~other & 0x80808080;
    if (marks !== 0) return i + lowest(marks);
  }
  while (i < end && all[i] !== wanted) i++;
  return i;
}

/** The first position from `i` on of a quote, a backslash, a control or non-ASCII character, or `end`. */
export function seekStop({ all, words }: Bytes, i: number, end: number): number {
  for (; i + 4 <= end; i += 4) {
    const marks = stops(words.getInt32(i, true));
    if (marks !== 0) return i + lowest(marks);
  }
  while (i < end && (stops(all[i]!) & 0x80) === 0) i++;
  return i;
}

/** Is all of from … to ASCII? */
export function isPlain({ all, words }: Bytes, from: number, to: number): boolean {
  let seen = 0;
  let i = from;
  for (; i + 4 <= to; i += 4) seen |= words.getInt32(i, true);
  while (i < to) seen |= all[i++]!;
  return (seen & 0x80808080) === 0;
}
