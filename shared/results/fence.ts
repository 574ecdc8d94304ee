import type { Attributes } from './store.ts';

/** A lane's position in an item: a sequence number in bytes whose order is number order. */
export type Fence = Uint8Array;

/**
 * Encodes a sequence number: one byte of length, then its bytes, highest first. 25 bytes for the
 * 56 digits in use; the API allows up to 129 digits (SequenceNumber pattern in the Kinesis API).
 * Sequence numbers do not fit a DynamoDB number (38 digits).
 */
export function fenceOf(sequenceNumber: string): Fence {
  if (!/^\d{1,129}$/.test(sequenceNumber)) {
    throw new TypeError(`not a Kinesis sequence number: ${JSON.stringify(sequenceNumber)}`);
  }
  const hex = BigInt(sequenceNumber).toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

/** The sequence number, without leading zeros: none in use has one. */
export function sequenceNumberOf(fence: Fence): string {
  return String(BigInt(`0x${Buffer.from(fence.subarray(1)).toString('hex')}`));
}

/** Below 0: a lies before b. */
export function compareFences(a: Fence, b: Fence): number {
  return Buffer.compare(a, b);
}

/**
 * The attribute that holds a shard's fence: short, because every item carries one per lane.
 * shardId-000000000012 is `_fc`.
 */
export function laneAttribute(shardId: string): string {
  const number = /^shardId-(\d{12})$/.exec(shardId)?.[1];
  return number === undefined ? `_f.${shardId}` : `_f${Number(number).toString(36)}`;
}

export function storedFence(item: Attributes | null, lane: string): Fence | null {
  return item?.[lane]?.B ?? null;
}
