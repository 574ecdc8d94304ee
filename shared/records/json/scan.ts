import { bytesOf } from '../bytes.ts';
import { MOST_ROWS } from '../row-list.ts';
import { RecordFault } from '../types.ts';
import { ABSENT, ARRAY, ASCII, ESCAPED, FALSE, NUMBER, OBJECT, TRUE, WIDE } from '../value.ts';
import { badJson } from './fail.ts';
import {
  DEEPEST,
  type Source,
  skipColon,
  skipNumber,
  skipString,
  skipValue,
  skipWord,
  space,
  tooDeep,
} from './skip.ts';
import { addKey, type Key, type Want, type Wanted } from './wanted.ts';

/** A span is three numbers: kind (value.ts), first byte, byte behind the last. */
export const SPAN = 3;

/** What a scan (record.ts) found: the spans of the wanted places, in absolute offsets of `all`. */
export interface Scan extends Source {
  spans: Int32Array;
  /** First number of the list element that is being read. */
  base: number;
  elements: number;
  readonly wanted: Wanted;
}

export function newScan(wanted: Wanted): Scan {
  const spans = new Int32Array(SPAN * (wanted.plain + wanted.perElement * 4));
  const { all, words } = bytesOf(Buffer.alloc(1));
  const flags = { wide: false, escaped: false };
  return { all, words, start: 0, end: 0, ...flags, spans, base: 0, elements: 0, wanted };
}

/** Past a value that some column reads, or that holds such values; notes its span. */
export function scanValue(s: Scan, i: number, end: number, want: Want, depth: number): number {
  const base = want.inList ? s.base : 0;
  const below = want.below;
  for (let k = 0; k < below.length; k++) s.spans[base + below[k]! * SPAN] = ABSENT;
  const c = i < end ? s.all[i]! : 0;
  let from = i;
  let to: number;
  let kind: number;
  if (c === 0x22) {
    const wide = s.wide;
    s.wide = false;
    s.escaped = false;
    from = i + 1;
    i = skipString(s, from, end);
    to = i - 1;
    kind = s.escaped ? ESCAPED : s.wide ? WIDE : ASCII;
    if (wide) s.wide = true;
  } else {
    if (c === 0x7b) {
      kind = OBJECT;
      const inside = want.hasKeys;
      i = inside ? scanMembers(s, i + 1, end, want, depth + 1) : skipValue(s, i, end, depth);
    } else if (c === 0x5b) {
      kind = ARRAY;
      const inside = want.each !== null || want.itemAt.size > 0;
      i = inside ? scanElements(s, i + 1, end, want, depth + 1) : skipValue(s, i, end, depth);
    } else if (c === 0x74 || c === 0x66 || c === 0x6e) {
      kind = c === 0x74 ? TRUE : c === 0x66 ? FALSE : ABSENT;
      i = skipWord(s, i, end);
    } else {
      kind = NUMBER;
      i = skipNumber(s, i, end);
    }
    to = i;
  }
  if (want.leaf >= 0) {
    const at = base + want.leaf * SPAN;
    s.spans[at] = kind;
    s.spans[at + 1] = from;
    s.spans[at + 2] = to;
  }
  return i;
}

/**
 * Past the rest of an object that holds wanted keys; its brace stands before `i`. Most records
 * have the keys of the record before, in the same order: the next one is guessed and compared
 * four bytes at a time, which is far cheaper than to look for its end.
 */
