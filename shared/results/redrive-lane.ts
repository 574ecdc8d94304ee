import { type Epoch, isFrom, mayHaveSkipped, mayMiss } from './epoch.ts';
import { passedBy } from './epoch-marks.ts';
import { type Fence, laneAttribute } from './fence.ts';
import { type Lane, type LaneEntry, positionsOf } from './lane.ts';
import { entryId, redrivenIds, redrivenMarks } from './redriven.ts';
import type { Attributes } from './store.ts';

/** What is known of records that were refused, and of who has read their shard. */
export interface Refusals {
  readonly epochs: readonly Epoch[];
  /** The versions of the rules that have refused an entry. */
  readonly refusedBy: (entry: LaneEntry) => ReadonlySet<string>;
  /** Hears of an entry of which an item cannot tell whether it holds it: nothing is written for it. */
  readonly unknown: (entry: LaneEntry) => void;
}

/**
 * The lane of records that were refused and come again, in any order, once or many times. What a
 * fence has passed is lacking if it was passed by those who refused it, or by those who began behind
 * it.
 */
export function createRedriveLane(
  shardId: string,
  sequenceNumbers: readonly string[],
  refusals: Refusals,
): Lane {
  const lacks = lackingIn(laneAttribute(shardId), refusals);
  return createEntryLane(shardId, sequenceNumbers, refusals.unknown, lacks);
}

/** Whether an item lacks an entry that it does not hold by its id; null: it cannot tell. */
export type Lacks = (item: Attributes | null, position: Fence, entry: LaneEntry) => boolean | null;

/**
 * A lane of records that their shard's fence has passed: each of their entries stands in the item by
 * itself, and the ordinary lane leaves out what it finds there.
 */
export function createEntryLane(
  shardId: string,
  sequenceNumbers: readonly string[],
  unknown: Refusals['unknown'],
  lacks: Lacks,
): Lane {
  const { at } = positionsOf(sequenceNumbers);
  const attribute = laneAttribute(shardId);
  return {
    at,
    lacking: (item, { first }, partOf) => {
      const held = redrivenIds(item, attribute);
      return partOf(first, (entry) => {
        const position = at(entry.record);
        if (held.has(entryId(position, entry))) return false;
        const answer = lacks(item, position, entry);
        if (answer === null) unknown(entry);
        return answer ?? false;
      });
    },
    marks: (item, { entries }) => redrivenMarks(item, attribute, entries!, at),
    unseen: () => null,
    isPlain: () => false,
  };
}

function lackingIn(lane: string, { epochs, refusedBy }: Refusals): Lacks {
  return (item, position, entry) => {
    const number = passedBy(item, lane, position);
    if (number === null) return true;
    const passing = epochs.find((epoch) => epoch.number === number);
    if (passing !== undefined) {
      // Others had done with the record before, and had they taken it, the item would hold it.
      if (!isFrom(passing, position)) return true;
      const refusers = refusedBy(entry);
      if (refusers.has(passing.version)) return true;
      // It may have been refused by others and never have come to those who passed it.
      const isMissed = epochs
        .filter(({ version }) => refusers.has(version))
        .some(
          (epoch) =>
            (mayMiss(passing, epoch) && isFrom(epoch, position)) ||
            mayHaveSkipped(passing, epoch, position),
        );
      if (!isMissed) return false;
    }
    return null;
  };
}
