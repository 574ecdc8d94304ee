import type { KinesisBatch, KinesisRecord } from '../records/event.ts';

/** A batch that an event source mapping has given up, as its on-failure record names it. */
export interface GivenUp {
  readonly functionArn: string;
  readonly streamArn: string;
  readonly shardId: string;
  /** Sequence numbers, both included. */
  readonly first: string;
  readonly last: string;
  /** Kinesis records in it. */
  readonly size: number;
  /** RetryAttemptsExhausted or RecordAgeExceeded. */
  readonly condition: string;
  /** How often the function has had it, as far as the mapping knows. */
  readonly invokes: number;
  /** When it was given up, milliseconds since 1970. */
  readonly at: number;
  /** The event itself: a destination of kind S3 keeps it. */
  readonly payload: KinesisBatch | null;
}

/** Envelopes in envelopes: an event of a queue that a topic writes to has four. */
const DEEPEST = 8;
/** BatchSize: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
const LARGEST_BATCH = 10_000;

/** What was found, and all that is wrong with the rest, each with its place. */
export interface FoundGivenUp {
  readonly found: readonly GivenUp[];
  readonly wrong: readonly string[];
}

/**
 * Reads on-failure records in all forms in which a destination holds them, one or a list: the bare
 * JSON, messages and events of SQS and SNS, one in the other too, and the object in S3 with its
 * payload (https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html). `name`
 * is that of the place where the input stands.
 */
export function findOnFailure(input: unknown, name: string): FoundGivenUp {
  const wrong: string[] = [];
  const found: GivenUp[] = [];
  const open = (value: unknown, at: string, depth: number): void => {
    if (depth > DEEPEST) wrong.push(`${at} lies in too many envelopes`);
    else if (typeof value === 'string') open(parse(value, at, wrong), at, depth + 1);
    else if (Array.isArray(value)) {
      for (const [i, one] of value.entries()) open(one, `${at}[${i}]`, depth + 1);
    } else if (isObject(value)) {
      const inner = contentOf(value);
      if (inner !== null) open(inner.value, `${at}.${inner.name}`, depth + 1);
      else {
        const record = readRecord(value, at, wrong);
        if (record !== null) found.push(record);
      }
    } else if (value !== undefined) wrong.push(`${at} is no on-failure record`);
  };
  open(input, name, 0);
  return { found, wrong };
}

/** The records of the function's event. Throws a TypeError that tells all that is wrong, and where. */
export function readOnFailure(input: unknown): readonly GivenUp[] {
  const { found, wrong } = findOnFailure(input, 'onFailure');
  if (wrong.length > 0) throw new TypeError(`on-failure records: ${wrong.join('; ')}`);
  if (found.length === 0) throw new TypeError('on-failure records: there are none');
  return found;
}

/** A record of the same, in the form in which S3 holds it: no more than readOnFailure reads. */
export function writeOnFailure(given: GivenUp): object {
  const { functionArn, streamArn, shardId, first, last, size, condition, invokes, at } = given;
  return {
    requestContext: { functionArn, condition, approximateInvokeCount: invokes },
    timestamp: new Date(at).toISOString(),
    KinesisBatchInfo: {
      ...{ shardId, streamArn, batchSize: size },
      ...{ startSequenceNumber: first, endSequenceNumber: last },
    },
    ...(given.payload && { payload: { Records: given.payload.Records?.map(neededOf) } }),
  };
}

function neededOf({ eventID, kinesis }: KinesisRecord): KinesisRecord {
  const { sequenceNumber, partitionKey, approximateArrivalTimestamp, data } = kinesis;
  return { eventID, kinesis: { sequenceNumber, partitionKey, approximateArrivalTimestamp, data } };
}

type Fields = Readonly<Record<string, unknown>>;

/** What an envelope holds; null: it is none. */
function contentOf(value: Fields): { name: string; value: unknown } | null {
  // Events of Lambda, an answer of ReceiveMessage, messages of SQS, of SNS, and of SNS in an event.
  const name = ['Records', 'Messages', 'body', 'Body', 'Sns', 'Message'].find(
    (key) => value[key] !== undefined,
  );
  return name === undefined ? null : { name, value: value[name] };
}

