import { createConsumer } from '../../functions/aggregate/consumer.ts';
import type { StreamRecord } from '../../local/mapping/types.ts';
import { realClock } from '../../local/real-clock.ts';
import { kinesisSource } from '../../local/source.ts';
import { openFaultStore } from '../../shared/consume/fault-stores.ts';
import { createShardRanges, type ShardRanges } from '../../shared/consume/shard-ranges.ts';
import { sendLinesTo } from '../../shared/observe/sink.ts';
import type { KinesisBatch } from '../../shared/records/event.ts';
import { CommandError } from '../errors.ts';
import type { Progress } from '../io.ts';
import { type Archive, archivedRecords } from './archive.ts';
import { type FillPorts, fillRecords } from './fill.ts';
import type { RebuildRecord, ShardFill } from './record.ts';
import type { Target } from './target.ts';

const DAY = 86_400_000;

/** The application's consumer in this process, writing the generation that is filled. */
export interface Filler {
  readonly ports: FillPorts;
  /** What the consumer has told of itself. */
  readonly counts: Readonly<Record<'Faults' | 'Late', number>>;
  /** Why it last failed. */
  readonly problem: () => string | null;
}

export function openFiller(
  target: Target,
  { salt, begun, archive: reads }: RebuildRecord,
  archive: Archive | null,
  faults: string | undefined,
  timing: { readonly paceMs: number; readonly onProgress: () => void },
): Filler {
  const { context, stream } = target;
  const { application } = context;
  const faultsRoot = faults ?? target.faults;
  if (faultsRoot === null) {
    throw new CommandError(
      `the function of ${application.name} has not run yet, so where faults go is not known`,
      'say it: --faults s3://BUCKET (the output FaultsBucketName of the stack)',
    );
  }
  const counts = { Faults: 0, Late: 0 };
  let problem: string | null = null;
  sendLinesTo((text) => {
    const line = JSON.parse(text) as Record<string, unknown>;
    counts.Faults += Number(line.Faults ?? 0);
    counts.Late += Number(line.Late ?? 0);
    if (line.level === 'error') problem = `${line.reason ?? line.message}`;
  });
  // Rows of an archive may be past their time: none may go while others of its window still come.
  const { latenessMs } = application;
  const keepUntil = Math.ceil((begun + (latenessMs ?? 0) + stream.retentionMs + 3 * DAY) / 1_000);
  const tables = reads === 'none' ? context.tables : { ...context.tables, keepUntil };
  const consume = createConsumer(
    { ...context, tables },
    {
      faults: openFaultStore(faultsRoot),
      ranges: application.stream.producer === 'kpl' ? rangesOf(stream.name, archive) : null,
      generation: async () => salt,
    },
  );
  return {
    counts,
    problem: () => problem,
    ports: {
      source: kinesisSource(target.kinesis, stream.name),
      consume: (event) => consume(event as KinesisBatch),
      clock: realClock,
      ...timing,
    },
  };
}

/** Of shards that the stream lists, or that the archive has kept the ranges of. */
function rangesOf(stream: string, archive: Archive | null): ShardRanges {
  const listed = createShardRanges(stream);
  return async (shardId) => archive?.ranges.get(shardId) ?? listed(shardId);
}

/**
 * Throws CommandError where user records of an archive could not be told from those that the KPL has
 * sent again to another shard: where neither the stream nor the archive knows the shard's range.
 */
export function requireRanges({ context, stream }: Target, archive: Archive): void {
  if (context.application.stream.producer !== 'kpl') return;
  const unknown = [...archive.aggregated].filter(
    (shardId) => !archive.ranges.has(shardId) && !stream.shards.includes(shardId),
  );
  if (unknown.length === 0) return;
  throw new CommandError(
    `${archive.file} holds KPL aggregates of shards whose hash key ranges are not known: ${unknown.join(', ')}`,
    'put their lines of `aws kinesis list-shards` into it too: {"ShardId":…,"HashKeyRange":…}',
  );
}

/** Records of a shard that go into one batch, and bytes of all that wait for theirs. */
const BATCH = 500;
const WAITING_BYTES = 32 * 1024 * 1024;

/** Fills from an archive; `hear` is told how far each shard has come. Rejects as fillRecords does. */
export async function fillArchive(
  { ports }: Filler,
  { file }: Archive,
  from: ReadonlyMap<string, ShardFill>,
  hear: (shardId: string, shard: ShardFill) => void,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const shards = new Map(from);
  const waiting = new Map<string, StreamRecord[]>();
  let bytes = 0;
  const flush = async (shardId: string, records: readonly StreamRecord[]): Promise<void> => {
    waiting.delete(shardId);
    bytes -= records.reduce((sum, { data }) => sum + data.length, 0);
    await fillRecords(ports, shardId, records, signal);
    const before = shards.get(shardId);
    const last = records.at(-1)!;
    const shard = {
      sequenceNumber: last.sequenceNumber,
      records: (before?.records ?? 0) + records.length,
      first: before?.first ?? records[0]!.arrival,
      last: last.arrival,
      isOfStream: false,
    };
    shards.set(shardId, shard);
    hear(shardId, shard);
  };
  for await (const { shardId, ...record } of archivedRecords(file, progress)) {
    const done = shards.get(shardId)?.sequenceNumber;
    const records = waiting.get(shardId) ?? [];
    const before = records.at(-1)?.sequenceNumber ?? done;
    // A record may stand in several fault objects.
    if (before !== undefined && BigInt(record.sequenceNumber) <= BigInt(before)) continue;
    waiting.set(shardId, records);
    records.push(record);
    bytes += record.data.length;
    if (records.length >= BATCH) await flush(shardId, records);
    if (bytes >= WAITING_BYTES) for (const one of [...waiting]) await flush(...one);
  }
  for (const one of [...waiting]) await flush(...one);
}
