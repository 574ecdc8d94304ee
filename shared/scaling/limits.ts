/** What one shard takes in: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const SHARD_BYTES_PER_SECOND = 2 ** 20;
export const SHARD_RECORDS_PER_SECOND = 1_000;

/** What one shard gives out to all its shared-throughput consumers together (same page). */
export const SHARD_READ_BYTES_PER_SECOND = 2 * 2 ** 20;

/**
 * UpdateShardCount: at most this many calls for a stream in any 24 hours, at most double, at least
 * half. SplitShard and MergeShards have no such bounds.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html
 */
export const UPDATES_PER_DAY = 10;
export const DAY_MS = 86_400_000;

/** The counts that UpdateShardCount accepts: from half (an odd count rounded up) to double. */
export function updateBounds(shards: number): { readonly least: number; readonly most: number } {
  return { least: Math.ceil(shards / 2), most: shards * 2 };
}

/** How many calls of UpdateShardCount are left now, given the times (ms) of those already made. */
export function updatesLeft(updatedAt: readonly number[], now: number): number {
  const used = updatedAt.filter((at) => at > now - DAY_MS).length;
  return Math.max(0, UPDATES_PER_DAY - used);
}
