import { InvalidUserRecord } from './errors.ts';
import { hashKeyOf, parseHashKey } from './hash-key.ts';
import { addedBytes, append, emptyMessage, type Message, writeFrame } from './message.ts';

/** What a producer wants to put. */
export interface NewUserRecord {
  readonly partitionKey: string;
  /** Decimal, 0 to 2^128-1, without leading zeros. */
  readonly explicitHashKey?: string | undefined;
  readonly data: Uint8Array;
}

/** One Kinesis record, ready for PutRecords. */
export interface EncodedRecord {
  readonly data: Buffer;
  readonly partitionKey: string;
  readonly explicitHashKey?: string;
}

/** An aggregate in the making. */
export interface AggregateBuilder {
  /** User records added so far. */
  count(): number;
  /** Whether one of them has this partition key. */
  hasKey(partitionKey: string): boolean;
  /**
   * The size in bytes, as Kinesis counts it (data and partition key), of what build() would give
   * with this record added. Exact: UTF-8 bytes, varints, headers, magic and MD5 are in it.
   */
  sizeWith(record: NewUserRecord): number;
  /** Adds a record; keeps a reference to its data until build(). Throws InvalidUserRecord. */
  add(record: NewUserRecord): void;
  /** Encodes what was added; see encodeAggregate. Throws RangeError if there is nothing or too much. */
  build(): EncodedRecord;
}

/** The partition key of every aggregate the KPL makes; the explicit hash key decides the shard. */
const AGGREGATE_KEY = 'a';

/** The greatest record any stream takes: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const MAX_RECORD_BYTES = 10 * 1024 * 1024;

/** In Unicode characters: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecordsRequestEntry.html */
const MAX_PARTITION_KEY = 256;

/**
 * Packs user records into one Kinesis record, byte for byte as the KPL does. One record stays raw,
 * with its own keys; two and more become an aggregate with partition key "a" and, as explicit hash
 * key, the hash key of the first: so put only records of one shard together.
 * Throws InvalidUserRecord for a record that Kinesis would refuse, RangeError for an empty list
 * and for more than 10 MiB.
 */
export function encodeAggregate(records: readonly NewUserRecord[]): EncodedRecord {
  const builder = aggregateBuilder();
  for (const record of records) builder.add(record);
  return builder.build();
}

/** Starts an empty aggregate, for producers that decide record by record when it is full. */
export function aggregateBuilder(): AggregateBuilder {
  const message = emptyMessage();
  return {
    count: () => message.records.length,
    hasKey: (partitionKey) => message.partitionKeys.has(partitionKey),
    sizeWith: (record) => sizeWith(message, record),
    add(record) {
      checkUserRecord(record);
      append(message, record);
    },
    build: () => build(message),
  };
}

function sizeWith(message: Message, record: NewUserRecord): number {
  if (message.records.length === 0) return rawBytes(record);
  return message.bytes + addedBytes(message, record) + AGGREGATE_KEY.length;
}

function build(message: Message): EncodedRecord {
  const [first, second] = message.records;
  if (first === undefined) throw new RangeError('There is no user record to encode.');
  if (second === undefined) return raw(first);
  if (message.bytes + AGGREGATE_KEY.length > MAX_RECORD_BYTES) {
    throw new RangeError(
      `The aggregate has ${message.bytes} bytes; Kinesis takes ${MAX_RECORD_BYTES} with its key. Ask sizeWith() before each add().`,
    );
  }
  return {
    data: writeFrame(message),
    partitionKey: AGGREGATE_KEY,
    explicitHashKey: hashKeyOf(first.partitionKey, first.explicitHashKey).toString(),
  };
}

function raw({ partitionKey, explicitHashKey, data }: NewUserRecord): EncodedRecord {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return explicitHashKey === undefined
    ? { data: buffer, partitionKey }
    : { data: buffer, partitionKey, explicitHashKey };
}

/** Throws InvalidUserRecord for a record that Kinesis would refuse whatever the stream's settings. */
export function checkUserRecord(record: NewUserRecord): void {
  const { partitionKey: key, explicitHashKey: hashKey } = record;
  // A character takes one or two UTF-16 units, so only long keys need counting.
  const characters = key.length > MAX_PARTITION_KEY ? [...key].length : key.length;
  if (characters < 1 || characters > MAX_PARTITION_KEY) {
    throw new InvalidUserRecord(
      'PARTITION_KEY',
      `The partition key has ${characters} characters; Kinesis takes 1 to ${MAX_PARTITION_KEY}.`,
    );
  }
  if (!key.isWellFormed()) {
    throw new InvalidUserRecord(
      'PARTITION_KEY',
      'The partition key contains half of a surrogate pair, which UTF-8 cannot express.',
    );
  }
  if (hashKey !== undefined && parseHashKey(hashKey)?.toString() !== hashKey) {
    throw new InvalidUserRecord(
      'EXPLICIT_HASH_KEY',
      'The explicit hash key must be a decimal number from 0 to 2^128-1 without leading zeros.',
    );
  }
  if (rawBytes(record) > MAX_RECORD_BYTES) throw tooLarge(rawBytes(record), MAX_RECORD_BYTES);
}

/** The error for a record of which data and partition key have more bytes than Kinesis takes. */
export function tooLarge(bytes: number, most: number): InvalidUserRecord {
  return new InvalidUserRecord(
    'TOO_LARGE',
    `Data and partition key have ${bytes} bytes; Kinesis takes at most ${most}.`,
  );
}

/** The size of a record that is put as it is, as Kinesis counts it. */
export function rawBytes({ partitionKey, data }: NewUserRecord): number {
  return data.length + Buffer.byteLength(partitionKey);
}
