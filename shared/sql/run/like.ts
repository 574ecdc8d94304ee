import { RowError } from '../errors.ts';
import type { Row, Value } from '../types.ts';
import { isPair, stepBack } from './characters.ts';
import { type Call, type Condition, lift, remembering } from './compiled.ts';

type Match = (text: string) => boolean;

/** How many patterns that come from the data are held ready. */
const HELD = 100;

/** x LIKE pattern [ESCAPE c]. A literal pattern is compiled once. */
export function like({ args }: Call): Condition {
  const [x, pattern, escapeChar] = args.map((arg) => arg.constant);
  const match = x === undefined ? literalMatch(pattern, args[2] ? escapeChar : '') : null;
  if (match === null) {
    const held = remembering(HELD, (key) => {
      const [escapeText, ...rest] = key.split('\0');
      return likeMatcher(rest.join('\0'), escapeText!);
    });
    const run = lift(args, (text: string, like: string, escapeText?: string) =>
      held(`${checkEscape(escapeText)}\0${like}`)(text),
    );
    return { run, test: (row) => run(row) === true };
  }
  const { run, column } = args[0]!;
  const value = column === undefined ? run : (row: Row) => row[column] as Value;
  return {
    run: lift([args[0]!], match),
    test: (row) => {
      const text = value(row);
      return text !== null && match(text as string);
    },
  };
}

/** null where the pattern is known only with the row, or fails: then it fails row by row. */
function literalMatch(pattern: Value | undefined, escapeChar: Value | undefined): Match | null {
  if (typeof pattern !== 'string' || typeof escapeChar !== 'string') return null;
  try {
    return likeMatcher(pattern, escapeChar);
  } catch (error) {
    if (error instanceof RowError) return null;
    throw error;
  }
}

function checkEscape(escapeChar: string | undefined): string {
  if (escapeChar === undefined || [...escapeChar].length === 1) return escapeChar ?? '';
  throw new RowError('ESCAPE', 'the ESCAPE of LIKE must be one character');
}

/** What stands between two %: text, and null for each `_`. */
type Segment = readonly (string | null)[];

/**
 * Matches text against a LIKE pattern: `%` any characters, `_` one. `escapeChar` is one
 * character that takes the meaning from what follows, or ''. Each segment is looked for once, from
 * the left, so the time is at most text times pattern. Throws RowError ESCAPE.
 */
export function likeMatcher(pattern: string, escapeChar: string): Match {
  const segments = parse(pattern, checkEscape(escapeChar === '' ? undefined : escapeChar));
  const first = segments[0]!;
  if (segments.length === 1) return exactMatch(first);
  const last = segments.at(-1)!;
  const middle = segments.slice(1, -1).filter((segment) => segment.length > 0);
  return simpleMatch(first, middle, last) ?? ((text) => generalMatch(text, first, middle, last));
}

function parse(pattern: string, escapeChar: string): Segment[] {
  const segments: (string | null)[][] = [[]];
  let escaped = false;
  for (const char of pattern) {
    const segment = segments.at(-1)!;
    if (escaped) {
      if (char !== '%' && char !== '_' && char !== escapeChar) throw badEscape();
      append(segment, char);
      escaped = false;
    } else if (char === escapeChar) escaped = true;
    else if (char === '%') segments.push([]);
    else if (char === '_') segment.push(null);
    else append(segment, char);
  }
  if (escaped) throw badEscape();
  return segments;
}

function append(segment: (string | null)[], char: string): void {
  const last = segment.at(-1);
  if (typeof last === 'string') segment[segment.length - 1] = last + char;
  else segment.push(char);
}

function badEscape(): RowError {
  return new RowError('ESCAPE', 'in LIKE the escape must stand before %, _ or itself');
}

/** The text of a segment without `_`; null otherwise. */
function plain(segment: Segment): string | null {
  if (segment.length === 0) return '';
  return segment.length === 1 ? segment[0]! : null;
}

function exactMatch(segment: Segment): Match {
  const wanted = plain(segment);
  if (wanted !== null) return (text) => text === wanted;
  return (text) => matchAt(text, 0, segment) === text.length;
}

/** 'a%', '%a' and '%a%'. */
function simpleMatch(first: Segment, middle: readonly Segment[], last: Segment): Match | null {
  const start = plain(first);
  const inner = middle.length === 0 ? '' : plain(middle[0]!);
  const end = plain(last);
  if (start === null || inner === null || end === null || middle.length > 1) return null;
  if (inner === '' && end === '') return (text) => text.startsWith(start);
  if (start === '' && inner === '') return (text) => text.endsWith(end);
  if (start === '' && end === '') return (text) => text.includes(inner);
  return null;
}

function generalMatch(
  text: string,
  first: Segment,
  middle: readonly Segment[],
  last: Segment,
): boolean {
  let at = matchAt(text, 0, first);
  for (const segment of middle) {
    if (at < 0) return false;
    at = find(text, at, segment);
  }
  if (at < 0) return false;
  let start = text.length;
  for (let i = last.length - 1; i >= 0; i--) {
    start = last[i] === null ? stepBack(text, start) : start - last[i]!.length;
  }
  return start >= at && matchAt(text, start, last) === text.length;
}

/** Where the first match from `from` on ends; -1 without one. */
function find(text: string, from: number, segment: Segment): number {
  const wanted = plain(segment);
  if (wanted !== null) {
    const at = text.indexOf(wanted, from);
    return at < 0 ? -1 : at + wanted.length;
  }
  // From the middle of a pair only that fits which fits from its start, where it was tried before.
  for (let at = from; at <= text.length; at++) {
    const end = matchAt(text, at, segment);
    if (end >= 0) return end;
  }
  return -1;
}

/** Where the match that starts at `at` ends; -1 without one. */
function matchAt(text: string, at: number, segment: Segment): number {
  let end = at;
  for (const part of segment) {
    if (part === null) {
      if (end >= text.length) return -1;
      end += isPair(text, end) ? 2 : 1;
    } else if (text.startsWith(part, end)) end += part.length;
    else return -1;
  }
  return end;
}
