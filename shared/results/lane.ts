import { compareFences, type Fence, fenceOf, laneAttribute, storedFence } from './fence.ts';
import type { Attributes } from './store.ts';

/** One batch as the fences see it: the records of one shard, in order. */
export interface Lane {
  readonly attribute: string;
  /** The fence of the record at this index of the batch; below 0 of one before it. */
  readonly at: (index: number) => Fence;
  /** The index of the first record past a fence; the batch's length when there is none. */
  readonly indexAfter: (fence: Fence) => number;
}

/** What a batch brings to one item: its records lie between first and last (indexes). */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** `before` are the fences of records ahead of the batch that a delta may hold: -1 is the last. */
export function createLane(
  shardId: string,
  sequenceNumbers: readonly string[],
  before: readonly Fence[] = [],
): Lane {
  const fences: Fence[] = [];
  const at = (index: number): Fence => {
    if (index < 0) return before.at(index)!;
    fences[index] ??= fenceOf(sequenceNumbers[index]!);
    return fences[index];
  };
  const indexAfter = (fence: Fence): number => {
    let low = 0;
    let high = sequenceNumbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareFences(at(middle), fence) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return { attribute: laneAttribute(shardId), at, indexAfter };
}

/**
 * The part of a delta that the item still lacks: all of it, none (null), or what `recompute`
 * gives for the records from an index on (design section 4.3).
 */
export function remaining<T extends Span>(
  item: Attributes | null,
  lane: Lane,
  delta: T,
  recompute: (from: number) => T | null,
): T | null {
  const fence = storedFence(item, lane.attribute);
  if (fence === null || compareFences(fence, lane.at(delta.first)) < 0) return delta;
  if (compareFences(fence, lane.at(delta.last)) >= 0) return null;
  return recompute(lane.indexAfter(fence));
}
