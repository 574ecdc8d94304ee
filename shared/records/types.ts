import type { Column } from '../sql/types.ts';

/** What a producer put: one Kinesis record, or one of many inside a KPL aggregate. */
export interface UserRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** 0 for a record that is not aggregated. */
  readonly subSequenceNumber: number;
  readonly aggregated: boolean;
  readonly partitionKey: string;
  readonly explicitHashKey?: string;
  /** ApproximateArrivalTimestamp of the enclosing Kinesis record, milliseconds since 1970. */
  readonly arrival: number;
  readonly data: Buffer;
}

export const FORMAT_NAMES = [
  'json',
  'json-array',
  'ndjson',
  'cloudtrail',
  'cloudwatch-logs',
  'dynamodb',
  'csv',
  'apache',
  'syslog',
] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];

/** What a record holds, as streams.yml says it: a word, or the word with its options. */
export type Format = FormatName | { readonly csv: CsvOptions } | { readonly syslog: SyslogOptions };

export interface CsvOptions {
  /** One ASCII character. Default ','. */
  readonly delimiter?: string;
  /** One ASCII character. Default '"'. */
  readonly quote?: string;
  /** The fields of a line, in its order. Default: the columns of the schema. */
  readonly columns?: readonly string[];
  /** 'first-line': the first line of each record names the fields. */
  readonly header?: 'none' | 'first-line';
}

export interface SyslogOptions {
  /** Offset from UTC of times that say none (RFC 3164): 'Z' (the default), '+02:00'. */
  readonly offset?: string;
}

/** A column of the source stream as streams.yml declares it. */
export interface MappedColumn extends Column {
  /** JSONPath of dialect section 11 ($.a.b, $.a[0]); for apache, csv and syslog a field's name. */
  readonly path: string;
  /** TIMESTAMP columns: how the time is written. Declared, never guessed. Default 'iso'. */
  readonly unit?: 'iso' | 's' | 'ms' | 'us';
}

/** A column that no record of a format can have: of `known` places it names none. */
export class UnknownPlace extends Error {
  override readonly name = 'UnknownPlace';
  readonly wanted: string;
  readonly known: readonly string[];
  constructor(column: MappedColumn, what: string, wanted: string, known: readonly string[]) {
    super(`column ${column.name}: ${what} has no '${wanted}'; it has ${known.join(', ')}`);
    this.wanted = wanted;
    this.known = known;
  }
}

/** A record that can never be processed: set aside with its reason, the batch goes on. */
export class RecordFault extends Error {
  override readonly name = 'RecordFault';
  readonly reason: FaultReason;
  constructor(reason: FaultReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

export type FaultReason =
  | 'BAD_BASE64'
  | 'BAD_ENCODING' // not UTF-8
  | 'BAD_GZIP' // damaged, or far larger than it should be
  | 'BAD_JSON'
  | 'BAD_FORMAT' // not a line of the declared format
  | 'BAD_TYPE' // a value that does not fit its column
  | 'DAMAGED_AGGREGATE' // looks like a KPL aggregate, is none, and is no row either
  | 'NO_EVENT_TIME'
  | 'FUTURE' // event time beyond the allowed skew
  | 'LATE' // arrived after window end + lateness
  | 'ROW_ERROR' // an expression of a pump failed on it
  | 'REFUSED' // the handler of a consumer threw a final error on it
  | 'TOO_LARGE'; // a result beyond DynamoDB's item or number limits
