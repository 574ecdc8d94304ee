import type { Aggregate } from '../kpl/aggregate.ts';
import * as kpl from '../kpl/aggregate.ts';
import { decodeAggregate, looksAggregated } from '../kpl/decode.ts';
import { type HashKeyRange, inShardRange } from '../kpl/hash-key.ts';
import { decodeBase64, decodedSize, scratchFor } from '../records/base64.ts';
import { isArrival, type KinesisBatch, type KinesisRecord } from '../records/event.ts';
import { checkUtf8, fromBase64, parseJson } from '../records/payload.ts';
import { RecordFault } from '../records/types.ts';

/**
 * A user record as a handler gets it. It may be kept. Data is decoded when it is asked for, and
 * then throws a RecordFault where it is not what it should be: not caught, it sets the record aside.
 */
export interface ConsumedRecord {
  readonly shardId: string;
  /** All user records of a KPL aggregate share it: identity is this with subSequenceNumber. */
  readonly sequenceNumber: string;
  /** 0 for a record that is not aggregated. */
  readonly subSequenceNumber: number;
  readonly aggregated: boolean;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  /** Milliseconds since 1970: when the Kinesis record arrived in the stream. */
  readonly arrival: number;
  /** The bytes that the producer put. */
  readonly data: Buffer;
  /**
   * DAMAGED_AGGREGATE: it begins like a KPL aggregate but is none; it comes as the plain record
   * that it may also be, and if it is set aside, then for this reason.
   */
  readonly fault: RecordFault | null;
  /** The data as text. Throws RecordFault BAD_ENCODING unless it is UTF-8. */
  text(): string;
  /** The data as JSON of up to 1,000 levels. Throws RecordFault BAD_JSON, or BAD_TYPE where it does not pass `is`. */
  json(): unknown;
  json<T>(is: (value: unknown) => value is T): T;
}

export interface Reader {
  readonly shardId: string;
  /** The batch's next user record; null at its end. */
  readonly next: () => ReadRecord | null;
}

/**
 * Reads the user records of a batch one by one, in order. Unlike readEvent it makes an object for
 * each, which a handler may keep while it waits, and leaves the data alone until it is asked for.
 * With the shard's range, user records of aggregates that do not belong to it are left out.
 * Throws Error when the event is not one of Kinesis.
 */
export function createReader(event: KinesisBatch, range: HashKeyRange | null = null): Reader {
  const records = event.Records ?? [];
  for (let i = 0; i < records.length; i++) requireKinesis(records[i]!, i);
  const shardId = shardOf(event);
  let index = 0;
  let sub = 0;
  let aggregate: Aggregate | null = null;
  const next = (): ReadRecord | null => {
    while (index < records.length) {
      const { kinesis } = records[index]!;
      if (aggregate === null) {
        const plain = new ReadRecord(shardId, index, kinesis);
        aggregate = looksAggregated(kinesis.data) ? plain.takeApart() : null;
        if (aggregate === null) {
          index++;
          return plain;
        }
        sub = 0;
      }
      while (sub < aggregate.count) {
        const user = new ReadRecord(shardId, index, kinesis, aggregate, sub++);
        if (range === null || isIn(range, user)) return user;
      }
      aggregate = null;
      index++;
    }
    return null;
  };
  return { shardId, next };
}

function isIn(range: HashKeyRange, { partitionKey, explicitHashKey }: ConsumedRecord): boolean {
  return inShardRange(range, partitionKey, explicitHashKey);
}

function requireKinesis({ kinesis }: KinesisRecord, index: number): void {
  if (typeof kinesis?.data !== 'string') throw notKinesis(index, 'kinesis.data');
  if (typeof kinesis.sequenceNumber !== 'string') throw notKinesis(index, 'kinesis.sequenceNumber');
  if (!isArrival(kinesis.approximateArrivalTimestamp)) {
    throw notKinesis(index, 'kinesis.approximateArrivalTimestamp');
  }
}

