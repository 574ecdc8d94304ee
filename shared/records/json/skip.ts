import { areDigits, type Bytes, lowest, stops } from '../bytes.ts';
import { badJson } from './fail.ts';

/** Deeper than any event, shallow enough that no record can exhaust a stack behind us. */
export const DEEPEST = 1000;

/** One record under the scanner: where it stands, and what was met on the way. */
export interface Source extends Bytes {
  start: number;
  end: number;
  /** A string held a byte outside ASCII: the record must still be checked for UTF-8. */
  wide: boolean;
  /** A string held an escape. The caller sets both flags back where it asks about one string. */
  escaped: boolean;
}

/** The first position from `i` on that is not white space. */
export function space(all: Uint8Array, i: number, end: number): number {
  while (i < end) {
    const c = all[i]!;
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
    i++;
  }
  return i;
}

/** Past a string whose opening quote stands before `i`, to behind its closing quote. */
export function skipString(s: Source, i: number, end: number): number {
  const { all, words } = s;
  for (;;) {
    while (i + 8 <= end) {
      const first = stops(words.getInt32(i, true));
      if (first !== 0) {
        i += lowest(first);
        break;
      }
      const second = stops(words.getInt32(i + 4, true));
      if (second !== 0) {
        i += 4 + lowest(second);
        break;
      }
      i += 8;
    }
    const c = i < end ? all[i]! : 0;
    if (c === 0x22) return i + 1;
    if (c === 0x5c) i = skipEscape(s, i, end);
    else if (c >= 0x80) i = skipWide(s, i, end);
    else if (c >= 0x20) i++;
    else throw badJson(i < end ? 'control character in a string' : 'ends in a string', i - s.start);
  }
}

function skipWide(s: Source, i: number, end: number): number {
  s.wide = true;
  while (i < end && s.all[i]! >= 0x80) i++;
  return i;
}

function skipEscape(s: Source, i: number, end: number): number {
  s.escaped = true;
  const c = i + 1 < end ? s.all[i + 1]! : 0;
  if (c === 0x75) {
    for (let k = i + 2; k < i + 6; k++) {
      if (k >= end || !isHex(s.all[k]!)) throw badJson('bad \\u escape', i - s.start);
    }
    return i + 6;
  }
  // " \ / b f n r t
  if (c === 0x22 || c === 0x5c || c === 0x2f || c === 0x62 || c === 0x66) return i + 2;
  if (c === 0x6e || c === 0x72 || c === 0x74) return i + 2;
  throw badJson('unknown escape', i - s.start);
}

function isHex(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66);
}

function isDigit(all: Uint8Array, i: number, end: number): boolean {
  const c = i < end ? all[i]! : 0;
  return c >= 0x30 && c <= 0x39;
}

/** Past a number that begins at `i`. */
export function skipNumber(s: Source, i: number, end: number): number {
  const { all, words } = s;
  if (i < end && all[i] === 0x2d) i++;
  if (!isDigit(all, i, end)) throw badJson('a value is expected', i - s.start);
  const zero = all[i] === 0x30;
  i++;
  if (!zero) {
    while (i + 4 <= end && areDigits(words.getInt32(i, true))) i += 4;
    while (isDigit(all, i, end)) i++;
  }
  let c = i < end ? all[i]! : 0;
  if (c === 0x2e) {
    i++;
    if (!isDigit(all, i, end)) throw badJson('a digit is expected', i - s.start);
    while (isDigit(all, i, end)) i++;
    c = i < end ? all[i]! : 0;
  }
  if (c === 0x65 || c === 0x45) {
    i++;
    c = i < end ? all[i]! : 0;
    if (c === 0x2b || c === 0x2d) i++;
    if (!isDigit(all, i, end)) throw badJson('a digit is expected', i - s.start);
    while (isDigit(all, i, end)) i++;
  }
  return i;
}

const TRUE = 0x65757274;
const NULL = 0x6c6c756e;
const ALSE = 0x65736c61;

/** Past true, false or null, whose first letter stands at `i`. */
export function skipWord(s: Source, i: number, end: number): number {
  const c = s.all[i];
  if (c === 0x66) {
    if (i + 5 <= end && s.words.getInt32(i + 1, true) === ALSE) return i + 5;
  } else if (i + 4 <= end) {
    const word = s.words.getInt32(i, true);
    if (word === TRUE || word === NULL) return i + 4;
  }
  throw badJson('a value is expected', i - s.start);
}

/** 1: in an object, 0: in an array. Scanning never waits, so one stack serves every record. */
const stack = new Uint8Array(DEEPEST + 1);

/** Past any value that begins at `i` (no white space before it), `depth` levels down. */
export function skipValue(s: Source, i: number, end: number, depth: number): number {
  const c = i < end ? s.all[i]! : 0;
  if (c === 0x22) return skipString(s, i + 1, end);
  if (c === 0x7b || c === 0x5b) return skipContainer(s, i + 1, end, depth + 1, c === 0x7b);
  if (c === 0x74 || c === 0x66 || c === 0x6e) return skipWord(s, i, end);
  return skipNumber(s, i, end);
}

/** Past the rest of an object or array, whose bracket stands before `i`. */
function skipContainer(s: Source, i: number, end: number, outer: number, object: boolean): number {
  const all = s.all;
  let depth = outer;
  let inObject = object;
  let fresh = true;
  if (depth > DEEPEST) throw tooDeep(i - s.start);
  for (;;) {
    let c = i < end ? all[i]! : 0;
    if (c <= 0x20) {
      i = space(all, i, end);
      c = i < end ? all[i]! : 0;
    }
    let closes = fresh && c === (inObject ? 0x7d : 0x5d);
    if (closes) i++;
    else {
      if (inObject) {
        i = skipKey(s, i, end);
        c = i < end ? all[i]! : 0;
      }
      if (c === 0x22) i = skipString(s, i + 1, end);
      else if (c === 0x7b || c === 0x5b) {
        if (depth === DEEPEST) throw tooDeep(i - s.start);
        stack[depth++] = inObject ? 1 : 0;
        inObject = c === 0x7b;
        fresh = true;
        i++;
        continue;
      } else if (c === 0x74 || c === 0x66 || c === 0x6e) i = skipWord(s, i, end);
      else i = skipNumber(s, i, end);
    }
    for (;;) {
      if (closes) {
        if (depth === outer) return i;
        inObject = stack[--depth] === 1;
      }
      c = i < end ? all[i]! : 0;
      if (c <= 0x20) {
        i = space(all, i, end);
        c = i < end ? all[i]! : 0;
      }
      if (c === 0x2c) break;
      if (c !== (inObject ? 0x7d : 0x5d)) {
        throw badJson(`',' or '${inObject ? '}' : ']'}' is expected`, i - s.start);
      }
      closes = true;
      i++;
    }
    i++;
    fresh = false;
  }
}

/** Past a key and its colon, to the value. */
function skipKey(s: Source, i: number, end: number): number {
  if (i >= end || s.all[i] !== 0x22) throw badJson('a key is expected', i - s.start);
  return skipColon(s, skipString(s, i + 1, end), end);
}

/** Past the colon behind a key, to the value. */
export function skipColon(s: Source, i: number, end: number): number {
  const all = s.all;
  if (i < end && all[i] !== 0x3a) i = space(all, i, end);
  if (i >= end || all[i] !== 0x3a) throw badJson("':' is expected", i - s.start);
  i++;
  return i < end && all[i]! <= 0x20 ? space(all, i, end) : i;
}

export function tooDeep(at: number): Error {
  return badJson(`nested deeper than ${DEEPEST} levels`, at);
}
