import { startMapping } from '../mapping/mapping.ts';
import type { Clock, MappingEvent, StreamSource } from '../mapping/types.ts';
import { createBatches } from './batches.ts';
import { createCheckpoints } from './checkpoints.ts';
import { everyTick } from './every-tick.ts';
import { failureLine } from './failure.ts';
import { createObjects, type Piece, type Route } from './objects.ts';
import { prefixUnknown } from './prefix.ts';
import { createRoutes } from './routes.ts';
import { sourceRecords } from './source-records.ts';
import type {
  DeliveryCounts,
  DeliverySettings,
  Failure,
  Hints,
  ObjectStore,
  SourceRecord,
  Transform,
  Transformed,
} from './types.ts';
import { watchSource } from './watched-source.ts';

export interface DeliveryPorts {
  readonly source: StreamSource;
  readonly clock: Clock;
  readonly settings: DeliverySettings;
  /** null: records are delivered as they came, each with a line break behind it. */
  readonly transform: Transform | null;
  /** Of the transform function. */
  readonly lambdaArn: string | null;
  readonly store: ObjectStore;
  readonly backup: ObjectStore | null;
  /** The checkpoints to go on from. Default: from the beginning of the stream. */
  readonly from?: ReadonlyMap<string, string>;
  /** Hears when the checkpoints of shards have moved. */
  readonly advanced?: (shardIds: readonly string[], all: ReadonlyMap<string, string>) => void;
  /** Hears what does not work and is tried again. */
  readonly failed?: (reason: string) => void;
}

export interface Delivery {
  readonly checkpoints: ReadonlyMap<string, string>;
  counts(): DeliveryCounts;
  /** All that is in the stream has been read, and nothing is on its way. */
  settled(): boolean;
  /** From now on no buffer is waited for. */
  hurry(): void;
  /** Reads no more, and writes what is on its way. Rejects when that cannot be written. */
  stop(): Promise<void>;
}

const HURRY_MS = 200;
/** https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
const MOST_PARTITIONS = 500;
const MEMORY_BYTES = 128 * 1024 * 1024;
const LINE_BREAK = Buffer.from('\n');

/**
 * A Firehose delivery from a stream into a folder. It delivers at least once: a record is done with
 * when its object, its line of failure and its backup are written, and the checkpoint of a shard
 * stands before the first that is not. Starts at once. Throws Error where a prefix holds what is not
 * filled in here.
 */