/**
 * The shard of an event; '' if it has neither records nor a window. One batch is of one shard:
 * https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
 */
export function shardOf({ shardId, Records = [] }: KinesisBatch): string {
  if (shardId !== undefined) return shardId;
  if (Records.length === 0) return '';
  const [shard, sequenceNumber] = Records[0]!.eventID?.split(':', 2) ?? [];
  if (!shard || !sequenceNumber) throw notKinesis(0, 'eventID with the shard');
  return shard;
}

function notKinesis(index: number, missing: string): Error {
  const where = `Records[${index}] has no ${missing}`;
  return new Error(`not a Kinesis event: ${where}. Is the function subscribed to a stream?`);
}

export class ReadRecord implements ConsumedRecord {
  readonly shardId: string;
  /** Position of the Kinesis record in the batch. */
  readonly index: number;
  readonly subSequenceNumber: number;
  fault: RecordFault | null = null;
  readonly #kinesis: KinesisRecord['kinesis'];
  readonly #aggregate: Aggregate | null;
  #data: Buffer | null = null;

  constructor(
    shardId: string,
    index: number,
    kinesis: KinesisRecord['kinesis'],
    aggregate: Aggregate | null = null,
    sub = 0,
  ) {
    this.shardId = shardId;
    this.index = index;
    this.subSequenceNumber = sub;
    this.#kinesis = kinesis;
    this.#aggregate = aggregate;
  }

  get sequenceNumber(): string {
    return this.#kinesis.sequenceNumber;
  }

  get aggregated(): boolean {
    return this.#aggregate !== null;
  }

  get partitionKey(): string {
    if (this.#aggregate === null) return this.#kinesis.partitionKey;
    return kpl.partitionKey(this.#aggregate, this.subSequenceNumber);
  }

  get explicitHashKey(): string | undefined {
    if (this.#aggregate === null) return undefined;
    return kpl.explicitHashKey(this.#aggregate, this.subSequenceNumber);
  }

  get arrival(): number {
    // The number is a double of seconds: rounding gives back the exact millisecond that it means.
    return Math.round(this.#kinesis.approximateArrivalTimestamp * 1000);
  }

  get data(): Buffer {
    if (this.#data === null) {
      if (this.#aggregate === null) this.#data = this.#decoded();
      else this.#data = kpl.userData(this.#aggregate, this.subSequenceNumber);
    }
    return this.#data;
  }

  /** True once a reader of the data has found that it is no base64: then there is nothing to read. */
  get unreadable(): boolean {
    return this.fault !== null && this.fault.reason === 'BAD_BASE64';
  }

  text(): string {
    const text = this.#data === null && !this.aggregated ? this.#text() : this.data.toString();
    return checkUtf8(text, () => this.data);
  }

  json(): unknown;
  json<T>(is: (value: unknown) => value is T): T;
  json<T>(is?: (value: unknown) => value is T): unknown {
    return parseJson(this.text(), is);
  }

  /** Opens the record as an aggregate; null if it is none, with the fault if it is a damaged one. */
  takeApart(): Aggregate | null {
    const bytes = fromBase64(this.#kinesis.data);
    const found = bytes === null ? null : decodeAggregate(bytes);
    if (found?.kind !== 'damaged') return found;
    const text = `begins like a KPL aggregate, but: ${found.message} It may have been changed on its way.`;
    this.fault = new RecordFault('DAMAGED_AGGREGATE', text);
    return null;
  }

  #decoded(): Buffer {
    return fromBase64(this.#kinesis.data) ?? this.#refuse();
  }

  /** The same as a text, by way of a buffer that all share: most handlers need no bytes of their own. */
  #text(): string {
    const { data } = this.#kinesis;
    const scratch = scratchFor(decodedSize(data));
    const length = decodeBase64(data, scratch);
    return length < 0 ? this.#refuse() : scratch.toString('utf8', 0, length);
  }

  #refuse(): never {
    this.fault = new RecordFault('BAD_BASE64', 'the data of the Kinesis record is not base64');
    throw this.fault;
  }
}
