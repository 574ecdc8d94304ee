import { SHARD_BYTES_PER_SECOND, SHARD_RECORDS_PER_SECOND } from './limits.ts';

/** Bytes and records: per second where it is a rate, decayed sums in heat. */
export interface Load {
  readonly bytes: number;
  readonly records: number;
}

export const NO_LOAD: Load = { bytes: 0, records: 0 };

export function plus(a: Load, b: Load): Load {
  return { bytes: a.bytes + b.bytes, records: a.records + b.records };
}

export function times(load: Load, factor: number): Load {
  return { bytes: load.bytes * factor, records: load.records * factor };
}

/** Each of the two by itself. */
export function higher(a: Load, b: Load): Load {
  return { bytes: Math.max(a.bytes, b.bytes), records: Math.max(a.records, b.records) };
}

/** A rate as a multiple of what one shard takes: the tighter of its two limits. 1 is a full shard. */
export function inShards(rate: Load): number {
  return Math.max(rate.bytes / SHARD_BYTES_PER_SECOND, rate.records / SHARD_RECORDS_PER_SECOND);
}

/** One number that adds up over parts, unlike `inShards`: for comparing weights. */
export function weightOf({ bytes, records }: Load): number {
  return bytes / SHARD_BYTES_PER_SECOND + records / SHARD_RECORDS_PER_SECOND;
}
