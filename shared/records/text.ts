/** Texts up to this many bytes are looked up before they are made. */
const LONGEST = 48;
const SLOTS = 4096;

const kept: string[] = new Array<string>(SLOTS).fill('');
const keptBytes = new Uint8Array(SLOTS * LONGEST);

/**
 * The ASCII text in bytes from … to of `all`. Regions, addresses and names repeat over and over:
 * the last text of each slot is kept, and found again by its bytes, which is cheaper than a new
 * string and spares the hashing of it later. Bounded: 4,096 texts of 48 bytes.
 */
export function asciiText(all: Buffer, words: DataView, from: number, to: number): string {
  const length = to - from;
  if (length > LONGEST || length < 4) return all.toString('latin1', from, to);
  const slot = slotOf(words, from, to);
  const at = slot * LONGEST;
  const known = kept[slot]!;
  if (known.length === length && sameBytes(all, from, at, length)) return known;
  const text = all.toString('latin1', from, to);
  kept[slot] = text;
  for (let i = 0; i < length; i++) keptBytes[at + i] = all[from + i]!;
  return text;
}

/** Four words of the text are enough: another text in the slot costs time, never a wrong answer. */
function slotOf(words: DataView, from: number, to: number): number {
  const length = to - from;
  const middle = from + ((length - 4) >>> 1);
  let hash = Math.imul(words.getInt32(to - 4, true) ^ length, 0x2c1b3c6d);
  hash = Math.imul((hash ^ (hash >>> 15)) + words.getInt32(middle, true), 0x297a2d39);
  hash = Math.imul((hash ^ (hash >>> 15)) + words.getInt32(from, true), 0x1b56c4e9);
  return (hash ^ (hash >>> 17)) & (SLOTS - 1);
}

function sameBytes(all: Buffer, from: number, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (all[from + i] !== keptBytes[at + i]) return false;
  return true;
}