function scanMembers(s: Scan, i: number, end: number, want: Want, depth: number): number {
  if (depth > DEEPEST) throw tooDeep(i - s.start);
  const { all, words } = s;
  i = space(all, i, end);
  if (i < end && all[i] === 0x7d) return i + 1;
  let key = want.start;
  for (;;) {
    const guess: Key | null = key.follower;
    if (guess !== null && isAt(words, i, end, guess)) {
      key = guess;
      i += guess.length;
      if (i < end && all[i]! <= 0x20) i = space(all, i, end);
    } else {
      if (i >= end || all[i] !== 0x22) throw badJson('a key is expected', i - s.start);
      const from = i + 1;
      s.escaped = false;
      i = skipString(s, from, end);
      const found = keyAt(s, want, from, i - 1);
      key.follower = found;
      key = found;
      i = skipColon(s, i, end);
    }
    const child: Want | null = key.want;
    i = child === null ? skipValue(s, i, end, depth) : scanValue(s, i, end, child, depth);
    let c = i < end ? all[i]! : 0;
    if (c <= 0x20) {
      i = space(all, i, end);
      c = i < end ? all[i]! : 0;
    }
    i++;
    if (c === 0x7d) return i;
    if (c !== 0x2c) throw badJson("',' or '}' is expected", i - 1 - s.start);
    if (i < end && all[i]! <= 0x20) i = space(all, i, end);
  }
}

/** Is the key at `i`, written as usual? (The empty key has no four bytes: never.) */
function isAt(words: DataView, i: number, end: number, { written, length }: Key): boolean {
  const last = written.length - 1;
  if (last < 0 || i + length > end) return false;
  for (let k = 0; k < last; k++) {
    if (words.getInt32(i + k * 4, true) !== written[k]) return false;
  }
  return words.getInt32(i + length - 4, true) === written[last];
}

/** Keys beyond these are not worth the memory; a record can hold any. */
const LONGEST_KEY = 64;
const MOST_LEARNED = 64;

/** The key in from … to; one that is met for the first time is learned while there is room. */
function keyAt(s: Scan, want: Want, from: number, to: number): Key {
  const { all } = s;
  if (s.escaped) return escapedKey(s, want, from, to);
  const length = to - from;
  let key = length < want.byLength.length ? want.byLength[length]! : null;
  while (key !== null) {
    const bytes = key.bytes;
    let i = length - 1;
    while (i >= 0 && bytes[i] === all[from + i]) i--;
    if (i < 0) return key;
    key = key.next;
  }
  if (length === 0 || length > LONGEST_KEY || want.learned === MOST_LEARNED) return want.stranger;
  want.learned++;
  return addKey(want, Buffer.from(all.subarray(from, to)), null);
}

function escapedKey(s: Scan, want: Want, from: number, to: number): Key {
  const text: string = JSON.parse(s.all.toString('utf8', from - 1, to + 1));
  const child = want.byText.get(text);
  let key = child === undefined ? null : want.byLength[Buffer.byteLength(text)]!;
  while (key !== null && key.want !== child) key = key.next;
  return key ?? want.stranger;
}

/** Past the rest of an array that holds wanted elements; its bracket stands before `i`. */
function scanElements(s: Scan, i: number, end: number, want: Want, depth: number): number {
  if (depth > DEEPEST) throw tooDeep(i - s.start);
  const all = s.all;
  if (want.each !== null) s.elements = 0;
  i = space(all, i, end);
  if (i < end && all[i] === 0x5d) return i + 1;
  for (let index = 0; ; index++) {
    const from = i;
    const child = want.itemAt.get(index);
    if (child !== undefined) i = scanValue(s, from, end, child, depth);
    if (want.each !== null) {
      openElement(s);
      i = scanValue(s, from, end, want.each, depth);
    } else if (child === undefined) i = skipValue(s, from, end, depth);
    i = space(all, i, end);
    const c = i < end ? all[i]! : 0;
    i++;
    if (c === 0x5d) return i;
    if (c !== 0x2c) throw badJson("',' or ']' is expected", i - 1 - s.start);
    i = space(all, i, end);
  }
}

/** Makes room for the spans of one more element. */
function openElement(s: Scan): void {
  if (s.elements === MOST_ROWS) {
    throw new RecordFault('BAD_FORMAT', `a list of more than ${MOST_ROWS} elements`);
  }
  const { plain, perElement } = s.wanted;
  s.base = SPAN * (plain + s.elements * perElement);
  s.elements++;
  const needed = s.base + SPAN * perElement;
  if (needed > s.spans.length) {
    const wider = new Int32Array(needed * 2);
    wider.set(s.spans);
    s.spans = wider;
  }
}
