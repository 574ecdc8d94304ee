import { type Epoch, isFrom, SKEW_MS } from './epoch.ts';
import { passageOf } from './epoch-marks.ts';
import { compareFences, fenceOf, laneAttribute } from './fence.ts';
import type { Lane, LaneEntry } from './lane.ts';
import { createEntryLane } from './redrive-lane.ts';

/** What is known of a batch that a mapping gave up. */
export interface Gap {
  readonly shardId: string;
  /** Of all its records, in order. */
  readonly sequenceNumbers: readonly string[];
  /** Who has read the shard. */
  readonly epochs: readonly Epoch[];
  /** When it was given up, milliseconds since 1970. */
  readonly at: number;
  /** None of it has ever reached the function. */
  readonly isUntried: boolean;
  /** The stream still holds its records. */
  readonly isInStream: boolean;
  /**
   * The epoch whose beginning a rebuild has read, all that the stream held, before anybody else came;
   * null: there is none. Of other epochs it is not known that one reader has had all of them: one who
   * reads a shard again may end early, and those who go on further ahead take his epoch over.
   */
  readonly rebuilt: Epoch | null;
  /** Hears of an entry of which an item cannot tell whether it holds it: nothing is written for it. */
  readonly unknown: (entry: LaneEntry) => void;
}

/**
 * The lane of a batch that was given up and comes again, once or many times. Tries of it may have
 * brought items a part, always from its beginning: what an item has lies at or before the fence that
 * they left. Once later batches have taken the fence out of the gap, the item cannot tell any more.
 */
export function createGapLane(gap: Gap): Lane {
  const { shardId, sequenceNumbers, epochs, at, unknown } = gap;
  const attribute = laneAttribute(shardId);
  const end = fenceOf(sequenceNumbers.at(-1)!);
  return createEntryLane(shardId, sequenceNumbers, unknown, (item, position) => {
    const passage = passageOf(item, attribute, position);
    if (passage === null) return true;
    const passing = epochs.find(({ number }) => number === passage.epoch);
    // They began behind it: had a try brought it, the item would have been past it before.
    if (passing !== undefined && !isFrom(passing, position)) return true;
    if (compareFences(passage.end, end) <= 0) return false;
    if (passing === undefined) return null;
    if (passing.number !== gap.rebuilt?.number) {
      return gap.isUntried && passing.since < at - SKEW_MS ? true : null;
    }
    // A rebuild that began before it was given up may have met it or not, one that read an archive first
    // may not have met what the stream has lost since.
    return gap.isInStream && passing.since > at + SKEW_MS ? false : null;
  });
}
