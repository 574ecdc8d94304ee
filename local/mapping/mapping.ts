import { type Checkpointed, runShard } from './shard.ts';
import type { MappingPorts, OpenWindow, Position, StreamShard } from './types.ts';

export interface Mapping {
  /** Last sequence number per shard that is done; absent where nothing is yet. */
  readonly checkpoints: ReadonlyMap<string, string>;
  /** The tumbling window that is open behind the checkpoint, per shard. */
  readonly windows: ReadonlyMap<string, OpenWindow>;
  /** Shards read to their end. */
  readonly ended: ReadonlySet<string>;
  /** Waits for the invokes under way, starts no more. What is not checkpointed is left. */
  stop(): Promise<void>;
  /** Settles when the mapping has stopped; rejects only on a defect. */
  readonly finished: Promise<void>;
}

/**
 * An event source mapping of one stream and one function with AWS's semantics: one batch per shard
 * at a time, parents before children, shards of a reshard found on the way.
 * Starts at once and runs until `stop`. `from` and `opened` are what an earlier mapping came to.
 */
export function startMapping(
  ports: MappingPorts,
  from: ReadonlyMap<string, string> = new Map(),
  opened: ReadonlyMap<string, OpenWindow> = new Map(),
): Mapping {
  const { source, clock, settings, report } = ports;
  const abort = new AbortController();
  const checkpoints = new Map(from);
  const windows = new Map(opened);
  const ended = new Set<string>();
  const starts = new Map<string, Position>();
  const running = new Map<string, Promise<void>>();
  let lookAgain = new AbortController();
  let knowsStream = from.size > 0;

  const finished = run();
  return { checkpoints, windows, ended, finished, stop };

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      lookAgain = new AbortController();
      try {
        startReady(await source.listShards());
      } catch (error) {
        report?.({ kind: 'readFailed', shardId: null, error: toError(error) });
      }
      const signal = AbortSignal.any([abort.signal, lookAgain.signal]);
      await clock.sleep(settings.discoverMs, signal);
    }
    await Promise.all(running.values());
  }

  function startReady(shards: readonly StreamShard[]): void {
    for (const { shardId } of shards) {
      if (!starts.has(shardId)) starts.set(shardId, positionOf(shardId));
    }
    knowsStream = true;
    const listed = new Set(shards.map(({ shardId }) => shardId));
    for (const { shardId, parents } of shards) {
      if (running.has(shardId) || abort.signal.aborted) continue;
      if (parents.some((parent) => listed.has(parent) && !ended.has(parent))) continue;
      report?.({ kind: 'shardStarted', shardId });
      running.set(shardId, runToEnd(shardId));
    }
  }

  /** StartingPosition is for the shards of the first look; later ones are read from their start. */
  function positionOf(shardId: string): Position {
    const sequenceNumber = checkpoints.get(shardId);
    if (sequenceNumber !== undefined) return { at: 'AFTER', sequenceNumber };
    return knowsStream ? { at: 'TRIM_HORIZON' } : settings.startingPosition;
  }

  async function runToEnd(shardId: string): Promise<void> {
    try {
      const start = starts.get(shardId)!;
      const window = windows.get(shardId) ?? null;
      const hear: Checkpointed = (records, open) => checkpoint(shardId, records, open);
      const outcome = await runShard(ports, shardId, start, window, abort.signal, hear);
      if (outcome === 'stopped') return;
      ended.add(shardId);
      lookAgain.abort();
    } catch (error) {
      abort.abort();
      throw error;
    }
  }

  function checkpoint(shardId: string, ...[records, open]: Parameters<Checkpointed>): void {
    const wasOpen = windows.has(shardId);
    if (open === null) windows.delete(shardId);
    else windows.set(shardId, open);
    const last = records[records.length - 1];
    if (last !== undefined) {
      const { sequenceNumber, arrival } = last;
      checkpoints.set(shardId, sequenceNumber);
      report?.({ kind: 'checkpoint', shardId, sequenceNumber, records: records.length, arrival });
    }
    if (open === null && (wasOpen || settings.tumblingWindowMs > 0)) {
      report?.({ kind: 'windowClosed', shardId });
    }
  }

  async function stop(): Promise<void> {
    abort.abort();
    await finished;
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
