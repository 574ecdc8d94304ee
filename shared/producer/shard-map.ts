import type { Shard } from '@aws-sdk/client-kinesis';
import { type HashKeyRange, hashKeyRange, MAX_HASH_KEY } from '../kpl/hash-key.ts';

/** Which shard takes which hash keys, as ListShards said it last. */
export interface ShardMap {
  /** The open shard that a record with this hash key goes to. */
  shardOf(hashKey: bigint): string;
  isOpen(shardId: string): boolean;
  /** Of an open or closed shard; undefined if the stream did not list it. */
  range(shardId: string): HashKeyRange | undefined;
}

/**
 * Makes the map of a stream's shards, closed ones included. Null if its open shards do not cover
 * the hash-key space: the list was made in the middle of a reshard and has to be read again.
 */
export function createShardMap(shards: readonly Shard[]): ShardMap | null {
  const ranges = new Map(
    shards.map(({ ShardId, HashKeyRange: range }) => [
      ShardId!,
      hashKeyRange(range!.StartingHashKey!, range!.EndingHashKey!),
    ]),
  );
  // A shard with children is closed, even where the list does not say so yet.
  const parents = new Set(shards.flatMap((s) => [s.ParentShardId, s.AdjacentParentShardId]));
  const open = shards
    .filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined)
    .filter((shard) => !parents.has(shard.ShardId))
    .map((shard) => ({ shardId: shard.ShardId!, ...ranges.get(shard.ShardId!)! }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  const first = open[0];
  if (first === undefined || first.start > 0n || open.at(-1)!.end < MAX_HASH_KEY) return null;
  for (let i = 1; i < open.length; i++) {
    if (open[i]!.start !== open[i - 1]!.end + 1n) return null;
  }
  const openIds = new Set(open.map(({ shardId }) => shardId));
  return {
    isOpen: (shardId) => openIds.has(shardId),
    range: (shardId) => ranges.get(shardId),
    shardOf(hashKey) {
      let low = 0;
      let high = open.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >>> 1;
        if (open[middle]!.start <= hashKey) low = middle;
        else high = middle - 1;
      }
      return open[low]!.shardId;
    },
  };
}
