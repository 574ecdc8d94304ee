import { isUtf8 } from 'node:buffer';
import { bytesOf } from '../bytes.ts';
import { RecordFault } from '../types.ts';
import { ABSENT, type ARRAY, OBJECT } from '../value.ts';
import { badJson } from './fail.ts';
import { type Scan, SPAN, scanValue } from './scan.ts';
import { skipValue, space } from './skip.ts';

/**
 * Reads the one JSON object (or array, as `kind` says) in buf[start … end): refuses exactly what
 * JSON.parse refuses, and what is not UTF-8, not of this kind or nested too deep; keeps of the rest
 * only the wanted places. As in JSON.parse the last of equal keys counts.
 */
export function scanRecord(
  s: Scan,
  buf: Buffer,
  start: number,
  end: number,
  kind: typeof OBJECT | typeof ARRAY = OBJECT,
): void {
  open(s, buf, start, end);
  try {
    scanOnly(s, kind);
  } catch (error) {
    throw encodingFirst(error, buf, start, end);
  }
  if (s.wide && !isUtf8(buf.subarray(start, end))) throw notUtf8();
}

/**
 * Reads the JSON objects that stand behind one another in the same way, and calls `onObject` after
 * each. Whether the record is UTF-8 is known only when all are read.
 */
export function scanObjects(
  s: Scan,
  buf: Buffer,
  start: number,
  end: number,
  onObject: () => void,
): void {
  open(s, buf, start, end);
  try {
    let i = space(s.all, s.start, s.end);
    if (i === s.end) throw badJson('a value is expected', i - s.start);
    while (i < s.end) {
      if (!beginsAs(s, i, OBJECT)) {
        skipValue(s, i, s.end, 0);
        throw noRoot(OBJECT);
      }
      i = scanRoot(s, i);
      onObject();
      i = space(s.all, i, s.end);
    }
  } catch (error) {
    throw encodingFirst(error, buf, start, end);
  }
  if (s.wide && !isUtf8(buf.subarray(start, end))) throw notUtf8();
}

function open(s: Scan, buf: Buffer, start: number, end: number): void {
  const { all, words } = bytesOf(buf);
  s.all = all;
  s.words = words;
  s.start = buf.byteOffset + start;
  s.end = buf.byteOffset + end;
  s.wide = false;
}

/** What is not UTF-8 is told before whatever else that led to. */
function encodingFirst(error: unknown, buf: Buffer, start: number, end: number): unknown {
  return error instanceof RecordFault && !isUtf8(buf.subarray(start, end)) ? notUtf8() : error;
}

function notUtf8(): RecordFault {
  return new RecordFault('BAD_ENCODING', 'the record is not UTF-8');
}

function scanOnly(s: Scan, kind: number): void {
  const from = space(s.all, s.start, s.end);
  const fits = beginsAs(s, from, kind);
  let i = fits ? scanRoot(s, from) : skipValue(s, from, s.end, 0);
  i = space(s.all, i, s.end);
  if (i !== s.end) throw badJson('more text behind the value', i - s.start);
  if (!fits) throw noRoot(kind);
}

function beginsAs({ all, end }: Scan, i: number, kind: number): boolean {
  return i < end && all[i] === (kind === OBJECT ? 0x7b : 0x5b);
}

/** Past the object or array that begins at `i`; forgets what was found before. */
function scanRoot(s: Scan, i: number): number {
  s.elements = 0;
  for (let at = s.wanted.plain * SPAN - SPAN; at >= 0; at -= SPAN) s.spans[at] = ABSENT;
  return scanValue(s, i, s.end, s.wanted.root, 0);
}

function noRoot(kind: number): RecordFault {
  const what = kind === OBJECT ? 'JSON object' : 'JSON array';
  return new RecordFault('BAD_FORMAT', `a record must hold one ${what}`);
}
