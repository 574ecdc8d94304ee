/**
 * SQL counts characters (code points), JavaScript UTF-16 units: a character beyond U+FFFF is a pair
 * of surrogates. Nearly all text has none, so that is asked first.
 */
const SURROGATES = /[\ud800-\udfff]/;

/** The number of characters. */
export function charLength(text: string): number {
  if (!SURROGATES.test(text)) return text.length;
  let count = 0;
  for (let at = 0; at < text.length; at += isPair(text, at) ? 2 : 1) count++;
  return count;
}

/** Characters `from` (included, from 0) to `to` (excluded). */
export function sliceChars(text: string, from: number, to: number): string {
  if (!SURROGATES.test(text)) return text.slice(from, to);
  let at = 0;
  let count = 0;
  while (count < from && at < text.length) {
    at += isPair(text, at) ? 2 : 1;
    count++;
  }
  const start = at;
  while (count < to && at < text.length) {
    at += isPair(text, at) ? 2 : 1;
    count++;
  }
  return text.slice(start, at);
}

/** Whether the character at this unit takes two. */
export function isPair(text: string, at: number): boolean {
  return isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1));
}

/** The unit where the character before `at` starts; negative before the text. */
export function stepBack(text: string, at: number): number {
  return at >= 2 && isPair(text, at - 2) ? at - 2 : at - 1;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
