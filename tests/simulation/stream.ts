import { createMemoryStream, type MemoryStream } from '../../local/mapping/memory-source.ts';
import type { StreamSource } from '../../local/mapping/types.ts';
import type { VirtualClock } from '../../local/mapping/virtual-clock.ts';
import type { ShardRanges } from '../../shared/consume/shard-ranges.ts';
import type { Fault } from './faults.ts';
import type { Model } from './model.ts';
import type { Action, Script, Shard } from './producer.ts';
import { RETENTION } from './program.ts';
import type { Random } from './random.ts';
import { Broken } from './violation.ts';

/** The stream of a world, played from its script; the model hears of every record. */
export interface Stream {
  /** All that was ever put. */
  readonly memory: MemoryStream;
  readonly shards: ReadonlyMap<string, Shard>;
  /** What a poller sees: records leave after the retention time; reads may fail. */
  readonly source: StreamSource;
  readonly ranges: ShardRanges;
  readonly play: (actions: readonly Action[]) => Promise<void>;
  /** Sequence numbers whose data does not come as base64. */
  readonly garbled: ReadonlySet<string>;
  readonly calm: (on: boolean) => void;
  /** Whether checkpoints are at the end of every shard, trimmed records aside. */
  readonly isDrained: (checkpoints: ReadonlyMap<string, string>) => boolean;
  /** Throws Broken if a parent's records are not all done before its child is delivered. */
  readonly checkOrder: (shardId: string, checkpoints: ReadonlyMap<string, string>) => void;
}

export function createStream(
  clock: VirtualClock,
  random: Random,
  faults: ReadonlySet<Fault>,
  script: Script,
  hear: Model['put'],
): Stream {
  const shards = new Map(script.shards.map((shard) => [shard.shardId, shard]));
  const memory = createMemoryStream(clock, [...shards.keys()]);
  const garbled = new Set<string>();
  let calm = false;
  const fails = (): boolean => !calm && faults.has('read-failed') && random.chance(0.1);

  const act = (action: Action): void => {
    if (action.kind === 'reshard') {
      for (const child of action.children) shards.set(child.shardId, child);
      const names = action.children.map(({ shardId }) => shardId);
      memory.reshard(action.parents, names);
      return;
    }
    const { shardId, data, partitionKey, content } = action;
    const sequenceNumber = memory.put(shardId, data, partitionKey);
    if (content.harm === 'BAD_BASE64') garbled.add(sequenceNumber);
    hear(shards.get(shardId)!, sequenceNumber, clock.now(), content);
  };
  const isDone = (shardId: string, checkpoints: ReadonlyMap<string, string>): boolean => {
    const last = memory.records(shardId).at(-1);
    if (last === undefined || last.arrival < clock.now() - RETENTION) return true;
    // With a parallelization factor a shard has several checkpoints: see parallel.ts.
    const parts = [...checkpoints].filter(([id]) => id.split('~')[0] === shardId);
    return parts.some(([, checkpoint]) => checkpoint >= last.sequenceNumber);
  };

  return {
    memory,
    shards,
    garbled,
    ranges: async (shardId) => shards.get(shardId)!.range,
    source: {
      listShards: async () => {
        if (fails()) throw new Error('LimitExceededException');
        return memory.listShards();
      },
      getRecords: async (shardId, from, limit) => {
        if (fails()) throw new Error('ProvisionedThroughputExceededException');
        const { records, ...place } = await memory.getRecords(shardId, from, limit);
        const oldest = clock.now() - RETENTION;
        return { records: records.filter(({ arrival }) => arrival >= oldest), ...place };
      },
    },
    play: async (actions) => {
      for (const action of actions) {
        await clock.sleep(action.time - clock.now());
        act(action);
      }
    },
    calm: (on) => {
      calm = on;
    },
    isDrained: (checkpoints) => [...shards.keys()].every((id) => isDone(id, checkpoints)),
    checkOrder: (shardId, checkpoints) => {
      for (const parent of shards.get(shardId)?.parents ?? []) {
        if (isDone(parent, checkpoints)) continue;
        const message = `${shardId} was delivered before all records of its parent ${parent}`;
        throw new Broken({ invariant: 'order', message });
      }
    },
  };
}