export function startDelivery(ports: DeliveryPorts): Delivery {
  const { clock, settings, transform, failed } = ports;
  refuseUnknown(settings);
  const { mostPartitions = MOST_PARTITIONS, memoryBytes = MEMORY_BYTES } = settings;
  const source = watchSource(ports.source);
  const checkpoints = createCheckpoints(ports.from ?? new Map());
  const routes = createRoutes(settings, ports.store, ports.backup);
  const counts = { records: 0, objects: 0, bytes: 0, dropped: 0, failed: 0 };
  let newest: string | null = null;
  const stopping = new AbortController();
  let hurried = false;
  const objects = createObjects({
    ...{ name: settings.name, clock, memoryBytes, signal: stopping.signal, written },
    hints: () => hints(settings.objects),
    failed: report,
  });
  const batches =
    transform === null
      ? null
      : createBatches({
          transform,
          mostBytes: settings.batches.bytes,
          now: () => clock.now(),
          transformed: deliverAll,
        });

  const mapping = startMapping(
    { source, invoke: take, clock, settings: readingOf(settings), report: reportReading },
    ports.from,
  );
  const { signal } = stopping;
  // A transform that takes long keeps no object from being written.
  const ticking = [transformDue, writeDue].map((work) => everyTick(clock, signal, work, report));
  // They are heard by `stop`.
  for (const one of ticking) one.catch(() => {});

  return {
    checkpoints: checkpoints.last,
    counts: () => ({ ...counts, newest }),
    settled: () => checkpoints.open === 0 && source.isReadOut(),
    hurry() {
      hurried = true;
    },
    stop,
  };

  /** Takes what was read of a shard; resolves when there is room for more. */
  async function take(event: MappingEvent): Promise<void> {
    const records = sourceRecords(event, checkpoints, routes.backup === null ? 1 : 2);
    for (const record of records) {
      if (routes.backup !== null) await objects.add(routes.backup, record);
      if (batches !== null) await batches.add(record);
      else await deliver(record, asItCame(record));
    }
  }

  async function deliverAll(
    records: readonly SourceRecord[],
    results: readonly Transformed[],
  ): Promise<void> {
    // The transformer may have put records back.
    source.touch();
    for (const [index, record] of records.entries()) await deliver(record, results[index]!);
  }

  async function deliver(record: SourceRecord, transformed: Transformed): Promise<void> {
    if (transformed.result === 'Dropped') {
      counts.dropped += 1;
      return record.done();
    }
    if (transformed.result === 'Failed') return fail(record, transformed.failure);
    const route = routes.data(record, transformed);
    if (!('store' in route)) return fail(record, route);
    const isNew = settings.partitionKeys.length > 0 && !objects.has(route.key);
    if (isNew && objects.partitions >= mostPartitions) return fail(record, tooManyPartitions());
    const { arrival, done } = record;
    await objects.add(route, { data: transformed.data, arrival, done });
  }

  async function fail(record: SourceRecord, failure: Failure): Promise<void> {
    const { arrival, done } = record;
    const data = failureLine(record, failure, clock.now(), ports.lambdaArn);
    const piece: Piece = { data, arrival, done };
    await objects.add(routes.errors(failure.type), piece);
  }

  function written({ kind }: Route, key: string, pieces: number, bytes: number): void {
    if (kind === 'errors') counts.failed += pieces;
    if (kind !== 'data') return;
    counts.records += pieces;
    counts.objects += 1;
    counts.bytes += bytes;
    newest = key;
  }

  async function transformDue(): Promise<void> {
    await batches?.transformDue(clock.now() - hints(settings.batches).ms);
  }

  async function writeDue(): Promise<void> {
    await objects.writeDue();
    advance();
  }

  function advance(): void {
    const moved = checkpoints.advance();
    if (moved.length > 0) ports.advanced?.(moved, checkpoints.last);
  }

  function hints({ bytes, ms }: Hints): Hints {
    return { bytes, ms: hurried ? Math.min(ms, HURRY_MS) : ms };
  }

  async function stop(): Promise<void> {
    const reading = mapping.stop();
    stopping.abort();
    const steps = [
      () => reading,
      ...ticking.map((one) => () => one),
      () => batches?.transform(),
      () => batches?.ended(),
      () => objects.writeAll(),
    ];
    const failures: unknown[] = [];
    for (const step of steps) {
      // One that fails does not keep the others from being written.
      await Promise.resolve(step()).catch((error: unknown) => failures.push(error));
    }
    advance();
    if (failures.length > 0) throw failures[0];
  }

  function report(error: Error): void {
    failed?.(`what was delivered cannot be written: ${error.message}`);
  }

  function reportReading(event: { readonly kind: string; readonly error?: Error }): void {
    if (event.kind === 'readFailed') failed?.(`the stream cannot be read: ${event.error!.message}`);
  }
}

function asItCame({ data }: SourceRecord): Transformed {
  return { result: 'Ok', data: Buffer.concat([data, LINE_BREAK]), keys: {} };
}

/** What the reader of the stream needs of a mapping; what it hands over is checkpointed here. */
function readingOf({ streamArn, region }: DeliverySettings) {
  return {
    ...{ streamArn, region, functionArn: '', roleArn: '' },
    ...{ batchSize: 10_000, batchWindowMs: 0, startingPosition: { at: 'TRIM_HORIZON' } as const },
    ...{ reportBatchItemFailures: false, bisectBatchOnFunctionError: false },
    ...{ maximumRetryAttempts: -1, maximumRecordAgeMs: -1 },
    ...{ tumblingWindowMs: 0, finalWithRecords: false },
    ...{ pollMs: 250, discoverMs: 5_000, backoffMs: 200, backoffMaxMs: 3_000 },
  };
}

function refuseUnknown({ prefix, errorPrefix, backupPrefix }: DeliverySettings): void {
  const unknown = [prefix, errorPrefix, backupPrefix ?? ''].flatMap(prefixUnknown);
  if (unknown.length === 0) return;
  throw new Error(`${unknown.join(', ')} in a prefix is for AWS; one machine does not fill it in`);
}

function tooManyPartitions(): Failure {
  return {
    type: 'activePartitionExceeded',
    attemptsMade: 1,
    errorCode: 'DynamicPartitioning.ActivePartitionsLimitExceeded',
    errorMessage: 'There are more active partitions than a delivery stream may have.',
  };
}
