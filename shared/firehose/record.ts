import * as kpl from '../kpl/aggregate.ts';
import { decodeAggregate, looksAggregated } from '../kpl/decode.ts';
import { checkUtf8, fromBase64, parseJson } from '../records/payload.ts';
import { RecordFault } from '../records/types.ts';
import type { FirehoseRecord } from './event.ts';
import { looksMarked, type Mark, unmarked } from './mark.ts';

/** A record as a transformer gets it. */
export interface TransformRecord {
  readonly recordId: string;
  /** The bytes that the producer put. */
  readonly data: Buffer;
  /** Milliseconds since 1970: when the record arrived in the stream, or at Firehose. */
  readonly arrival: number;
  /** Of the stream that the delivery reads; null where producers put to Firehose directly. */
  readonly shardId: string | null;
  readonly sequenceNumber: string | null;
  readonly partitionKey: string | null;
  /** The data as text. Throws RecordFault BAD_ENCODING unless it is UTF-8. */
  text(): string;
  /** The data as JSON. Throws RecordFault BAD_JSON, or BAD_TYPE where it does not pass `is`. */
  json(): unknown;
  json<T>(is: (value: unknown) => value is T): T;
}

/** A record of Firehose, opened. */
export interface Opened {
  /** What the producer put: one record. Several where nobody has taken an aggregate apart. */
  readonly records: readonly TransformRecord[];
  readonly data: Buffer;
  readonly mark: Mark | null;
  readonly arrival: number;
  /** Why it is no aggregate although it begins like one: then it may also be a plain record. */
  readonly fault: RecordFault | null;
}

/** The end of the year 9999: what can be told as yyyy-MM-dd. */
const LATEST = Date.UTC(10_000, 0) - 1;

/**
 * Where a delivery reads a stream, Firehose takes KPL aggregates apart before it calls
 * (https://docs.aws.amazon.com/streams/latest/dev/kpl-with-firehose.html). What still is one (of
 * more user records than Firehose takes apart, or put to Firehose directly) is opened here, and
 * its user records share one result. Throws RecordFault BAD_BASE64, BAD_FORMAT.
 */
export function openRecord(
  record: FirehoseRecord,
  allocate: (size: number) => Buffer = Buffer.allocUnsafe,
): Opened {
  const bytes = typeof record.data === 'string' ? fromBase64(record.data, allocate) : null;
  if (bytes === null) throw new RecordFault('BAD_BASE64', 'the data of the record is not base64');
  const { data, mark } = looksMarked(record.data) ? unmarked(bytes) : { data: bytes, mark: null };
  const arrival = mark?.arrival ?? record.approximateArrivalTimestamp;
  if (!Number.isInteger(arrival) || arrival < 0 || arrival > LATEST) {
    throw new RecordFault('BAD_FORMAT', 'the record has no time of arrival');
  }
  const isSuspect = mark !== null || looksAggregated(record.data);
  const found = isSuspect ? decodeAggregate(data) : null;
  if (found?.kind !== 'aggregate') {
    const fault = found && new RecordFault('DAMAGED_AGGREGATE', found.message);
    return { records: [new Part(record, data, arrival)], data, mark, arrival, fault };
  }
  const records = Array.from({ length: found.count }, (_, i) => {
    return new Part(record, kpl.userData(found, i), arrival, kpl.partitionKey(found, i));
  });
  return { records, data, mark, arrival, fault: null };
}

/**
 * Memory for the data of a batch in one piece, which is dearer by the record. Where a record is
 * kept, the batch is.
 */
export function batchMemory(records: readonly FirehoseRecord[]): (size: number) => Buffer {
  let characters = 0;
  for (const { data } of records) if (typeof data === 'string') characters += data.length;
  const all = Buffer.allocUnsafeSlow(Math.ceil(characters / 4) * 3);
  let at = 0;
  return (size) => {
    at += size;
    return at <= all.length ? all.subarray(at - size, at) : Buffer.allocUnsafe(size);
  };
}

class Part implements TransformRecord {
  readonly data: Buffer;
  readonly arrival: number;
  readonly #record: FirehoseRecord;
  readonly #partitionKey: string | null;

  constructor(record: FirehoseRecord, data: Buffer, arrival: number, partitionKey?: string) {
    this.data = data;
    this.arrival = arrival;
    this.#record = record;
    this.#partitionKey = partitionKey ?? record.kinesisRecordMetadata?.partitionKey ?? null;
  }

  get recordId(): string {
    return this.#record.recordId;
  }

  get shardId(): string | null {
    return this.#record.kinesisRecordMetadata?.shardId ?? null;
  }

  get sequenceNumber(): string | null {
    return this.#record.kinesisRecordMetadata?.sequenceNumber ?? null;
  }

  get partitionKey(): string | null {
    return this.#partitionKey;
  }

  text(): string {
    return checkUtf8(this.data.toString(), () => this.data);
  }

  json(): unknown;
  json<T>(is: (value: unknown) => value is T): T;
  json<T>(is?: (value: unknown) => value is T): unknown {
    return parseJson(this.text(), is);
  }
}