function readRecord(value: Fields, at: string, wrong: string[]): GivenUp | null {
  const before = wrong.length;
  const { KinesisBatchInfo: info, requestContext: context } = value;
  if (!isObject(info) || !isObject(context)) {
    wrong.push(`${at} ${whatElse(value)}`);
    return null;
  }
  const text = (from: Fields, path: string, pattern: RegExp, words: string): string => {
    const found = from[path.slice(path.indexOf('.') + 1)];
    if (typeof found === 'string' && pattern.test(found)) return found;
    wrong.push(`${at}.${path} is not ${words}`);
    return '';
  };
  const count = (from: Fields, path: string, low: number, high: number): number => {
    const found = from[path.slice(path.indexOf('.') + 1)];
    if (Number.isInteger(found) && Number(found) >= low && Number(found) <= high) {
      return Number(found);
    }
    wrong.push(`${at}.${path} is not a whole number from ${low} to ${high}`);
    return low;
  };
  const number = (path: string) => text(info, path, /^\d{1,129}$/, 'a sequence number');
  const arn = (service: string) => new RegExp(`^arn:[\\w-]+:${service}:[\\w-]*:\\d*:[\\w:/$.-]+$`);
  const record: GivenUp = {
    functionArn: text(
      context,
      'requestContext.functionArn',
      arn('lambda'),
      'the ARN of a function',
    ),
    streamArn: text(info, 'KinesisBatchInfo.streamArn', arn('kinesis'), 'the ARN of a stream'),
    shardId: text(info, 'KinesisBatchInfo.shardId', /^shardId-\d{12}$/, 'a shard'),
    first: number('KinesisBatchInfo.startSequenceNumber'),
    last: number('KinesisBatchInfo.endSequenceNumber'),
    size: count(info, 'KinesisBatchInfo.batchSize', 1, LARGEST_BATCH),
    condition: text(context, 'requestContext.condition', /^\w+$/, 'the reason of a mapping'),
    invokes: count(context, 'requestContext.approximateInvokeCount', 0, Number.MAX_SAFE_INTEGER),
    at: time(value, at, wrong),
    payload: readPayload(value.payload, at, wrong),
  };
  if (wrong.length > before) return null;
  if (BigInt(record.first) <= BigInt(record.last)) return record;
  wrong.push(`${at}.KinesisBatchInfo ends before it begins`);
  return null;
}

function time({ timestamp }: Fields, at: string, wrong: string[]): number {
  const ms = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(ms)) wrong.push(`${at}.timestamp is no time`);
  return ms;
}

/** An object in S3; a text in the sample of AWS's guide. Its records are compared with the range later. */
function readPayload(value: unknown, at: string, wrong: string[]): KinesisBatch | null {
  if (value === undefined || value === null) return null;
  const event = typeof value === 'string' ? parse(value, `${at}.payload`, wrong) : value;
  if (event === undefined) return null;
  const records = isObject(event) ? event.Records : null;
  if (Array.isArray(records) && records.every(isDelivered)) return { Records: records };
  wrong.push(`${at}.payload is no event of a Kinesis stream`);
  return null;
}

function isDelivered(value: unknown): boolean {
  if (!isObject(value) || typeof value.eventID !== 'string' || !isObject(value.kinesis))
    return false;
  const { sequenceNumber, partitionKey, approximateArrivalTimestamp, data } = value.kinesis;
  const texts = [sequenceNumber, partitionKey, data];
  return (
    texts.every((text) => typeof text === 'string') && Number.isFinite(approximateArrivalTimestamp)
  );
}

function whatElse(value: Fields): string {
  if (value.DDBStreamBatchInfo !== undefined) return 'is of a DynamoDB stream, not of Kinesis';
  if (value.s3 !== undefined) return 'tells of an object in S3: give what the object holds';
  const missing = ['requestContext', 'KinesisBatchInfo'].filter((key) => !isObject(value[key]));
  return `is no on-failure record: it has no ${missing.join(' and no ')}`;
}

function parse(text: string, at: string, wrong: string[]): unknown {
  try {
    return JSON.parse(text);
  } catch {
    wrong.push(`${at} is no JSON`);
    return undefined;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
