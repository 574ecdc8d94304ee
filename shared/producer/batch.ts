import { aggregateBuilder, type EncodedRecord, encodeAggregate } from '../kpl/encode.ts';
import type { Entry } from './entry.ts';
import type { Lane } from './lane.ts';

/** One Kinesis record, and the user records in it. */
export interface Parcel {
  readonly entries: readonly Entry[];
  readonly record: EncodedRecord;
  /** Data and partition key. */
  readonly bytes: number;
}

export interface BatchRules {
  /** Size and user records of an aggregate; 0 bytes: no aggregates. */
  readonly aggregateBytes: number;
  readonly aggregateCount: number;
  readonly isOrdered: boolean;
}

/** What the request still takes. */
export interface Room {
  readonly records: number;
  readonly bytes: number;
}

/** How many records of keys that have to wait are passed over in search of others. */
const LOOK_AHEAD = 1_000;

/**
 * Takes from a lane's queue what may be under way together: one aggregate at most, and beside it
 * records that go alone. No partition key is in two of them (Kinesis promises no order within a
 * request): a record whose key is under way stays, and so do all later ones of that key. Empty if
 * the request has no room for the first record.
 */
export function takeBatch(lane: Lane, rules: BatchRules, room: Room): Parcel[] {
  const { queue, most } = lane;
  const builder = aggregateBuilder();
  const together: Entry[] = [];
  const single: Entry[] = [];
  const singleKeys = new Set<string>();
  const left: Entry[] = [];
  const heldBack = new Set<string>();
  let singleBytes = 0;
  let aggregateBytes = 0;
  let i = 0;
  for (; i < queue.length && left.length < LOOK_AHEAD; i++) {
    const entry = queue[i]!;
    if (together.length + single.length >= most) break;
    const key = entry.partitionKey;
    const goesAlone = entry.alone || entry.bytes >= rules.aggregateBytes;
    if (rules.isOrdered) {
      const isUnderWay = singleKeys.has(key) || (goesAlone && builder.hasKey(key));
      if (isUnderWay || heldBack.has(key)) {
        heldBack.add(key);
        left.push(entry);
        continue;
      }
    }
    if (goesAlone) {
      const records = single.length + (together.length > 0 ? 1 : 0);
      if (records >= room.records) break;
      if (singleBytes + aggregateBytes + entry.bytes > room.bytes) break;
      single.push(entry);
      if (rules.isOrdered) singleKeys.add(key);
      singleBytes += entry.bytes;
      continue;
    }
    const size = builder.sizeWith(entry);
    const isFirst = together.length === 0;
    if (!isFirst && (size > rules.aggregateBytes || together.length >= rules.aggregateCount)) break;
    if (singleBytes + size > room.bytes || (isFirst && single.length >= room.records)) break;
    builder.add(entry);
    together.push(entry);
    aggregateBytes = size;
  }
  lane.queue = left.length === 0 ? queue.slice(i) : left.concat(queue.slice(i));
  const parcels = single.map(raw);
  if (together.length > 0) {
    parcels.push({ entries: together, record: builder.build(), bytes: aggregateBytes });
  }
  for (const { entries } of parcels) {
    for (const { data } of entries) lane.queuedBytes -= data.length;
  }
  return parcels;
}

function raw(entry: Entry): Parcel {
  return { entries: [entry], record: encodeAggregate([entry]), bytes: entry.bytes };
}
