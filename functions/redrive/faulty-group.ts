import type { FaultyRecord } from '../../shared/consume/faults.ts';
import type { KinesisBatch } from '../../shared/records/event.ts';
import { compareFences, fenceOf } from '../../shared/results/fence.ts';

/** A fault with the key under which it is kept. */
export interface Held {
  readonly key: string;
  readonly record: FaultyRecord;
}

/** All open faults of one Kinesis record: one for each version of the rules, and for each result. */
export interface FaultyGroup {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly objects: readonly Held[];
}

/** Sorted as the records are in their shard. All faults are of one shard. */
export function groupFaults(faults: readonly Held[]): FaultyGroup[] {
  const groups = Map.groupBy(faults, ({ record }) => record.sequenceNumber);
  return [...groups]
    .map(([sequenceNumber, objects]) => {
      const { shardId } = objects[0]!.record;
      return { shardId, sequenceNumber, objects, fence: fenceOf(sequenceNumber) };
    })
    .sort((a, b) => compareFences(a.fence, b.fence))
    .map(({ fence: _, ...group }) => group);
}

/** The records of the groups as Lambda delivered them. */
export function toBatch(groups: readonly FaultyGroup[]): KinesisBatch {
  const Records = groups.map(({ shardId, sequenceNumber, objects }) => {
    const { partitionKey, arrival, data } = objects[0]!.record;
    const approximateArrivalTimestamp = Date.parse(arrival) / 1000;
    return {
      eventID: `${shardId}:${sequenceNumber}`,
      kinesis: { sequenceNumber, partitionKey, approximateArrivalTimestamp, data },
    };
  });
  return { Records };
}
