import type { Row } from '../sql/types.ts';
import { seek, seekStop } from './bytes.ts';
import { type Convert, createConvert, misfit } from './convert.ts';
import type { Decoder } from './format.ts';
import { kindOf, type Line, lineDecoder, noteField } from './lines.ts';
import { withoutEscapes } from './text.ts';
import { logTime } from './time.ts';
import { type MappedColumn, RecordFault, UnknownPlace } from './types.ts';
import { ABSENT } from './value.ts';

/** The fields of a line, in its order; referrer and agent only in the combined format. */
export const APACHE_FIELDS = [
  'host',
  'ident',
  'user',
  'time',
  'method',
  'page',
  'protocol',
  'status',
  'bytes',
  'referrer',
  'agent',
] as const;

const HOST = 0;
const IDENT = 1;
const USER = 2;
const TIME = 3;
const METHOD = 4;
const PAGE = 5;
const PROTOCOL = 6;
const STATUS = 7;
const BYTES = 8;
const REFERRER = 9;
const AGENT = 10;

/**
 * Lines of a web server's access log in the common or combined format
 * (httpd.apache.org/docs/2.4/logs.html#accesslog), one row each; a record may hold several.
 * A column's path is the field's name; '-' is NULL. Throws an Error for an unknown field.
 */
export function apacheDecoder(columns: readonly MappedColumn[]): Decoder {
  const fields = columns.map(fieldOf);
  const converts = columns.map((column, i) => convertOf(column, fields[i]!));
  const blank: Row = [0, ...columns.map(() => null)];
  return lineDecoder(APACHE_FIELDS.length, (line) => {
    readLine(line);
    const row = blank.slice();
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      const from = line.from[field]!;
      const to = line.to[field]!;
      row[i + 1] = converts[i]!(line, kindOf(line, from, to), from, to);
    }
    return row;
  });
}

function fieldOf(column: MappedColumn): number {
  const field = (APACHE_FIELDS as readonly string[]).indexOf(column.path);
  if (field >= 0) return field;
  throw new UnknownPlace(column, 'a line of an access log', column.path, APACHE_FIELDS);
}

function convertOf(column: MappedColumn, field: number): Convert {
  if (column.type.name !== 'TIMESTAMP') return createConvert(column, unescapeLog);
  if (field !== TIME) throw new Error(`column ${column.name}: only the field 'time' is a time`);
  return ({ all }, kind, from, to) => {
    if (kind === ABSENT) return null;
    const ms = logTime(all, from, to);
    if (Number.isNaN(ms)) throw misfit(column, 'not a possible time in the form [dd/Mon/yyyy:…]');
    return ms;
  };
}

const SPACE = 0x20;
const QUOTE = 0x22;
const DASH = 0x2d;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING = 0x5d;

/** Notes the fields of one line, each byte looked at once; refuses what is not of the format. */
function readLine(line: Line): void {
  note(line, HOST, seek(line, line.at, line.end, SPACE));
  note(line, IDENT, seek(line, line.at, line.end, SPACE));
  noteUser(line);
  expect(line, BRACKET, TIME);
  note(line, TIME, seek(line, line.at, line.end, CLOSING));
  expect(line, SPACE, METHOD);
  noteQuoted(line, METHOD);
  splitRequest(line);
  noteDigits(line, STATUS);
  noteDigits(line, BYTES);
  if (line.at >= line.end) return;
  noteQuoted(line, REFERRER);
  noteQuoted(line, AGENT);
  if (line.at < line.end) throw new RecordFault('BAD_FORMAT', 'text behind the last field');
}

function noFit(field: number): RecordFault {
  const name = APACHE_FIELDS[field];
  return new RecordFault('BAD_FORMAT', `no line of the common or combined log format at '${name}'`);
}

function expect(line: Line, wanted: number, field: number): void {
  if (line.at >= line.end || line.all[line.at] !== wanted) throw noFit(field);
  line.at++;
}

/** The field up to `to`, where its delimiter must stand. */
function note(line: Line, field: number, to: number): void {
  const from = line.at;
  if (to >= line.end || to === from) throw noFit(field);
  noteField(line, field, from, to);
  line.at = to + 1;
}

/** The user's name is written as it was sent, spaces and all: it ends where the time begins. */
function noteUser(line: Line): void {
  const { at, end } = line;
  let to = at + 1;
  while (to < end && !isTimeBehind(line, to)) to++;
  note(line, USER, to);
}

/** Space, bracket, a time of 26 characters, bracket. */
function isTimeBehind({ all, end }: Line, at: number): boolean {
  if (all[at] !== SPACE || all[at + 1] !== BRACKET) return false;
  return at + 28 < end && all[at + 28] === CLOSING;
}

/** A quoted field; a backslash before a quote makes it part of the text. */
function noteQuoted(line: Line, field: number): void {
  expect(line, QUOTE, field);
  const { all, at, end } = line;
  let to = at;
  for (;;) {
    to = seekStop(line, to, end);
    if (to >= end) throw noFit(field);
    const c = all[to];
    if (c === QUOTE) break;
    to += c === BACKSLASH ? 2 : 1;
  }
  noteField(line, field, at, to);
  line.at = to + 1;
  if (line.at < end) expect(line, SPACE, field);
}

/** METHOD page PROTOCOL; a request that is none (a probe, a broken client) is all page. */
function splitRequest({ all, from, to }: Line): void {
  const start = from[METHOD]!;
  if (start < 0) return;
  const end = to[METHOD]!;
  from[METHOD] = -1;
  from[PAGE] = start;
  to[PAGE] = end;
  let first = start;
  while (first < end && all[first] !== SPACE) first++;
  if (first === start || first >= end - 1) return;
  from[METHOD] = start;
  to[METHOD] = first;
  from[PAGE] = first + 1;
  let last = end - 1;
  while (last > first && all[last] !== SPACE) last--;
  if (last === first || last === end - 1 || !isHttp(all, last + 1)) return;
  from[PROTOCOL] = last + 1;
  to[PROTOCOL] = end;
  to[PAGE] = last;
}

/** HTTP/0.9 requests name no protocol; a page may hold spaces. */
function isHttp(all: Buffer, at: number): boolean {
  return all[at] === 0x48 && all[at + 1] === 0x54 && all[at + 2] === 0x54 && all[at + 3] === 0x50;
}

function noteDigits(line: Line, field: number): void {
  const { all, at, end } = line;
  let to = at;
  while (to < end && all[to]! >= 0x30 && all[to]! <= 0x39) to++;
  if (to > at) {
    line.from[field] = at;
    line.to[field] = to;
  } else if (to < end && all[to] === DASH) to++;
  else throw noFit(field);
  line.at = to;
  if (to < end) expect(line, SPACE, field);
}

const ESCAPED_BYTES = Uint8Array.of(QUOTE, BACKSLASH);

/** Quotes and backslashes as the client sent them; other escapes (\\xhh, \\n) stay as written. */
function unescapeLog(all: Buffer, from: number, to: number): string {
  return withoutEscapes(all, from, to, BACKSLASH, ESCAPED_BYTES);
}
