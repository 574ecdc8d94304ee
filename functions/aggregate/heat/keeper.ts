import type { StreamEvent } from '../../../shared/consume/consume.ts';
import type { ShardRanges } from '../../../shared/consume/shard-ranges.ts';
import type { HashKeyRange } from '../../../shared/kpl/hash-key.ts';
import { errorDetails, log } from '../../../shared/observe/log.ts';
import { emitMetrics } from '../../../shared/observe/metrics.ts';
import type { VisitedRecord } from '../../../shared/records/event.ts';
import { heatItem, heatKey, storedHeat } from '../../../shared/resharding/heats.ts';
import type { Store } from '../../../shared/results/store.ts';
import { addToHeat, emptyHeat, type HeatSample } from '../../../shared/scaling/heat.ts';
import { createSampler, type Sampler } from './sampler.ts';

/** Heat forgets half in five minutes, and a scaler reads it once a minute: more often tells it no more. */
export const EVERY_MS = 20_000;

export interface HeatKeeper {
  readonly see: (visited: VisitedRecord) => void;
  /**
   * Writes what was seen of the event's shard into its heat, if it was not written lately. Never rejects:
   * what fails is logged and counted, and its samples are lost. Samples that come while it waits for
   * its read are in.
   */
  readonly keep: (event: StreamEvent) => Promise<void>;
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
  /** When it may be written again, and whether it is being written. */
  due: number;
  isBusy: boolean;
  seenAt: number;
}

/**
 * Keeps the heat of the shards that this process reads: an item for each shard, read, added to and
 * written back. A shard has one reader at a time, so nobody else writes it meanwhile; if someone
 * did, some samples would be lost and nothing else.
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
    const shard = { sampler: createSampler(), due: 0, isBusy: false, seenAt: at };
    shards.set(id, shard);
    return shard;
  };

  const write = async (id: string, shard: Shard): Promise<void> => {
    const key = heatKey(stateTable, stream, id);
    const [item, range] = await Promise.all([store.read(key), ranges(id)]);
    const at = now();
    const known = storedHeat(item, key);
    // Of a clock that was far ahead: it would not decay for long.
    const before = known === null || known.at > at + EVERY_MS ? emptyHeat(at) : known;
    if (before === known && at - before.at < EVERY_MS) {
      // Another process has read the shard just now.
      shard.due = before.at + EVERY_MS;
      return;
    }
    const samples = placed(shard.sampler.takeOut(), range);
    // None yet, where the batch itself still waits: the next one has them.
    if (samples.length === 0) return;
    shard.due = at + EVERY_MS;
    await store.put(key, heatItem(addToHeat(before, samples, at)));
  };

  /** Of the batch that is read: a look-up for every record would cost more than the sampling. */
  let current: { readonly id: string; readonly see: Sampler['see'] } | null = null;

  return {
    see: (visited) => {
      if (current?.id !== visited.shardId) {
        current = { id: visited.shardId, see: shardOf(visited.shardId).sampler.see };
      }
      current.see(visited);
    },
    keep: async (event) => {
      const id = event?.shardId ?? event?.Records?.[0]?.eventID?.split(':', 1)[0];
      if (id === undefined) return;
      const shard = shardOf(id);
      shard.seenAt = now();
      if (shard.isBusy || shard.seenAt < shard.due) return;
      shard.isBusy = true;
      try {
        await write(id, shard);
      } catch (error) {
        shard.due = now() + EVERY_MS;
        log('warn', 'heat was not kept', { stream, shardId: id, ...errorDetails(error) });
        emitMetrics({ Application: application }, { HeatFailures: 1 });
      } finally {
        shard.isBusy = false;
      }
    },
  };
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
