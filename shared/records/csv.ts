import { isUtf8 } from 'node:buffer';
import type { Row } from '../sql/types.ts';
import { type Bytes, bytesOf, isPlain, seek } from './bytes.ts';
import { createConvert, type Unescape } from './convert.ts';
import type { Decoder } from './format.ts';
import { addRow } from './row-list.ts';
import { withoutEscapes } from './text.ts';
import {
  type CsvOptions,
  type Format,
  type MappedColumn,
  RecordFault,
  UnknownPlace,
} from './types.ts';
import { ABSENT, ASCII, ESCAPED, WIDE } from './value.ts';

/** More than any table has columns; bounds the memory for a line's fields. */
const MOST_FIELDS = 10_000;

/** Where no columns are named, and no header does, the fields are those of the schema, in order. */
export function withCsvColumns(format: Format, columns: readonly string[]): Format {
  const options =
    format === 'csv' ? {} : typeof format === 'object' && 'csv' in format && format.csv;
  if (!options || options.columns !== undefined || options.header === 'first-line') return format;
  return { csv: { ...options, columns } };
}

/**
 * Lines of comma-separated values (RFC 4180), one row each; a record may hold several. A column's
 * path is the field's name, from `columns` or from the first line of the record. Every line has to
 * have that many fields. A field without anything is NULL, "" is empty text; empty lines are passed
 * over. Throws an Error for a field that `columns` lacks, and without either.
 */
export function csvDecoder(columns: readonly MappedColumn[], options: CsvOptions = {}): Decoder {
  const { delimiter = ',', quote = '"', columns: named, header } = options;
  if (named === undefined && header !== 'first-line') {
    throw new Error('csv: the fields have no names; give columns, or header: first-line');
  }
  if (named !== undefined && header === 'first-line') {
    throw new Error('csv: columns and header both name the fields; give one of them');
  }
  const twice = named?.find((name, i) => named.indexOf(name) < i);
  if (twice !== undefined) throw new Error(`csv: two fields have the name '${twice}'`);
  const reader = newReader(delimiter, quote);
  const toText = undoubled(reader.quote);
  const converts = columns.map((column) => createConvert(column, toText));
  const blank: Row = [0, ...columns.map(() => null)];
  const fixed = named === undefined ? null : columns.map((column) => placeOf(column, named));

  const rowOf = (places: readonly number[]): Row => {
    const row = blank.slice();
    const { spans } = reader;
    for (let i = 0; i < places.length; i++) {
      const at = places[i]! * 3;
      const from = spans[at + 1]!;
      const to = spans[at + 2]!;
      // Only of the fields that are read it is asked whether they are ASCII.
      const isWide = reader.wide && spans[at] === ASCII && !isPlain(reader, from, to);
      const kind = isWide ? WIDE : spans[at]!;
      row[i + 1] = converts[i]!(reader, kind, from, to);
    }
    return row;
  };

  return {
    decode(buf, start, end, emit) {
      open(reader, buf, start, end);
      let places = fixed;
      let count = named?.length ?? -1;
      const rows: Row[] = [];
      let isEmpty = true;
      while (nextLine(reader)) {
        isEmpty = false;
        readLine(reader, count);
        if (places === null) {
          count = reader.fields;
          places = placesIn(reader, columns);
        } else addRow(rows, rowOf(places));
      }
      if (isEmpty) throw new RecordFault('BAD_FORMAT', 'a record without a line');
      for (const row of rows) emit(row);
    },
  };
}

function placeOf(column: MappedColumn, named: readonly string[]): number {
  const place = named.indexOf(column.path);
  if (place >= 0) return place;
  throw new UnknownPlace(column, 'a line of format csv', column.path, named);
}

/** Where the columns stand, by the header that was just read. */
function placesIn(reader: Reader, columns: readonly MappedColumn[]): number[] {
  const names = namesIn(reader);
  return columns.map(({ name, path }) => {
    const place = names.indexOf(path);
    if (place >= 0) return place;
    throw new RecordFault('BAD_FORMAT', `the first line names no field for the column ${name}`);
  });
}

function namesIn({ spans, fields, all, quote }: Reader): string[] {
  return Array.from({ length: fields }, (_, i) => {
    const [kind, from, to] = spans.subarray(i * 3, i * 3 + 3) as Iterable<number> as number[];
    if (kind === ABSENT) return '';
    return kind === ESCAPED ? undoubled(quote)(all, from!, to!) : all.toString('utf8', from, to);
  });
}

/**
 * Reads the names of all fields from the first line of a record. The function throws RecordFault
 * BAD_FORMAT where there is no line, or a name stands twice or is empty.
 */
export function csvNames({ delimiter = ',', quote = '"' }: CsvOptions) {
  const reader = newReader(delimiter, quote);
  return (buf: Buffer): string[] => {
    open(reader, buf, 0, buf.length);
    if (!nextLine(reader)) throw new RecordFault('BAD_FORMAT', 'a record without a line');
    readLine(reader, -1);
    const names = namesIn(reader);
    const wrong = names.findIndex((name, i) => name === '' || names.indexOf(name) < i);
    if (wrong < 0) return names;
    const what = names[wrong] === '' ? 'has no name' : 'has the name of another';
    throw new RecordFault('BAD_FORMAT', `field ${wrong + 1} of the first line ${what}`);
  };
}

