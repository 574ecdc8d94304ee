import { type HashKeyRange, MAX_HASH_KEY } from '../kpl/hash-key.ts';

/** An open shard, as ListShards gives it with ShardFilter AT_LATEST. */
export interface Shard {
  readonly id: string;
  readonly range: HashKeyRange;
  /** ParentShardId and AdjacentParentShardId, where there are any. */
  readonly parents: readonly string[];
}

/** One call of the Kinesis API; each leaves the open shards a partition of the ring. */
export type Operation =
  | { readonly call: 'UpdateShardCount'; readonly count: number }
  | { readonly call: 'SplitShard'; readonly shardId: string; readonly at: bigint }
  | { readonly call: 'MergeShards'; readonly shardId: string; readonly adjacentId: string };

export const RING_SIZE = MAX_HASH_KEY + 1n;

/** The shards in the order of their ranges. Throws RangeError if they are no partition of the ring. */
export function inOrder(shards: readonly Shard[]): Shard[] {
  const sorted = shards.toSorted((a, b) => (a.range.start < b.range.start ? -1 : 1));
  let next = 0n;
  for (const { id, range } of sorted) {
    if (range.start !== next || range.end < range.start) {
      throw new RangeError(
        `the open shards are no partition of the hash keys: ${id} starts at ${range.start}, expected ${next}`,
      );
    }
    next = range.end + 1n;
  }
  if (next !== RING_SIZE) {
    throw new RangeError(
      `the open shards are no partition of the hash keys: they end at ${next - 1n}, not at ${MAX_HASH_KEY}`,
    );
  }
  return sorted;
}

/** The ranges of `count` equal shards, as UpdateShardCount and CreateStream make them. */
export function uniformRanges(count: number): HashKeyRange[] {
  const n = BigInt(count);
  return Array.from({ length: count }, (_, index) => {
    const i = BigInt(index);
    return { start: (RING_SIZE * i) / n, end: (RING_SIZE * (i + 1n)) / n - 1n };
  });
}

/** Ranges this near to equal, as a part of their size, come from rounding and not from a split. */
const ROUNDING = 1e-6;

/**
 * Whether the shards are as UpdateShardCount makes them. If not, someone has split or merged by
 * hand or by plan, and a uniform call would undo it. Read from the ranges alone, so that it
 * needs no memory and also sees what others have done.
 */
export function isUniform(shards: readonly Shard[]): boolean {
  const size = Number(RING_SIZE) / shards.length;
  return shards.every(
    ({ range }) => Math.abs(shareOfRing(range) * shards.length - 1) * size < size * ROUNDING,
  );
}

/** How much of the ring a range covers, 0 to 1. */
export function shareOfRing({ start, end }: HashKeyRange): number {
  return Number(end - start + 1n) / Number(RING_SIZE);
}

/**
 * The open shards after an operation, with made-up ids from `nextId` on: for previews, tests and the
 * simulator. Throws RangeError for what Kinesis would refuse: an unknown shard, a split outside the
 * shard (start < at <= end), a merge of shards that are not adjacent.
 */
export function reshard(
  shards: readonly Shard[],
  operation: Operation,
  nextId: (index: number) => string,
): Shard[] {
  const sorted = inOrder(shards);
  const indexOf = (id: string): number => {
    const index = sorted.findIndex((shard) => shard.id === id);
    if (index < 0) throw new RangeError(`there is no open shard ${id}`);
    return index;
  };
  switch (operation.call) {
    case 'UpdateShardCount':
      return uniformRanges(operation.count).map((range, index) => ({
        id: nextId(index),
        range,
        parents: sorted
          .filter((one) => one.range.start <= range.end && one.range.end >= range.start)
          .map(({ id }) => id)
          .slice(0, 2),
      }));
    case 'SplitShard': {
      const { shardId, at } = operation;
      const index = indexOf(shardId);
      const { start, end } = sorted[index]!.range;
      if (at <= start || at > end) {
        throw new RangeError(`${shardId} (${start} to ${end}) cannot be split at ${at}`);
      }
      return sorted.toSpliced(
        index,
        1,
        { id: nextId(0), range: { start, end: at - 1n }, parents: [shardId] },
        { id: nextId(1), range: { start: at, end }, parents: [shardId] },
      );
    }
    case 'MergeShards': {
      const { shardId, adjacentId } = operation;
      const index = Math.min(indexOf(shardId), indexOf(adjacentId));
      if (Math.abs(indexOf(shardId) - indexOf(adjacentId)) !== 1) {
        throw new RangeError(`${shardId} and ${adjacentId} are not adjacent`);
      }
      const range = { start: sorted[index]!.range.start, end: sorted[index + 1]!.range.end };
      return sorted.toSpliced(index, 2, { id: nextId(0), range, parents: [shardId, adjacentId] });
    }
  }
}
