const PLAIN = /^[ !#-[\]-~]*$/;

/** Whether JSON writes a text as it is, between quotes, as most: telling is far cheaper than writing. */
export function isPlainInJson(text: string): boolean {
  return PLAIN.test(text);
}

/** What JSON.stringify makes of a text. */
export function jsonString(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Texts of 4 to 48 bytes are looked up before they are made. */
const LONGEST = 48;
const SLOTS = 4096;
/** Words kept per text: all whole ones, and the last four bytes, which may overlap them. */
const WORDS = LONGEST / 4 + 1;

const texts: string[] = new Array<string>(SLOTS).fill('');
const kept = new Int32Array(SLOTS * WORDS);

/**
 * The ASCII text in bytes from … to of `all`. Regions, addresses and names repeat over and over:
 * the last text of each slot is kept and found again by its bytes, which costs half of making a
 * string, and spares the hashing of it later. Bounded: 4,096 texts of 48 bytes.
 */
export function asciiText(all: Buffer, words: DataView, from: number, to: number): string {
  const length = to - from;
  if (length < 4) return shortText(all, from, length);
  if (length > LONGEST) return all.toString('latin1', from, to);
  const slot = slotOf(words, from, to);
  const known = texts[slot]!;
  if (known.length === length && same(words, slot * WORDS, from, to)) return known;
  const text = all.toString('latin1', from, to);
  texts[slot] = text;
  let at = slot * WORDS;
  for (let i = from; i + 4 <= to; i += 4) kept[at++] = words.getInt32(i, true);
  kept[at] = words.getInt32(to - 4, true);
  return text;
}

/** A call out of the engine costs more than so few characters. */
function shortText(all: Buffer, from: number, length: number): string {
  if (length === 0) return '';
  const [a, b, c] = [all[from]!, all[from + 1]!, all[from + 2]!];
  if (length === 1) return String.fromCharCode(a);
  return length === 2 ? String.fromCharCode(a, b) : String.fromCharCode(a, b, c);
}

/**
 * The text in from … to without each byte `sign` that stands before one of `escaped`. Byte by
 * byte: a field of nothing but escapes costs no more memory than it has.
 */
export function withoutEscapes(
  all: Buffer,
  from: number,
  to: number,
  sign: number,
  escaped: Uint8Array,
): string {
  const bytes = Buffer.allocUnsafe(to - from);
  let length = 0;
  for (let i = from; i < to; i++) {
    if (all[i] === sign && i + 1 < to && escaped.includes(all[i + 1]!)) i++;
    bytes[length++] = all[i]!;
  }
  return bytes.toString('utf8', 0, length);
}

/** A few words of the text are enough: another text in the slot costs time, never a wrong answer. */
function slotOf(words: DataView, from: number, to: number): number {
  const length = to - from;
  const middle = from + ((length - 4) >>> 1);
  let hash = Math.imul(words.getInt32(from, true) ^ length, 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 15) ^ words.getInt32(middle, true), 0x297a2d39);
  hash = Math.imul(hash ^ (hash >>> 13) ^ words.getInt32(to - 4, true), 0x1b56c4e9);
  return (hash ^ (hash >>> 16)) & (SLOTS - 1);
}

function same(words: DataView, at: number, from: number, to: number): boolean {
  let i = from;
  for (; i + 4 <= to; i += 4) if (words.getInt32(i, true) !== kept[at++]) return false;
  return words.getInt32(to - 4, true) === kept[at];
}
