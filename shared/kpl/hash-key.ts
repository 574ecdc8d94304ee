import { hash } from 'node:crypto';

/** A shard's share of the hash-key space, both ends inclusive. */
export interface HashKeyRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Kinesis hash keys are 128-bit: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_HashKeyRange.html */
export const MAX_HASH_KEY = 2n ** 128n - 1n;

/**
 * The hash key by which Kinesis places a user record: the explicit hash key where there is one,
 * else the MD5 of the partition key's UTF-8 bytes as an unsigned big-endian number.
 *
 * An explicit hash key that is no number from 0 to 2^128-1 is treated as absent, so the partition
 * key decides: aws-kinesis-agg before 4.0.2 wrote the text "undefined", and Kinesis, which would
 * refuse such a key, cannot have placed a record by it. Never throws.
 *
 * About a microsecond where the MD5 is needed: a caller that sees the same keys again and again
 * may keep the result per partition key.
 */
export function hashKeyOf(partitionKey: string, explicitHashKey?: string): bigint {
  if (explicitHashKey !== undefined) {
    const explicit = parseHashKey(explicitHashKey);
    if (explicit !== undefined) return explicit;
  }
  return BigInt(`0x${hash('md5', partitionKey, 'hex')}`);
}

/**
 * Whether a user record belongs to the shard with this range. False for what the KPL put into the
 * wrong shard during a split or merge and has sent, or will send, again to the right one.
 * Costs nothing where the shard covers the whole space.
 */
export function inShardRange(
  range: HashKeyRange,
  partitionKey: string,
  explicitHashKey?: string,
): boolean {
  if (range.start <= 0n && range.end >= MAX_HASH_KEY) return true;
  const key = hashKeyOf(partitionKey, explicitHashKey);
  return key >= range.start && key <= range.end;
}

/** Reads the decimal StartingHashKey and EndingHashKey of ListShards. Throws RangeError if they are no range. */
export function hashKeyRange(startingHashKey: string, endingHashKey: string): HashKeyRange {
  const start = parseHashKey(startingHashKey);
  const end = parseHashKey(endingHashKey);
  if (start === undefined || end === undefined || start > end) {
    throw new RangeError(
      `'${startingHashKey}' to '${endingHashKey}' is no hash key range: expected two decimal numbers, the lower first, from 0 to ${MAX_HASH_KEY}.`,
    );
  }
  return { start, end };
}

/** Reads a decimal hash key; undefined if it is none. Leading zeros are allowed up to 39 digits. */
export function parseHashKey(text: string): bigint | undefined {
  if (!/^[0-9]{1,39}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value <= MAX_HASH_KEY ? value : undefined;
}
