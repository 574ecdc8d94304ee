import * as kpl from '../kpl/aggregate.ts';
import { type Aggregate, dataEnd, dataStart } from '../kpl/aggregate.ts';
import { decodeAggregate, looksAggregated } from '../kpl/decode.ts';
import { decodeBase64, decodedSize, scratchFor } from './base64.ts';
import { inRange } from './time.ts';
import { RecordFault, type UserRecord } from './types.ts';

/**
 * What readEvent needs of a Lambda event; those of @types/aws-lambda fit, with and without a window
 * (https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html).
 */
export interface KinesisBatch {
  /** May be missing or empty on the last invocation of a tumbling window. */
  readonly Records?: readonly KinesisRecord[];
  /** Only with tumbling windows. */
  readonly shardId?: string;
}

export interface KinesisRecord {
  /** shardId:sequenceNumber. */
  readonly eventID: string;
  readonly kinesis: {
    readonly sequenceNumber: string;
    readonly partitionKey: string;
    /** Seconds since 1970, with a fraction. */
    readonly approximateArrivalTimestamp: number;
    /** Base64. */
    readonly data: string;
  };
}

/**
 * The user record that is being visited: a UserRecord whose data lies in data[start … end). One
 * object and one buffer serve all records: take out what must outlive the visit, keys included,
 * before it returns, waits, or reads another event.
 */
export interface VisitedRecord {
  /** Position of the Kinesis record in the event. */
  readonly index: number;
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** 0 for a record that is not aggregated. */
  readonly subSequenceNumber: number;
  readonly aggregated: boolean;
  /** Milliseconds since 1970. */
  readonly arrival: number;
  readonly data: Buffer;
  readonly start: number;
  readonly end: number;
  /**
   * BAD_BASE64: `data` is the text as it came. DAMAGED_AGGREGATE: it begins like a KPL aggregate,
   * and is handed out as the plain record that it may also be.
   */
  readonly fault: RecordFault | null;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
}

/**
 * Visits the user records of a Lambda event in order, KPL aggregates taken apart. An aggregate
 * without user records gives none. Throws an Error when the event is not one of Kinesis; what is
 * wrong with a record's data never throws, it is the visited record's `fault`.
 */
export function readEvent(event: KinesisBatch, visit: (record: VisitedRecord) => void): void {
  const visited = new Visited();
  const records = event.Records ?? [];
  for (let index = 0; index < records.length; index++) {
    const record = records[index]!;
    identify(visited, event, record, index);
    const aggregate = decode(visited, record.kinesis.data);
    if (aggregate === null) visit(visited);
    else visitAggregate(visited, aggregate, visit);
  }
}

/** A user record on its own: it may be kept. */
export interface ReadRecord extends UserRecord {
  /** As in VisitedRecord. */
  readonly fault: RecordFault | null;
}

/** The user records of a Lambda event, each with a copy of its data; otherwise as readEvent. */
export function userRecords(event: KinesisBatch): ReadRecord[] {
  const records: ReadRecord[] = [];
  readEvent(event, (visited) => {
    const { shardId, sequenceNumber, subSequenceNumber, aggregated, arrival, fault } = visited;
    const { partitionKey, explicitHashKey } = visited;
    records.push({
      shardId,
      sequenceNumber,
      subSequenceNumber,
      aggregated,
      partitionKey,
      ...(explicitHashKey === undefined ? {} : { explicitHashKey }),
      arrival,
      data: Buffer.from(visited.data.subarray(visited.start, visited.end)),
      fault,
    });
  });
  return records;
}

class Visited implements VisitedRecord {
  index = 0;
  shardId = '';
  sequenceNumber = '';
  subSequenceNumber = 0;
  arrival = 0;
  data: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  fault: RecordFault | null = null;
  outerKey = '';
  aggregate: Aggregate | null = null;

  get aggregated(): boolean {
    return this.aggregate !== null;
  }

  /** The keys are made only where they are asked for. */
  get partitionKey(): string {
    if (this.aggregate === null) return this.outerKey;
    return kpl.partitionKey(this.aggregate, this.subSequenceNumber);
  }

  get explicitHashKey(): string | undefined {
    if (this.aggregate === null) return undefined;
    return kpl.explicitHashKey(this.aggregate, this.subSequenceNumber);
  }
}

function identify(visited: Visited, event: KinesisBatch, record: KinesisRecord, index: number) {
  const { kinesis, eventID } = record;
  if (kinesis === undefined || !isArrival(kinesis.approximateArrivalTimestamp)) {
    throw notKinesis(index, 'kinesis.approximateArrivalTimestamp');
  }
  if (typeof kinesis.data !== 'string') throw notKinesis(index, 'kinesis.data');
  visited.index = index;
  visited.shardId = event.shardId ?? shardOf(eventID, index, visited.shardId);
  visited.sequenceNumber = kinesis.sequenceNumber;
  visited.subSequenceNumber = 0;
  // The number is a double of seconds: rounding gives back the exact millisecond that it means.
  visited.arrival = Math.round(kinesis.approximateArrivalTimestamp * 1000);
  visited.outerKey = kinesis.partitionKey;
}

/** Is it a time in seconds, of the years that a TIMESTAMP holds? */
export function isArrival(seconds: number): boolean {
  return Number.isFinite(seconds) && inRange(Math.round(seconds * 1000));
}

/** All records of a batch are of one shard: mostly `last` is the answer, without a new string. */
function shardOf(eventID: string | undefined, index: number, last: string): string {
  if (last !== '' && eventID?.charCodeAt(last.length) === 0x3a && eventID.startsWith(last)) {
    return last;
  }
  const colon = eventID?.indexOf(':') ?? -1;
  if (eventID === undefined || colon < 1) throw notKinesis(index, 'eventID with the shard');
  return eventID.slice(0, colon);
}

function notKinesis(index: number, missing: string): Error {
  const where = `Records[${index}] has no ${missing}`;
  return new Error(`not a Kinesis event: ${where}. Is the function subscribed to a stream?`);
}

/** Puts the record's bytes in place; gives the aggregate if it is a sound one. */
function decode(visited: Visited, base64: string): Aggregate | null {
  const buffer = scratchFor(decodedSize(base64));
  const length = decodeBase64(base64, buffer);
  visited.data = length < 0 ? Buffer.from(base64) : buffer;
  visited.start = 0;
  visited.end = length < 0 ? visited.data.length : length;
  visited.aggregate = null;
  visited.fault = null;
  if (length < 0) {
    visited.fault = new RecordFault('BAD_BASE64', 'the data of the Kinesis record is not base64');
  } else if (looksAggregated(base64)) {
    const found = decodeAggregate(buffer.subarray(0, length));
    if (found?.kind === 'aggregate') return found;
    if (found !== null) visited.fault = damaged(found.message);
  }
  return null;
}

function damaged(message: string): RecordFault {
  const text = `begins like a KPL aggregate, but: ${message} It may have been changed on its way.`;
  return new RecordFault('DAMAGED_AGGREGATE', text);
}

function visitAggregate(
  visited: Visited,
  aggregate: Aggregate,
  visit: (record: VisitedRecord) => void,
): void {
  visited.aggregate = aggregate;
  for (let sub = 0; sub < aggregate.count; sub++) {
    visited.subSequenceNumber = sub;
    visited.start = dataStart(aggregate, sub);
    visited.end = dataEnd(aggregate, sub);
    visit(visited);
  }
}
