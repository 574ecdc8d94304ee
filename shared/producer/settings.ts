import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { ProducerRecord } from './entry.ts';

export interface ProducerOptions {
  /** Best made by producerClient: one that does not retry by itself. It stays the caller's to destroy. */
  readonly client: KinesisClient;
  /** Name or ARN. */
  readonly stream: string;
  /** When an aggregate is full; false: every user record is a Kinesis record. */
  readonly aggregation?: { readonly maxBytes?: number; readonly maxCount?: number } | false;
  /** 'none' gives up the order per partition key, for speed where aggregation is off. */
  readonly order?: 'partition-key' | 'none';
  /** How long a record waits for others at most, milliseconds. */
  readonly lingerMs?: number;
  /** How long a record is tried, from put() on, milliseconds. */
  readonly recordTtlMs?: number;
  /** How long an answer is waited for, milliseconds. */
  readonly requestTimeoutMs?: number;
  /** Requests under way at a time. */
  readonly maxRequests?: number;
  /** Of one PutRecords request, keys included. */
  readonly requestBytes?: number;
  /** Memory for records that were put and have no result yet. */
  readonly bufferBytes?: number;
  /** Data and partition key of one Kinesis record. Looked up in the stream if it is not given. */
  readonly maxRecordBytes?: number;
  /**
   * Hears of each put() that is rejected. With it, a put() whose promise nobody looks at is no
   * unhandled rejection.
   */
  readonly onFailure?: (error: Error, record: ProducerRecord) => void;
  /** Aborted: what is not delivered is rejected at once. */
  readonly signal?: AbortSignal;
}

export interface Settings {
  /** 0 where aggregation is off. */
  readonly aggregateBytes: number;
  readonly aggregateCount: number;
  readonly isOrdered: boolean;
  readonly lingerMs: number;
  readonly recordTtlMs: number;
  readonly requestTimeoutMs: number;
  readonly maxRequests: number;
  readonly requestBytes: number;
  readonly bufferBytes: number;
  readonly maxRecordBytes: number | null;
}

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
export const REQUEST_RECORDS = 500;
const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;

/** Default, least and greatest. The defaults are the KPL's where it has the setting, but for requestBytes: its 5 MiB is the old limit. */
const BOUNDS = {
  lingerMs: [100, 0, 60_000],
  recordTtlMs: [30_000, 100, DAY_MS],
  requestTimeoutMs: [6_000, 100, 600_000],
  maxRequests: [24, 1, 256],
  requestBytes: [10 * MIB, MIB, 10 * MIB],
  bufferBytes: [64 * MIB, MIB, 2 ** 40],
} as const;

/** https://github.com/awslabs/amazon-kinesis-producer/blob/master/java/amazon-kinesis-producer-sample/default_config.properties */
const AGGREGATE_BYTES = [51_200, 64, 10 * MIB] as const;
const AGGREGATE_COUNT = [4_294_967_295, 1, 2 ** 53 - 1] as const;
const RECORD_BYTES = [null, MIB, 10 * MIB] as const;

/** Fills in the defaults. Throws RangeError with everything that is out of its bounds. */
export function readSettings(options: ProducerOptions): Settings {
  const problems: string[] = [];
  const number = <T>(name: string, given: unknown, [preset, least, most]: Bounds<T>) => {
    if (given === undefined) return preset;
    if (Number.isInteger(given) && Number(given) >= least && Number(given) <= most) {
      return Number(given);
    }
    problems.push(`${name} must be a whole number from ${least} to ${most}, and is ${given}`);
    return preset;
  };
  if (typeof options.stream !== 'string' || options.stream === '') {
    problems.push('stream must be the name or the ARN of a stream');
  }
  if (!['partition-key', 'none', undefined].includes(options.order)) {
    problems.push(`order must be 'partition-key' or 'none', and is '${options.order}'`);
  }
  const bounded = Object.entries(BOUNDS).map(([name, bounds]) => [
    name,
    number<number>(name, options[name as keyof typeof BOUNDS], bounds),
  ]);
  const { maxBytes, maxCount } = options.aggregation || {};
  const aggregateBytes = number<number>('aggregation.maxBytes', maxBytes, AGGREGATE_BYTES);
  const settings: Settings = {
    ...(Object.fromEntries(bounded) as Record<keyof typeof BOUNDS, number>),
    aggregateBytes: options.aggregation === false ? 0 : aggregateBytes,
    aggregateCount: number<number>('aggregation.maxCount', maxCount, AGGREGATE_COUNT),
    maxRecordBytes: number<number | null>('maxRecordBytes', options.maxRecordBytes, RECORD_BYTES),
    isOrdered: options.order !== 'none',
  };
  if (problems.length > 0) throw new RangeError(`producer options: ${problems.join('; ')}`);
  return settings;
}

type Bounds<T> = readonly [preset: T, least: number, most: number];
