import type { KinesisStreamBatchResponse } from 'aws-lambda';
import type { FaultStore } from '../../shared/consume/faults.ts';
import { batchResponse } from '../../shared/consume/response.ts';
import { errorDetails, log } from '../../shared/observe/log.ts';
import { emitMetrics } from '../../shared/observe/metrics.ts';
import type { KinesisBatch } from '../../shared/records/event.ts';
import { createLane } from '../../shared/results/lane.ts';
import { createFolder, type Folded, type Folder } from '../../shared/sql/engine/fold.ts';
import { createApply } from './apply.ts';
import type { Batch, Context } from './context.ts';
import { createFaultCollector } from './fault-collector.ts';
import { type Counts, createIntake, type Input, mayHoldAggregates, openInput } from './intake.ts';
import type { ShardRanges } from './shard-ranges.ts';

export interface Services {
  readonly faults: FaultStore;
  /** null: user records are not filtered by their shard's hash range. */
  readonly ranges: ShardRanges | null;
}

/**
 * The consumer of one application: a batch in, its results in the tables, the partial batch
 * response out. It may see any record again, in any batch (design section 4): what is in stays in,
 * once. Data never fails a batch; a failed write makes Lambda deliver again from the first record
 * that some item still lacks.
 */
export function createConsumer(context: Context, { faults, ranges }: Services) {
  const { application, graph } = context;
  const keep = new Set(Object.keys(application.outputs));
  const { latenessMs, skewMs } = application;
  const folder = createFolder(graph, { latenessMs, skewMs, keep });
  const intake = createIntake(application);
  const apply = createApply(context);

  return async (event: KinesisBatch): Promise<KinesisStreamBatchResponse> => {
    const started = performance.now();
    const input = openInput(event);
    if (input.length === 0) return batchResponse(null);
    const filtered = ranges !== null && mayHoldAggregates(input);
    const range = filtered ? await ranges(input.shardId) : null;
    const collector = createFaultCollector(application, input);
    const counts = intake(input, 0, input.length, folder, range, collector.record);
    const folded = folder.finish();
    collector.rejections(folded.rejections);

    const refold = remember((from) => foldAgain(from, input.length));
    const foldAgain = (from: number, to: number): Folded => {
      intake(input, from, to, folder, range, () => {});
      return folder.finish();
    };
    const batch: Batch = {
      lane: createLane(input.shardId, input.sequenceNumbers),
      refold,
      outcome: { failures: [], refused: [], rowErrors: 0 },
    };
    await apply(folded, batch, (record) => `${input.shardId}:${input.sequenceNumbers[record]}`);
    collector.refused(batch.outcome.refused, ({ node, group, first, last }) => {
      // A result behind other results is told by the first record that led to it.
      if (group === null) return [{ record: first, sub: 0 }];
      const members: { record: number; sub: number }[] = [];
      const probe: Folder = {
        take: (row, record, sub) => {
          folder.take(row, record, sub);
          const groups = folder.finish().groups.get(node.id) ?? [];
          if (groups.some(({ start, key }) => start === group.start && key === group.key)) {
            members.push({ record, sub });
          }
        },
        finish: folder.finish,
      };
      intake(input, first, last + 1, probe, range, () => {});
      return members;
    });
    await collector.setAside(faults, batch.outcome);
    report(context, input, counts, folded, batch, collector.count(), performance.now() - started);
    return batchResponse(firstFailed(batch, input));
  };
}

/** The lowest record that some write still lacks: everything from it on comes again. */
function firstFailed({ outcome }: Batch, input: Input): string | null {
  if (outcome.failures.length === 0) return null;
  const first = outcome.failures.reduce(
    (low, failure) => Math.min(low, failure.first),
    input.length,
  );
  const { error } = outcome.failures.find((failure) => failure.first === first)!;
  const sequenceNumber = input.sequenceNumbers[first]!;
  const writes = outcome.failures.length;
  log('error', 'writes failed, the batch is tried again from the first record they lack', {
    ...errorDetails(error),
    shardId: input.shardId,
    sequenceNumber,
    writes,
  });
  return sequenceNumber;
}

function report(
  { application }: Context,
  input: Input,
  counts: Counts,
  folded: Folded,
  { outcome }: Batch,
  faults: number,
  ms: number,
): void {
  const late = folded.rejections.filter(({ reason }) => reason === 'LATE').length;
  emitMetrics(
    { Application: application.name },
    {
      Records: input.length,
      UserRecords: counts.userRecords,
      Rows: counts.rows,
      OutOfRange: counts.outOfRange,
      DamagedAggregates: counts.damagedAggregates,
      Groups: [...folded.groups.values()].reduce((sum, groups) => sum + groups.length, 0),
      Faults: faults,
      Late: late,
      RowErrors: outcome.rowErrors,
      FailedWrites: outcome.failures.length,
      BatchMs: Math.round(ms * 10) / 10,
    },
  );
}

function remember<T>(make: (key: number) => T): (key: number) => T {
  const made = new Map<number, T>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}
