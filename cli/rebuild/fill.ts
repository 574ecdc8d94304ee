import { deliver } from '../../local/mapping/deliver.ts';
import { type Mapping, startMapping } from '../../local/mapping/mapping.ts';
import type {
  Clock,
  Invoke,
  MappingPorts,
  MappingReport,
  MappingSettings,
  StreamRecord,
  StreamSource,
} from '../../local/mapping/types.ts';
import type { ShardFill } from './record.ts';
import { watchSource } from './watched-source.ts';

export interface FillPorts {
  readonly source: StreamSource;
  /** The application's consumer, bound to the generation that is filled. */
  readonly consume: Invoke;
  readonly clock: Clock;
  /** Least time between two reads of a shard, milliseconds. */
  readonly paceMs: number;
  /** Hears of whatever changes the figures. */
  readonly onProgress: () => void;
}

/** Fills a generation from a stream, and follows it until `stop`. */
export interface Fill {
  readonly shards: () => ReadonlyMap<string, ShardFill>;
  /** Whatever arrived before this time is applied, on every shard that is read; null: not known yet. */
  readonly upTo: () => number | null;
  /** How far each shard that is read goes on behind what is applied, milliseconds. */
  readonly behind: () => ReadonlyMap<string, number>;
  /**
   * Resolves when whatever arrived before `time` (by the clock) is applied, on every shard. Rejects
   * with Stuck where it cannot go on, and with the signal's reason when that is aborted.
   */
  readonly reach: (time: number, signal: AbortSignal) => Promise<void>;
  /** Waits for the batches under way. */
  readonly stop: () => Promise<void>;
}

/** Reads or writes failed many times in a row. */
export class Stuck extends Error {
  override readonly name = 'Stuck';
}

/** Failures in a row, over all shards, after which a person should look: about a minute. */
const STUCK_AFTER = 25;
const POLL_MS = 100;

/**
 * The event source mapping of `npm start` around the consumer: parents before children, one batch
 * of a shard at a time, again from the first record that failed. `from`: how far an earlier fill came.
 */
export function startFill(ports: FillPorts, from: ReadonlyMap<string, ShardFill>): Fill {
  const { clock, onProgress } = ports;
  const shards = new Map(from);
  const source = watchSource(ports);
  let failures = 0;
  let problem = '';

  const mapping: Mapping = startMapping(
    { ...mappingPorts(ports), source, report: hear },
    new Map(
      // Behind an archive the stream is read from its start: what both hold, the fences skip.
      [...from].flatMap(([shardId, { sequenceNumber, isOfStream }]) =>
        isOfStream ? [[shardId, sequenceNumber] as const] : [],
      ),
    ),
  );
  // A defect of the mapping shows in `reach`.
  let defect: unknown = null;
  mapping.finished.catch((error: unknown) => {
    defect = error ?? new Error('the mapping ended');
  });

  function hear(event: MappingReport): void {
    if (event.kind === 'checkpoint') {
      const { shardId, sequenceNumber, records, arrival } = event;
      source.applied(shardId, sequenceNumber);
      const before = shards.get(shardId);
      const first = Math.min(before?.first ?? source.firstArrival(shardId), arrival);
      shards.set(shardId, {
        sequenceNumber: later(before?.sequenceNumber, sequenceNumber),
        records: (before?.records ?? 0) + records,
        first,
        last: Math.max(before?.last ?? 0, arrival),
        isOfStream: true,
      });
    }
    if (event.kind === 'readFailed') failed(event.error.message);
    if (event.kind === 'invoked') {
      if (event.outcome === 'success') failures = 0;
      else failed(event.reason ?? 'writes failed');
    }
    onProgress();
  }

  function failed(reason: string): void {
    failures++;
    problem = reason;
  }

  const isReached = (time: number): boolean =>
    source.listedAt() >= time &&
    source.listed().every((shardId) => mapping.ended.has(shardId) || source.tipAt(shardId) >= time);

  return {
    shards: () => new Map(shards),
    upTo: () => {
      const open = source.listed().filter((shardId) => !mapping.ended.has(shardId));
      const known = open.flatMap((shardId) => source.upTo(shardId) ?? []);
      return known.length === 0 ? null : Math.min(...known);
    },
    behind: () =>
      new Map(
        source.listed().flatMap((shardId) => {
          const upTo = mapping.ended.has(shardId) ? null : source.upTo(shardId);
          return upTo === null ? [] : [[shardId, Math.max(0, clock.now() - upTo)] as const];
        }),
      ),
    reach: async (time, signal) => {
      while (!isReached(time)) {
        signal.throwIfAborted();
        if (defect !== null) throw defect;
        if (failures >= STUCK_AFTER) throw new Stuck(problem);
        await clock.sleep(POLL_MS, signal);
      }
    },
    stop: () => mapping.stop(),
  };
}

/**
 * Applies records that come from elsewhere, of one shard and in order, before its stream is read.
 * Rejects with the signal's reason when that is aborted.
 */
export async function fillRecords(
  ports: Pick<FillPorts, 'source' | 'consume' | 'clock'>,
  shardId: string,
  records: readonly StreamRecord[],
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  const giveUp = new AbortController();
  const report = (event: MappingReport): void => {
    if (event.kind !== 'invoked') return;
    failures = event.outcome === 'success' ? 0 : failures + 1;
    if (failures >= STUCK_AFTER) giveUp.abort(new Stuck(event.reason ?? 'writes failed'));
  };
  const both = AbortSignal.any([signal, giveUp.signal]);
  const delivery = { shardId, records, window: null, signal: both, done: () => {} };
  await deliver({ ...mappingPorts(ports), report }, delivery);
  both.throwIfAborted();
}

function mappingPorts({
  source,
  consume,
  clock,
}: Pick<FillPorts, 'source' | 'consume' | 'clock'>): MappingPorts {
  return { source, invoke: consume, clock, settings: SETTINGS };
}

/** Nothing is dropped, as in the deployed mapping. The names are of no stream: nobody reads them. */
const SETTINGS: MappingSettings = {
  streamArn: '',
  functionArn: '',
  roleArn: '',
  region: '',
  batchSize: 1_000,
  batchWindowMs: 0,
  startingPosition: { at: 'TRIM_HORIZON' },
  reportBatchItemFailures: true,
  bisectBatchOnFunctionError: false,
  maximumRetryAttempts: -1,
  maximumRecordAgeMs: -1,
  tumblingWindowMs: 0,
  finalWithRecords: false,
  pollMs: 500,
  discoverMs: 2_000,
  backoffMs: 200,
  backoffMaxMs: 3_000,
};

function later(a: string | undefined, b: string): string {
  return a !== undefined && BigInt(a) > BigInt(b) ? a : b;
}
