import type { StreamEvent } from '../../../shared/consume/consume.ts';
import type { ShardRanges } from '../../../shared/consume/shard-ranges.ts';
import type { HashKeyRange } from '../../../shared/kpl/hash-key.ts';
import { errorDetails, log } from '../../../shared/observe/log.ts';
import { emitMetrics } from '../../../shared/observe/metrics.ts';
import {
  heatItem,
  heatKey,
  isSameHeat,
  storedHeat,
  unchanged,
} from '../../../shared/resharding/heats.ts';
import type { Attributes, Condition, ItemKey, Store } from '../../../shared/results/store.ts';
import {
  addToHeat,
  emptyHeat,
  type Heat,
  type HeatSample,
  mergeHeats,
} from '../../../shared/scaling/heat.ts';
import { createSampler, type Sampler } from './sampler.ts';

/**
 * Heat forgets half in five minutes and a scaler reads it once a minute. Two writes a minute are the 256
 * samples by which its judgement was chosen (bench/scaling).
 */
export const EVERY_MS = 30_000;

export interface HeatKeeper {
  /** Who takes the samples of a shard: to be shown each of its user records. Asked for once a batch. */
  readonly watch: (shardId: string) => Sampler['see'];
  /**
   * Writes what was seen of the event's shard into its heat; null if it was written lately. Never rejects:
   * what fails is logged and counted, and its samples are lost. What is seen while it waits for a
   * read is in.
   */
  readonly keep: (event: StreamEvent) => Promise<void> | null;
}

export interface HeatPlace {
  readonly store: Store;
  /** Physical name. */
  readonly stateTable: string;
  /** The stream's name on AWS. */
  readonly stream: string;
  readonly ranges: ShardRanges;
  /** Whose metrics count what fails. */
  readonly application: string;
  readonly now?: () => number;
}

interface Shard {
  readonly sampler: Sampler;
  /** Its item, as far as this process knows; null: it has to be read. */
  stored: Stored | null;
  /** Samples that were taken out, but did not get in, as somebody else had written the item. */
  unwritten: Heat | null;
  /** When it may be written again, and whether it is being written. */
  due: number;
  isBusy: boolean;
  seenAt: number;
}

interface Stored {
  /** null: there is none that could be read and added to. */
  readonly heat: Heat | null;
  /** Holds until somebody writes the item. */
  readonly isUnchanged: Condition;
}

/**
 * Keeps the heat of the shards that this process reads: an item for each shard, added to in one
 * call while nobody else writes it, as a shard has one reader at a time. Where it goes from process
 * to process, the condition fails and gives what the other one wrote.
 */
export function createHeatKeeper(place: HeatPlace): HeatKeeper {
  const { store, stateTable, stream, ranges, application, now = Date.now } = place;
  const shards = new Map<string, Shard>();
  const shardOf = (id: string): Shard => {
    const known = shards.get(id);
    if (known !== undefined) return known;
    const at = now();
    // Others read them by now, or they are closed.
    for (const [old, { seenAt }] of shards) if (at - seenAt > 30 * EVERY_MS) shards.delete(old);
    const sampler = createSampler();
    const shard = { sampler, stored: null, unwritten: null, due: 0, isBusy: false, seenAt: at };
    shards.set(id, shard);
    return shard;
  };

  const write = async (id: string, shard: Shard): Promise<void> => {
    const key = heatKey(stateTable, stream, id);
    const [stored, range] = await Promise.all([
      shard.stored ?? store.read(key).then((item) => storedOf(item, key, now())),
      ranges(id),
    ]);
    const at = now();
    shard.stored = stored;
    shard.due = dueAfter(stored, at);
    // Another process has written it just now.
    if (shard.due > at) return;
    const samples = placed(shard.sampler.takeOut(), range);
    const { unwritten } = shard;
    // None yet, where the batch itself still waits: the next one has them.
    if (samples.length === 0 && unwritten === null) return;
    const base = stored.heat ?? emptyHeat(at);
    const before = unwritten === null ? base : mergeHeats([base, unwritten], at);
    const heat = addToHeat(before, samples, at);
    const set = heatItem(heat);
    // If it fails nobody knows whether it is in: the item is read again, and no sample counts twice.
    shard.stored = null;
    shard.unwritten = null;
    const { done, item } = await store.update({ key, set, condition: stored.isUnchanged });
    if (done || isSameHeat(item, set)) {
      shard.stored = { heat, isUnchanged: unchanged(set) };
    } else {
      shard.stored = storedOf(item, key, at);
      shard.unwritten = addToHeat(unwritten ?? emptyHeat(at), samples, at);
    }
    shard.due = dueAfter(shard.stored, at);
  };

  return {
    watch: (shardId) => shardOf(shardId).sampler.see,
    keep: (event) => {
      const id = event?.shardId ?? event?.Records?.[0]?.eventID?.split(':', 1)[0];
      if (id === undefined) return null;
      const shard = shardOf(id);
      shard.seenAt = now();
      if (shard.isBusy || shard.seenAt < shard.due) return null;
      shard.isBusy = true;
      return write(id, shard)
        .catch((error) => {
          shard.due = now() + EVERY_MS;
          log('warn', 'heat was not kept', { stream, shardId: id, ...errorDetails(error) });
          emitMetrics({ Application: application }, { HeatFailures: 1 });
        })
        .finally(() => {
          shard.isBusy = false;
        });
    },
  };
}

/** A heat of a clock that was far ahead is none: it would not decay for long. */
function storedOf(item: Attributes | null, key: ItemKey, at: number): Stored {
  const heat = storedHeat(item, key);
  const isUsable = heat !== null && heat.at <= at + EVERY_MS;
  return { heat: isUsable ? heat : null, isUnchanged: unchanged(item) };
}

/** When an item may be written: some time after it was, whoever did it. */
function dueAfter({ heat }: Stored, at: number): number {
  return heat === null ? at : heat.at + EVERY_MS;
}

/**
 * An explicit hash key reaches no consumer, unless inside an aggregate. A record whose partition key
 * lies in another shard was put with one: all that is known is that it lies in this shard.
 */
function placed(samples: readonly HeatSample[], { start, end }: HashKeyRange): HeatSample[] {
  const outside = samples.filter(({ hashKey }) => hashKey < start || hashKey > end).length;
  if (outside === 0) return [...samples];
  let next = 0n;
  return samples.map((sample) => {
    const isInside = sample.hashKey >= start && sample.hashKey <= end;
    if (isInside) return sample;
    return { ...sample, hashKey: start + ((end - start) * next++) / BigInt(outside) };
  });
}
