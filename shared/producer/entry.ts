import { checkUserRecord, type NewUserRecord, rawBytes } from '../kpl/encode.ts';
import { hashKeyOf } from '../kpl/hash-key.ts';
import type { Round } from './rounds.ts';

/** What a user puts. */
export interface ProducerRecord {
  /** 1 to 256 characters. */
  readonly partitionKey: string;
  /** Decimal, 0 to 2^128-1: the place in the stream, instead of the partition key's hash. */
  readonly explicitHashKey?: string | undefined;
  /** Bytes are not copied: leave them as they are until put() has its result. Text becomes UTF-8. */
  readonly data: Uint8Array | string;
  /** True: never put into an aggregate. */
  readonly alone?: boolean;
}

/** Where a user record is in the stream. */
export interface Receipt {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** Its place in its aggregate; 0 for one that is not aggregated. */
  readonly subSequenceNumber: number;
  /** How often it was sent. */
  readonly attempts: number;
}

/** A user record between put() and its result. */
export interface Entry extends NewUserRecord {
  readonly hashKey: bigint;
  /** Data and partition key, as Kinesis counts them. */
  readonly bytes: number;
  readonly alone: boolean;
  /** Of performance.now(). */
  readonly putAt: number;
  readonly round: Round;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: Error) => void;
  attempts: number;
  /** True once an answer was lost. */
  mayHaveArrived: boolean;
}

/** A record that Kinesis would take, and where it belongs. */
export type PlacedRecord = Pick<
  Entry,
  'partitionKey' | 'explicitHashKey' | 'data' | 'hashKey' | 'bytes' | 'alone'
>;

const KNOWN_KEYS = 10_000;

/** Gives a function that checks records and finds their hash keys, which it keeps for keys that come again. It throws InvalidUserRecord. */
export function createPlacer(): (record: ProducerRecord) => PlacedRecord {
  const known = new Map<string, bigint>();
  const hashOf = (partitionKey: string): bigint => {
    const before = known.get(partitionKey);
    if (before !== undefined) return before;
    if (known.size >= KNOWN_KEYS) known.clear();
    const hashKey = hashKeyOf(partitionKey);
    known.set(partitionKey, hashKey);
    return hashKey;
  };
  return ({ partitionKey, explicitHashKey, data, alone = false }) => {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    const record = { partitionKey, explicitHashKey, data: bytes };
    checkUserRecord(record);
    const hashKey =
      explicitHashKey === undefined
        ? hashOf(partitionKey)
        : hashKeyOf(partitionKey, explicitHashKey);
    return { ...record, hashKey, bytes: rawBytes(record), alone };
  };
}
