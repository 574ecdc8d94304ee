import { epochMarks, isOfEpoch, sameEpoch } from './epoch-marks.ts';
import { compareFences, type Fence, fenceOf, laneAttribute, storedFence } from './fence.ts';
import { entryId, redrivenAttribute, redrivenIds } from './redriven.ts';
import type { Attributes, Condition } from './store.ts';

/** What a batch brings to one item: its records lie between first and last (indexes). */
export interface Span {
  readonly first: number;
  readonly last: number;
  /** One by one what it brings, where that was asked for. */
  readonly entries?: readonly LaneEntry[] | null;
}

/** The smallest part of a record that an item holds or lacks: a row, by the way it came. */
export interface LaneEntry {
  readonly record: number;
  readonly sub: number;
  readonly row: number;
  readonly way: string;
}

/**
 * Makes the part of a delta from a record on; with `admits`, only of the entries that it admits, and
 * tells them. null: there is none.
 */
export type PartOf<T> = (from: number, admits?: (entry: LaneEntry) => boolean) => T | null;

/** One batch on its way into items: what of it an item lacks, and how the item knows it later. */
export interface Lane {
  /** The fence of the record at this index of the batch. */
  readonly at: (index: number) => Fence;
  /** The part of a delta that an item lacks: all of it, none (null), or what `partOf` makes. */
  readonly lacking: <T extends Span>(
    item: Attributes | null,
    delta: T,
    partOf: PartOf<T>,
  ) => T | null;
  /** What goes into the item beside the part, in the same write. */
  readonly marks: (item: Attributes | null, part: Span) => Attributes;
  /** When a part may be added to an item that was not read; null: it has to be read. */
  readonly unseen: (part: Span) => Condition | null;
  /** Whether nothing but the fence of this lane decides what the item lacks of a delta. */
  readonly isPlain: (item: Attributes | null, delta: Span) => boolean;
}

/** Records ahead of a batch that a delta may hold too: see functions/aggregate/windowed. */
export interface Ahead {
  /** Their fences: index -1 is the last. */
  readonly fences: readonly Fence[];
  /** Throws: a delta that holds some of them cannot be split. */
  readonly split: () => never;
}

/**
 * The lane of a batch that was delivered: the records of one shard, in order. An item has a fence for
 * it, the last record that it contains. `epoch` is who reads the shard (epochs.ts).
 */
export function createLane(
  shardId: string,
  sequenceNumbers: readonly string[],
  epoch: number = 1,
  ahead: Ahead | null = null,
): Lane {
  const { at, indexAfter } = positionsOf(sequenceNumbers, ahead?.fences);
  const attribute = laneAttribute(shardId);
  const redriven = redrivenAttribute(attribute);

  /** Records up to here may have come by a redrive already. */
  const meetsRedriven = (item: Attributes | null, first: number): boolean => {
    const last = item?.[redriven]?.B;
    return last !== undefined && compareFences(at(first), last) <= 0;
  };

  const lacking: Lane['lacking'] = (item, delta, partOf) => {
    const fence = storedFence(item, attribute);
    if (fence !== null && compareFences(fence, at(delta.last)) >= 0) return null;
    const isWhole = fence === null || compareFences(fence, at(delta.first)) < 0;
    if (!isWhole && ahead !== null) return ahead.split();
    const from = isWhole ? delta.first : indexAfter(fence);
    if (meetsRedriven(item, from)) {
      const ids = redrivenIds(item, attribute);
      return partOf(from, (entry) => !ids.has(entryId(at(entry.record), entry)));
    }
    return isWhole ? delta : partOf(from);
  };

  return {
    at,
    lacking,
    marks: (item, { last }) => ({
      [attribute]: { B: at(last) },
      ...epochMarks(item, attribute, epoch),
    }),
    unseen: ({ first }) => ({
      kind: 'all',
      of: [
        { kind: 'absentOrBelow', attribute, value: { B: at(first) } },
        sameEpoch(attribute, epoch),
        { kind: 'absentOrBelow', attribute: redriven, value: { B: at(first) } },
      ],
    }),
    isPlain: (item, { first }) => isOfEpoch(item, attribute, epoch) && !meetsRedriven(item, first),
  };
}

/** The fences of records in order, and where among them another one lies. */
export function positionsOf(sequenceNumbers: readonly string[], before: readonly Fence[] = []) {
  const fences: Fence[] = [];
  const at = (index: number): Fence => {
    if (index < 0) return before.at(index)!;
    fences[index] ??= fenceOf(sequenceNumbers[index]!);
    return fences[index];
  };
  /** The index of the first record past a fence; the number of records when there is none. */
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
  return { at, indexAfter };
}
