import { jsonString } from '../text.ts';
import { RecordFault } from '../types.ts';
import { ABSENT, ARRAY, ASCII, ESCAPED, FALSE, NUMBER, OBJECT, TRUE, WIDE } from '../value.ts';
import type { Scan } from './scan.ts';
import { skipColon, skipString, skipValue, space } from './skip.ts';

/** What an attribute value holds: its kind (value.ts), first byte and byte behind the last. */
export interface Held {
  kind: number;
  from: number;
  to: number;
}

/** The types that hold others; the value of one becomes JSON text. */
const CONTAINERS = new Set(['M', 'L', 'SS', 'NS', 'BS']);

/**
 * Looks into the attribute value of DynamoDB JSON, such as {"N":"12.5"}, that the scan found in
 * from … to: a number is text of digits, NULL is absent, maps, lists and sets are as they stand.
 * (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html)
 * Throws RecordFault BAD_FORMAT for anything else.
 */
export function openAttribute(s: Scan, kind: number, from: number, to: number, held: Held): void {
  const { all } = s;
  let i = space(all, from + 1, to);
  if (kind !== OBJECT || all[i] !== 0x22) throw noAttribute();
  const name = i + 1;
  const nameEnd = skipString(s, name, to) - 1;
  const type = all.toString('latin1', name, nameEnd);
  i = skipColon(s, nameEnd + 1, to);
  const c = all[i];
  held.from = i;
  if (c === 0x22) i = openString(s, held, to);
  else {
    i = skipValue(s, i, to, 0);
    held.to = i;
    held.kind = kindOf(c!);
  }
  if (space(all, i, to) !== to - 1 || !fits(type, held.kind)) throw noAttribute();
  if (type === 'NULL') held.kind = ABSENT;
}

/** Notes what is between the quotes; that the record is UTF-8 was seen before. */
function openString(s: Scan, held: Held, end: number): number {
  s.wide = false;
  s.escaped = false;
  held.from++;
  const i = skipString(s, held.from, end);
  held.to = i - 1;
  held.kind = s.escaped ? ESCAPED : s.wide ? WIDE : ASCII;
  return i;
}

function kindOf(c: number): number {
  if (c === 0x7b) return OBJECT;
  if (c === 0x5b) return ARRAY;
  if (c === 0x74) return TRUE;
  return c === 0x66 ? FALSE : c === 0x6e ? ABSENT : NUMBER;
}

function fits(type: string, kind: number): boolean {
  if (type === 'S' || type === 'B') return kind === ASCII || kind === WIDE || kind === ESCAPED;
  if (type === 'N') return kind === ASCII || kind === NUMBER;
  if (type === 'BOOL' || type === 'NULL') return kind === TRUE || kind === FALSE;
  return CONTAINERS.has(type) && kind === (type === 'M' ? OBJECT : ARRAY);
}

function noAttribute(): RecordFault {
  return new RecordFault('BAD_FORMAT', 'a value that is not in the form of DynamoDB JSON');
}

/**
 * Plain JSON text of an attribute value: numbers with all their digits, sets as lists. Throws
 * RecordFault BAD_FORMAT for anything else.
 */
export function plainJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) throw noAttribute();
  let type = '';
  let held: unknown;
  for (const name in value) {
    if (type !== '') throw noAttribute();
    type = name;
    held = (value as Members)[name];
  }
  return plainOf(type, held);
}

/** The same for an item, or the inside of an M: attribute values by name. */
export function plainMap(map: unknown): string {
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw noAttribute();
  let members = '';
  for (const name in map) {
    if (members !== '') members += ',';
    members += `${jsonString(name)}:${plainJson((map as Members)[name])}`;
  }
  return `{${members}}`;
}

type Members = Readonly<Record<string, unknown>>;

function plainOf(type: string, held: unknown): string {
  switch (type) {
    case 'S':
    case 'B':
      return plainText(held);
    case 'N':
      return plainNumber(held);
    case 'BOOL':
      if (typeof held === 'boolean') return String(held);
      break;
    case 'NULL':
      return 'null';
    case 'M':
      return plainMap(held);
    case 'L':
      return plainList(held, plainJson);
    case 'NS':
      return plainList(held, plainNumber);
    case 'SS':
    case 'BS':
      return plainList(held, plainText);
  }
  throw noAttribute();
}

function plainList(list: unknown, plain: (element: unknown) => string): string {
  if (!Array.isArray(list)) throw noAttribute();
  return `[${list.map(plain).join(',')}]`;
}

function plainText(text: unknown): string {
  if (typeof text !== 'string') throw noAttribute();
  return jsonString(text);
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function plainNumber(digits: unknown): string {
  if (typeof digits !== 'string' && typeof digits !== 'number') throw noAttribute();
  const text = String(digits);
  return JSON_NUMBER.test(text) ? text : JSON.stringify(text);
}
