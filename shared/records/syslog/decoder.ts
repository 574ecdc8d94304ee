import type { Row, Value } from '../../sql/types.ts';
import { type Bytes, bytesOf, isPlain } from '../bytes.ts';
import { createConvert, misfit } from '../convert.ts';
import type { Decoder } from '../format.ts';
import { parsePath } from '../json/paths.ts';
import { kindOf, type Line, lineDecoder } from '../lines.ts';
import { withoutEscapes } from '../text.ts';
import { isoTime, yearlessTime } from '../time.ts';
import { type MappedColumn, type SyslogOptions, UnknownPlace } from '../types.ts';
import { ABSENT, ASCII, WIDE } from '../value.ts';
import { DATA, FIELDS, type Param, readMessage, TIME } from './message.ts';

/** What a path can name; `data` also goes on: data.ID.NAME. */
export const SYSLOG_FIELDS = ['facility', 'severity', ...FIELDS] as const;

/** Their keywords by code, as syslog.conf(5) and RFC 5424 section 6.2.1 have them. */
const FACILITIES = (
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp security console ' +
  'solaris-cron local0 local1 local2 local3 local4 local5 local6 local7'
).split(' ');
const SEVERITIES = 'emerg alert crit err warning notice info debug'.split(' ');

type Read = (line: Line, priority: number) => Value;

/**
 * Syslog messages of RFC 5424 and RFC 3164, one a line and row; which it is shows in the message.
 * A column's path is the field's name, or `data.ID.NAME` for a value of the structured data; '-' is
 * NULL. Facility and severity are keywords in text columns, codes in numeric ones. A time without
 * a year is the latest no more than a day past the record's arrival. Throws an Error for an unknown field.
 */
export function syslogDecoder(
  columns: readonly MappedColumn[],
  { offset = 'Z' }: SyslogOptions = {},
): Decoder {
  const params: Param[] = [];
  const offsetMs = offsetOf(offset);
  const reads = columns.map((column) => readerOf(column, params, offsetMs));
  const blank: Row = [0, ...columns.map(() => null)];
  return lineDecoder(FIELDS.length + params.length, (line) => {
    const priority = readMessage(line, params);
    const row = blank.slice();
    for (let i = 0; i < reads.length; i++) row[i + 1] = reads[i]!(line, priority);
    return row;
  });
}

/** Milliseconds of 'Z' or '+hh:mm'. Throws an Error for anything else. */
function offsetOf(text: string): number {
  const match = /^(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/.exec(text);
  if (match === null) throw new Error("syslog: the offset has to be Z or such as '+02:00'");
  const [, sign, hours = '0', minutes = '0'] = match;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function readerOf(column: MappedColumn, params: Param[], offset: number): Read {
  const { path } = column;
  if (path === 'facility') return codeReader(column, FACILITIES, (priority) => priority >> 3);
  if (path === 'severity') return codeReader(column, SEVERITIES, (priority) => priority & 7);
  const field = (FIELDS as readonly string[]).indexOf(path);
  if (column.type.name === 'TIMESTAMP' && field === TIME) return timeReader(column, offset);
  if (field >= 0) {
    const convert = createConvert(column, rawText);
    return (line) => {
      const from = line.from[field]!;
      const to = line.to[field]!;
      return convert(line, plainKind(line, from, to), from, to);
    };
  }
  const param = FIELDS.length + placeOf(paramOf(column), params);
  const convert = createConvert(column, unescapedParam);
  return (line) => {
    const from = line.from[param]!;
    const to = line.to[param]!;
    return convert(line, kindOf(line, from, to), from, to);
  };
}

/** `data.ID.NAME`, either in brackets where it has to be. */
function paramOf(column: MappedColumn): Param {
  const [first, id, name, more] = column.path.startsWith('data') ? stepsOf(column.path) : [];
  if (first !== FIELDS[DATA] || id === undefined || name === undefined || more !== undefined) {
    const known = [...SYSLOG_FIELDS, 'data.ID.NAME'];
    throw new UnknownPlace(column, 'a message of format syslog', column.path, known);
  }
  return { id: Buffer.from(id), name: Buffer.from(name) };
}

function stepsOf(path: string): (string | undefined)[] {
  return parsePath(`$.${path}`).map((step) =>
    typeof step === 'object' && 'key' in step ? step.key : undefined,
  );
}

function placeOf(param: Param, params: Param[]): number {
  const known = params.findIndex(({ id, name }) => id.equals(param.id) && name.equals(param.name));
  return known >= 0 ? known : params.push(param) - 1;
}

/** A code that the priority holds: the values are made once, for each there can be. */
function codeReader(
  column: MappedColumn,
  keywords: readonly string[],
  codeOf: (priority: number) => number,
): Read {
  const convert = createConvert(column, rawText);
  const isText = column.type.name === 'VARCHAR' || column.type.name === 'CHAR';
  const values = keywords.map((keyword, code) => {
    const text = Buffer.from(isText ? keyword : String(code));
    const from = text.byteOffset;
    return convert(bytesOf(text), ASCII, from, from + text.length);
  });
  return (line, priority) =>
    priority < 0 ? convert(line, ABSENT, 0, 0) : values[codeOf(priority)]!;
}

function timeReader(column: MappedColumn, offset: number): Read {
  return ({ all, from, to, arrival }) => {
    const start = from[TIME]!;
    const end = to[TIME]!;
    if (start < 0) return null;
    const isIso = all[start]! <= 0x39;
    const ms = isIso
      ? isoTime(all, start, end) - (hasOffset(all, start, end) ? 0 : offset)
      : yearlessTime(all, start, end, offset, arrival);
    if (Number.isNaN(ms)) throw misfit(column, 'not a possible time in the form of syslog');
    return ms;
  };
}

/** Behind yyyy-MM-ddTHH:mm. */
function hasOffset(all: Buffer, from: number, to: number): boolean {
  for (let i = from + 16; i < to; i++) {
    if (all[i] === 0x5a || all[i] === 0x2b || all[i] === 0x2d) return true;
  }
  return false;
}

/** Outside the structured data a backslash is a character like any other. */
function plainKind(line: Bytes, from: number, to: number): number {
  if (from < 0) return ABSENT;
  return isPlain(line, from, to) ? ASCII : WIDE;
}

const rawText = (all: Buffer, from: number, to: number) => all.toString('utf8', from, to);

const BACKSLASH = 0x5c;
const ESCAPED_BYTES = Buffer.from('"\\]');

/** RFC 5424 section 6.3.3: a backslash before a quote, a backslash or a closing bracket. */
function unescapedParam(all: Buffer, from: number, to: number): string {
  return withoutEscapes(all, from, to, BACKSLASH, ESCAPED_BYTES);
}
