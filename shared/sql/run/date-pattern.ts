import { RowError } from '../errors.ts';
import { remembering } from './compiled.ts';
import { dateFormat } from './date-format.ts';
import { dateParse } from './date-parse.ts';

/**
 * A date pattern in the letters of java.text.SimpleDateFormat, English and UTC: y M d E a H h m s S
 * z Z X (SR: datetime-conversion-functions). Other letters are reserved; 'text' in quotes, '' is a quote.
 */
export interface DatePattern {
  readonly format: (time: number) => string;
  /** Reads as far as the pattern goes. Throws RowError CAST. */
  readonly parse: (text: string) => number;
}

/** A run of one letter, or text that stands for itself. */
export type Token =
  | { readonly letter: Letter; readonly count: number }
  | { readonly letter: null; readonly text: string };

export type Letter = 'y' | 'M' | 'd' | 'E' | 'a' | 'H' | 'h' | 'm' | 's' | 'S' | 'z' | 'Z' | 'X';

const LETTERS = 'yMdEaHhmsSzZX';
const TOKEN = /''|'((?:[^']|'')*)'|([A-Za-z])\2*|[^'A-Za-z]+/y;

/** Compiled patterns, the last ones held ready. Throws RowError PATTERN for one that is wrong. */
export const datePattern: (pattern: string) => DatePattern = remembering(200, (pattern) => {
  const tokens = tokensOf(pattern);
  return { format: dateFormat(tokens), parse: dateParse(tokens, pattern) };
});

/** False where `datePattern` throws. */
export function isDatePattern(pattern: string): boolean {
  try {
    return tokensOf(pattern) !== null;
  } catch (error) {
    if (error instanceof RowError) return false;
    throw error;
  }
}

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < pattern.length) {
    const match = TOKEN.exec(pattern);
    if (match === null)
      throw new RowError('PATTERN', 'a date pattern opens a quote and never closes it');
    const [text, quoted, letter] = match;
    if (letter === undefined) {
      const plain = text === "''" ? "'" : (quoted?.replaceAll("''", "'") ?? text);
      tokens.push({ letter: null, text: plain });
    } else if (LETTERS.includes(letter)) {
      tokens.push({ letter: letter as Letter, count: text.length });
    } else {
      throw new RowError('PATTERN', `a date pattern has no letter ${letter}: put text into quotes`);
    }
  }
  return tokens;
}
