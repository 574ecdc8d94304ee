import { APACHE_FIELDS } from '../../shared/records/apache.ts';
import { csvNames } from '../../shared/records/csv.ts';
import { createDecoder, formatName } from '../../shared/records/format.ts';
import { SYSLOG_FIELDS } from '../../shared/records/syslog/decoder.ts';
import type { CsvOptions, Format, FormatName, MappedColumn } from '../../shared/records/types.ts';
import type { Row, SqlType, Value } from '../../shared/sql/types.ts';
import {
  jsonLine,
  onOneLine,
  type Put,
  type PutLine,
  putTyped,
  type Timestamps,
} from './json-text.ts';
import type { LineWriter } from './line-writer.ts';
import type { ReadLines } from './lines.ts';

const NOT_TEXT: Readonly<Record<string, SqlType['name']>> = {
  time: 'TIMESTAMP',
  status: 'INTEGER',
  bytes: 'BIGINT',
};

/** What a format's records hold is told by these columns. */
const COLUMNS: Partial<Record<FormatName, readonly MappedColumn[]>> = {
  apache: APACHE_FIELDS.map((field) => byField(field, NOT_TEXT[field])),
  syslog: SYSLOG_FIELDS.map((field) => byField(field, NOT_TEXT[field])),
  'cloudwatch-logs': [
    ...['id', 'timestamp', 'message', 'extractedFields', 'logGroup', 'logStream', 'owner'],
    ...['subscriptionFilters', 'policyLevel'],
  ].map((key) => byKey(key)),
  dynamodb: [
    ...['eventID', 'eventName', 'tableName', 'awsRegion', 'time', 'keys', 'new', 'old', 'size'],
    'userIdentity',
  ].map((key) => byKey(key)),
};

/** Of those: the ones that hold objects and lists, which are written as they are. */
const JSON_COLUMNS: Partial<Record<FormatName, readonly string[]>> = {
  'cloudwatch-logs': ['extractedFields', 'subscriptionFilters'],
  dynamodb: ['userIdentity'],
};
/** Their decoder has written them as JSON. */
const ITEMS = ['keys', 'new', 'old'];

/** A row of a record as one line of JSON, with all that the record says of it. */
export function formatLines(format: Format, timestamps: Timestamps): ReadLines {
  const name = formatName(format);
  const columns = COLUMNS[name];
  if (columns !== undefined) {
    const isJson = JSON_COLUMNS[name] ?? [];
    const line = jsonLine(columns, timestamps, (column) => {
      if (isJson.includes(column.name)) return givenJson();
      return ITEMS.includes(column.name) ? putJson : putTyped(column.type, timestamps);
    });
    return rowLines(format, columns, line);
  }
  if (name === 'csv') return csvLines(format, timestamps);
  // Of JSON each object is passed on as it is written: no digit of a number is lost.
  const whole = [{ name: 'object', path: '$', type: TEXT }];
  return rowLines(format, whole, (out, row) => {
    out.raw(onOneLine(row[1] as string));
    out.endLine();
  });
}

/** A line for each row of a record. */
export function rowLines(
  format: Format,
  columns: readonly MappedColumn[],
  putLine: PutLine,
): ReadLines {
  const decoder = createDecoder(format, columns);
  return ({ data, arrival }, out, written) => {
    const emit = (row: Row): void => {
      putLine(out, row);
      written(row);
    };
    decoder.decode(data, 0, data.length, emit, arrival);
  };
}

/** Headers are few, unless somebody makes up a new one for each record. */
const KEPT_HEADERS = 32;

/** The fields by their names; their types are not known, so they are text. */
function csvLines(format: Format, timestamps: Timestamps): ReadLines {
  const options: CsvOptions = typeof format === 'object' && 'csv' in format ? format.csv : {};
  const linesOf = (names: readonly string[]): ReadLines => {
    const columns = names.map((name) => byField(name));
    return rowLines(format, columns, jsonLine(columns, timestamps));
  };
  if (options.columns !== undefined) return linesOf(options.columns);
  const readNames = csvNames(options);
  const byHeader = new Map<string, ReadLines>();
  return (record, out, written) => {
    const names = readNames(record.data);
    const header = JSON.stringify(names);
    const read = byHeader.get(header) ?? linesOf(names);
    if (byHeader.size === KEPT_HEADERS) byHeader.clear();
    byHeader.set(header, read);
    read(record, out, written);
  };
}

const TEXT: SqlType = { name: 'VARCHAR' };

function byField(name: string, type: SqlType['name'] = 'VARCHAR'): MappedColumn {
  return { name, path: name, type: { name: type } };
}

function byKey(key: string): MappedColumn {
  const isTime = key === 'time' || key === 'timestamp';
  const name = isTime ? 'TIMESTAMP' : key === 'size' ? 'BIGINT' : 'VARCHAR';
  return { name: key, path: `$.${key}`, type: { name } };
}

function putJson(out: LineWriter, value: Value): void {
  out.raw(String(value));
}

/** Objects and lists as they are written, once they are known to be such; all else as text. */
function givenJson(): Put {
  // All events of an envelope have the same.
  let last: Value = null;
  let text = 'null';
  return (out, value) => {
    if (value !== last) {
      const isText = typeof value !== 'string' || !isContainer(value);
      text = isText ? JSON.stringify(value) : onOneLine(value);
      last = value;
    }
    out.raw(text);
  };
}

function isContainer(text: string): boolean {
  if (!text.startsWith('{') && !text.startsWith('[')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
