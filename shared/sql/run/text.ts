import { RowError } from '../errors.ts';
import type { Fn } from '../plan.ts';
import type { Value } from '../types.ts';
import { charLength, sliceChars } from './characters.ts';
import { type Build, lift, remembering } from './compiled.ts';
import { regexSearch } from './regex.ts';

type Num = number | bigint;

/** How many regular expressions that come from the data are held ready. */
const HELD = 50;

/** Text functions (dialect section 8; SR: string-and-search-functions). Positions count from 1. */
export const TEXT: Readonly<Partial<Record<Fn, Build>>> = {
  '||': ({ args }) => lift(args, (a: string, b: string) => a + b),
  upper: ({ args }) => lift(args, (s: string) => s.toUpperCase()),
  lower: ({ args }) => lift(args, (s: string) => s.toLowerCase()),
  initcap: ({ args }) => lift(args, initcap),
  charLength: ({ args }) => lift(args, charLength),
  position: ({ args }) => lift(args, position),
  trim: ({ args }) => {
    const side = args[0]!.constant;
    return lift(args.slice(1), (char: string, s: string) => trim(side, char, s));
  },
  overlay: ({ args }) => lift(args, overlay),
  substring: ({ args }) => lift(args, substring),
  substringComma: ({ args }) => lift(args, substringComma),
  substringRegex: ({ args }) => {
    const search = remembering(HELD, regexSearch);
    return lift(args, (s: string, pattern: string) => search(pattern)(s));
  },
};

/** Words stand between spaces: the first character in upper case, all others in lower case. */
function initcap(s: string): string {
  return s.toLowerCase().replace(/(^| )([^ ])/gu, (_, space, char) => space + char.toUpperCase());
}

function position(wanted: string, s: string): number {
  const at = s.indexOf(wanted);
  return at < 0 ? 0 : charLength(s.slice(0, at)) + 1;
}

/** Exactly one trim character is allowed (SR: trim). */
function trim(side: Value | undefined, char: string, s: string): string {
  if (charLength(char) !== 1) {
    throw new RowError('TRIM', 'TRIM takes away one character, not an empty or a longer text');
  }
  let start = 0;
  let end = s.length;
  if (side !== 'TRAILING') while (s.startsWith(char, start)) start += char.length;
  if (side !== 'LEADING') while (end > start && s.endsWith(char, end)) end -= char.length;
  return s.slice(start, end);
}

/**
 * A start before the text shortens the length. Past the end the FROM form gives '' and the comma
 * form NULL (dialect section 14).
 */
function substring(s: string, from: Num, length?: Num): string {
  const start = Math.max(Number(from), 1);
  if (length === undefined) return sliceChars(s, start - 1, s.length);
  const end = Number(from) + checkLength(length);
  return end <= start ? '' : sliceChars(s, start - 1, end - 1);
}

function substringComma(s: string, from: Num, length?: Num): string | null {
  return Number(from) > charLength(s) ? null : substring(s, from, length);
}

/** A start before the text leaves its part of the replacement in front of it (SR: overlay). */
function overlay(s: string, replacement: string, from: Num, length?: Num): string {
  const replaced = checkLength(length ?? charLength(replacement));
  const start = Math.max(Number(from) - 1, 0);
  const end = Math.max(Number(from) - 1 + replaced, 0);
  return sliceChars(s, 0, start) + replacement + sliceChars(s, end, s.length);
}

function checkLength(length: Num): number {
  if (length >= 0) return Number(length);
  throw new RowError('NEGATIVE_LENGTH', 'the length of SUBSTRING or OVERLAY is negative');
}