/** A quote within quotes is written twice. */
function undoubled(quote: number): Unescape {
  const escaped = Uint8Array.of(quote);
  return (all, from, to) => withoutEscapes(all, from, to, quote, escaped);
}

/** A record under the reader, and the fields of its current line: kind, first byte, byte behind. */
interface Reader extends Bytes {
  at: number;
  end: number;
  line: number;
  /** Some character of the record is outside ASCII. */
  wide: boolean;
  fields: number;
  spans: Int32Array;
  readonly delimiter: number;
  readonly quote: number;
  /** 1 for each byte that ends a field without quotes, or may not stand in it. */
  readonly stops: Uint8Array;
}

const LF = 0x0a;
const CR = 0x0d;

function newReader(delimiter: string, quote: string): Reader {
  const stops = new Uint8Array(256);
  const codes = { delimiter: codeOf(delimiter, 'delimiter'), quote: codeOf(quote, 'quote') };
  if (delimiter === quote) throw new Error('csv: delimiter and quote are the same character');
  for (const stop of [codes.delimiter, codes.quote, LF, CR]) stops[stop] = 1;
  const place = { at: 0, end: 0, line: 0, wide: false, fields: 0 };
  return { ...bytesOf(Buffer.alloc(1)), ...place, spans: new Int32Array(96), ...codes, stops };
}

function codeOf(text: string, what: string): number {
  if (/^[\t\x20-\x7e]$/.test(text)) return text.charCodeAt(0);
  throw new Error(`csv: the ${what} has to be one ASCII character`);
}

function open(r: Reader, buf: Buffer, start: number, end: number): void {
  const { all, words } = bytesOf(buf);
  r.all = all;
  r.words = words;
  r.at = buf.byteOffset + start;
  r.end = buf.byteOffset + end;
  r.line = 0;
  r.wide = !isPlain(r, r.at, r.end);
  if (!r.wide) return;
  if (!isUtf8(buf.subarray(start, end))) {
    throw new RecordFault('BAD_ENCODING', 'the record is not UTF-8');
  }
  // A byte order mark, as spreadsheets write it.
  if (all[r.at] === 0xef && all[r.at + 1] === 0xbb && all[r.at + 2] === 0xbf) r.at += 3;
}

/** Past empty lines to the next one that holds something; false at the end of the record. */
function nextLine(r: Reader): boolean {
  const { all, end } = r;
  for (; r.at < end; r.at++) {
    const c = all[r.at];
    if (c !== LF && (c !== CR || all[r.at + 1] !== LF || r.at + 1 === end)) break;
    if (c === LF) r.line++;
  }
  r.line++;
  return r.at < end;
}

/** Notes the fields of a line that has to have `count` of them (-1: any number). */
function readLine(r: Reader, count: number): void {
  const { all, end, delimiter, stops } = r;
  const most = count < 0 ? MOST_FIELDS : count;
  const line = r.line;
  let i = r.at;
  r.fields = 0;
  for (;;) {
    if (r.fields === most) throw broken(line, `more than ${most} fields`);
    if (i < end && all[i] === r.quote) i = readQuoted(r, i + 1, line);
    else {
      const from = i;
      while (i < end && stops[all[i]!] === 0) i++;
      note(r, i === from ? ABSENT : ASCII, from, i);
    }
    const c = i < end ? all[i]! : LF;
    i++;
    if (c === delimiter) continue;
    if (c === CR && i < end && all[i] === LF) i++;
    else if (c === r.quote) throw broken(line, 'a quote in a field that does not begin with one');
    else if (c === CR) throw broken(line, 'a carriage return without a line feed');
    else if (c !== LF) throw broken(line, 'text behind a closing quote');
    break;
  }
  r.at = Math.min(i, end);
  if (count >= 0 && r.fields < count)
    throw broken(line, `number of fields is ${r.fields}, not ${count}`);
}

/** Past a field in quotes, whose opening one stands before `from`. */
function readQuoted(r: Reader, from: number, line: number): number {
  const { all, end, quote } = r;
  let kind = ASCII;
  for (let i = from; ; i += 2) {
    i = seek(r, i, end, quote);
    if (i >= end) throw broken(line, 'a quoted field without an end');
    if (i + 1 < end && all[i + 1] === quote) {
      kind = ESCAPED;
      continue;
    }
    for (let at = seek(r, from, i, LF); at < i; at = seek(r, at + 1, i, LF)) r.line++;
    note(r, kind, from, i);
    return i + 1;
  }
}

function note(r: Reader, kind: number, from: number, to: number): void {
  const at = r.fields * 3;
  if (at === r.spans.length) {
    const wider = new Int32Array(at * 2);
    wider.set(r.spans);
    r.spans = wider;
  }
  r.spans[at] = kind;
  r.spans[at + 1] = from;
  r.spans[at + 2] = to;
  r.fields++;
}

function broken(line: number, what: string): RecordFault {
  return new RecordFault('BAD_FORMAT', `line ${line}: ${what}`);
}
