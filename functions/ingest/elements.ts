import { isUtf8 } from 'node:buffer';
import type { KeySource } from '../../shared/config/ingest.ts';
import { parsePath, type Step } from '../../shared/records/json/paths.ts';
import { scanRecord } from '../../shared/records/json/record.ts';
import { kindAt, unescapeJson } from '../../shared/records/json/rows.ts';
import { newScan, type Scan, SPAN } from '../../shared/records/json/scan.ts';
import { type Place as Spot, wantedPlaces } from '../../shared/records/json/wanted.ts';
import { RecordFault } from '../../shared/records/types.ts';
import { ARRAY, ASCII, ESCAPED, NUMBER, OBJECT, WIDE } from '../../shared/records/value.ts';
import type { Body } from './body.ts';
import { type Place, Refusal } from './refusal.ts';

/** One record to be put: the bytes as they were posted. */
export interface Element {
  readonly data: Buffer;
  /** The key that it names itself; null: it names none, and need not. */
  readonly key: string | null;
  readonly place: Place;
}

/** The answer has some 130 bytes for each, and all of it has to fit Lambda's 6 MB. */
export const MOST_ELEMENTS = 10_000;

/**
 * Takes bodies apart, without copying: objects and lines go on as the bytes they are, so that numbers
 * stay exact. Throws Refusal 400 with the first line or element at fault, 413 for too many.
 */
export function elementReader(key: KeySource): (body: Body) => Element[] {
  const steps = key.kind === 'path' ? parsePath(key.path) : null;
  const single = scanner([], steps);
  const list = scanner(['each'], steps);
  const object = (bytes: Buffer, from: number, to: number, place: Place): Element =>
    placed(place, () => {
      scanRecord(single.scan, bytes, from, to);
      return elementAt(single, 0, place);
    });
  return ({ content, bytes }) => {
    if (content === 'lines') return textLines(bytes);
    if (content === 'ndjson') {
      return linesOf(bytes).map(({ from, to, line }) => object(bytes, from, to, { line }));
    }
    const isList = bytes[firstOf(bytes)] === 0x5b;
    return isList ? arrayElements(list, bytes) : [object(bytes, 0, bytes.length, {})];
  };
}

interface Scanner {
  readonly scan: Scan;
  readonly whole: Spot;
  readonly key: Spot | null;
}

function scanner(root: readonly Step[], key: readonly Step[] | null): Scanner {
  const wanted = wantedPlaces([root, ...(key === null ? [] : [[...root, ...key]])]);
  return { scan: newScan(wanted), whole: wanted.places[0]!, key: wanted.places[1] ?? null };
}

function arrayElements(scanner: Scanner, bytes: Buffer): Element[] {
  const { scan } = scanner;
  try {
    scanRecord(scan, bytes, 0, bytes.length, ARRAY);
  } catch (error) {
    if (scan.elements > MOST_ELEMENTS) throw tooMany();
    const isWhole = error instanceof RecordFault && error.reason === 'BAD_ENCODING';
    throw refused(error, isWhole ? {} : { element: Math.max(0, scan.elements - 1) });
  }
  if (scan.elements > MOST_ELEMENTS) throw tooMany();
  return Array.from({ length: scan.elements }, (_, element) => {
    if (kindAt(scan, scanner.whole, element) === OBJECT) {
      return elementAt(scanner, element, { element });
    }
    throw new Refusal(400, 'BAD_FORMAT', `element ${element} is no JSON object`, { element });
  });
}

function elementAt({ scan, whole, key }: Scanner, element: number, place: Place): Element {
  const { all, from, to } = spanAt(scan, whole, element);
  const data = all.subarray(from, to);
  return { data, key: key === null ? null : keyAt(scan, key, element, place), place };
}

function keyAt(scan: Scan, spot: Spot, element: number, place: Place): string {
  const kind = kindAt(scan, spot, element);
  const { all, from, to } = spanAt(scan, spot, element);
  if (kind === ASCII || kind === WIDE || kind === NUMBER) return all.toString('utf8', from, to);
  if (kind === ESCAPED) return unescapeJson(all, from, to);
  const message = `${nameOf(place)}: the field of the partition key is missing, or no text or number`;
  throw new Refusal(400, 'NO_KEY', message, place);
}

function spanAt({ all, spans, wanted }: Scan, { leaf, inList }: Spot, element: number) {
  const skipped = inList ? wanted.plain + element * wanted.perElement : 0;
  const at = (skipped + leaf) * SPAN;
  return { all, from: spans[at + 1]!, to: spans[at + 2]! };
}

function textLines(bytes: Buffer): Element[] {
  if (!isUtf8(bytes)) throw new Refusal(400, 'BAD_ENCODING', 'the body is not UTF-8');
  return linesOf(bytes).map(({ from, to, line }) => ({
    data: bytes.subarray(from, to),
    key: null,
    place: { line },
  }));
}

/** Lines that hold something, without their ends, counted from 1. */
function linesOf(bytes: Buffer): { from: number; to: number; line: number }[] {
  const lines: { from: number; to: number; line: number }[] = [];
  for (let from = 0, line = 1; from < bytes.length; line++) {
    const next = bytes.indexOf(0x0a, from);
    const end = next < 0 ? bytes.length : next;
    const to = end > from && bytes[end - 1] === 0x0d ? end - 1 : end;
    if (firstOf(bytes, from, to) < to) {
      if (lines.length === MOST_ELEMENTS) throw tooMany();
      lines.push({ from, to, line });
    }
    from = end + 1;
  }
  if (lines.length === 0) throw new Refusal(400, 'NO_RECORD', 'the body holds no record');
  return lines;
}

/** Where something other than white space begins. */
function firstOf(bytes: Buffer, from = 0, to = bytes.length): number {
  let i = from;
  while (
    i < to &&
    (bytes[i] === 0x20 || bytes[i] === 0x09 || bytes[i] === 0x0a || bytes[i] === 0x0d)
  )
    i++;
  return i;
}

function placed<T>(place: Place, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw refused(error, place);
  }
}

function refused(error: unknown, place: Place): unknown {
  if (!(error instanceof RecordFault)) return error;
  const name = nameOf(place);
  return new Refusal(400, error.reason, `${name}: ${error.message}`, place);
}

export function nameOf({ line, element }: Place): string {
  if (line !== undefined) return `line ${line}`;
  return element === undefined ? 'the body' : `element ${element}`;
}

function tooMany(): Refusal {
  return new Refusal(413, 'TOO_MANY', `a request can have ${MOST_ELEMENTS} records`);
}
