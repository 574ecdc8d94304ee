import type { Row } from '../sql/types.ts';
import { apacheDecoder } from './apache.ts';
import { csvDecoder } from './csv.ts';
import { gunzip } from './gunzip.ts';
import { cloudTrailDecoder } from './json/cloudtrail.ts';
import { cloudWatchLogsDecoder } from './json/cloudwatch-logs.ts';
import { jsonArrayDecoder, jsonDecoder, ndjsonDecoder } from './json/decoders.ts';
import { dynamoDecoder } from './json/dynamodb.ts';
import { syslogDecoder } from './syslog/decoder.ts';
import type { CsvOptions, Format, FormatName, MappedColumn, SyslogOptions } from './types.ts';

/** Turns records of one format into rows of one set of columns. */
export interface Decoder {
  /**
   * Reads the user record in buf[start … end) and calls `emit` with each of its rows: slot 0 is 0
   * (the caller's ROWTIME), column i is in slot i + 1. Throws RecordFault (BAD_ENCODING, BAD_GZIP,
   * BAD_JSON, BAD_FORMAT, BAD_TYPE) before any row went out: a record counts as a whole or not at
   * all. The rows hold no reference to `buf`. No message quotes the record. `arrival` (milliseconds
   * since 1970) stands in for the year that times of the old syslog form lack.
   */
  decode(buf: Buffer, start: number, end: number, emit: (row: Row) => void, arrival: number): void;
}

const FORMATS: Record<
  FormatName,
  (columns: readonly MappedColumn[], options: CsvOptions & SyslogOptions) => Decoder
> = {
  json: jsonDecoder,
  'json-array': jsonArrayDecoder,
  ndjson: ndjsonDecoder,
  cloudtrail: cloudTrailDecoder,
  'cloudwatch-logs': cloudWatchLogsDecoder,
  dynamodb: dynamoDecoder,
  csv: csvDecoder,
  apache: apacheDecoder,
  syslog: syslogDecoder,
};

/**
 * A decoder that reads only `columns`, so give it only those that the program needs. Make it once:
 * it keeps the memory of its scans. Throws an Error that names the column when a path cannot be
 * read or a type cannot be filled from this format.
 */
export function createDecoder(format: Format, columns: readonly MappedColumn[]): Decoder {
  const options = typeof format === 'string' ? {} : Object.values(format)[0];
  return FORMATS[formatName(format)](columns, options);
}

/** Reads what `decoder` reads, from records that are gzipped as a whole. */
export function unpacking(decoder: Decoder): Decoder {
  return {
    decode(buf, start, end, emit, arrival) {
      const text = gunzip(buf, start, end);
      decoder.decode(text, 0, text.length, emit, arrival);
    },
  };
}

/** The word for a format, without its options. */
export function formatName(format: Format): FormatName {
  return typeof format === 'string' ? format : (Object.keys(format)[0] as FormatName);
}

/** Whether a column's path is the name of a field, not a JSONPath. */
export function isByField(format: Format): boolean {
  return ['apache', 'csv', 'syslog'].includes(formatName(format));
}

const OWN_TIMES: Partial<Record<FormatName, string>> = {
  cloudtrail: '$.eventTime',
  'cloudwatch-logs': '$.timestamp',
  dynamodb: '$.time',
  apache: 'time',
  syslog: 'time',
};

/** The path of the time that every record of a format has; undefined where there is none. */
export function ownTime(format: Format): string | undefined {
  return OWN_TIMES[formatName(format)];
}
