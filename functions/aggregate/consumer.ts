import type { KinesisStreamBatchResponse } from 'aws-lambda';
import type { FaultStore } from '../../shared/consume/faults.ts';
import { batchResponse } from '../../shared/consume/response.ts';
import type { ShardRanges } from '../../shared/consume/shard-ranges.ts';
import { errorDetails, log } from '../../shared/observe/log.ts';
import type { KinesisBatch } from '../../shared/records/event.ts';
import { createLane } from '../../shared/results/lane.ts';
import { createFolder, type Folded, type Folder } from '../../shared/sql/engine/fold.ts';
import { createApplyIn } from './apply.ts';
import type { Batch, Context } from './context.ts';
import { createFaultCollector } from './fault-collector.ts';
import type { HeatKeeper } from './heat/keeper.ts';
import {
  type Counts,
  createIntake,
  type Input,
  mayHoldAggregates,
  type OnFault,
  openInput,
} from './intake.ts';
import type { Generation } from './live-generation.ts';
import { createMembers } from './members.ts';
import { report } from './report.ts';

export interface Services {
  readonly faults: FaultStore;
  /** null: user records are not filtered by their shard's hash range. */
  readonly ranges: ShardRanges | null;
  /** Where the batch's rows belong. Asked once for every batch; rejects when it cannot be told. */
  readonly generation: Generation;
  /** Without one, nobody keeps the stream's heat here. */
  readonly heat?: HeatKeeper | null;
}

/**
 * The consumer of one application: a batch in, its results in the tables, the partial batch
 * response out. It may see any record again, in any batch (design section 4): what is in stays in,
 * once. Data never fails a batch; a failed write makes Lambda deliver again from the first record
 * that some item still lacks.
 */
export function createConsumer(context: Context, { faults, ranges, generation, heat }: Services) {
  const { application, graph } = context;
  const keep = new Set(Object.keys(application.outputs));
  const { latenessMs, skewMs } = application;
  const folder = createFolder(graph, { latenessMs, skewMs, keep });
  const intake = createIntake(application, heat?.see);
  const applyIn = createApplyIn(context);

  return async (event: KinesisBatch): Promise<KinesisStreamBatchResponse> => {
    const started = performance.now();
    const input = openInput(event);
    if (input.length === 0) return batchResponse(null);
    const filtered = ranges !== null && mayHoldAggregates(input);
    const [range, salt] = await Promise.all([
      filtered ? ranges(input.shardId) : null,
      generation(),
    ]);
    if (salt === null) return batchResponse(input.sequenceNumbers[0]!);
    const collector = createFaultCollector(application, input, faults);
    const fold = (from: number, to: number, into: Folder, onFault: OnFault): Counts => {
      try {
        return intake(input, from, to, into, range, onFault);
      } catch (error) {
        // What was folded so far must not be found by the next batch.
        folder.finish();
        throw error;
      }
    };
    const counts = fold(0, input.length, folder, collector.record);
    const folded = folder.finish();
    collector.rejections(folded.rejections);

    const ignore = (): void => {};
    const batch: Batch = {
      lane: createLane(input.shardId, input.sequenceNumbers),
      refold: remember((from, to) => {
        fold(from, to, folder, ignore);
        return folder.finish();
      }, input.length),
      refolds: [],
      membersOf: createMembers(folder, (record, into) => fold(record, record + 1, into, ignore)),
      setAside: collector.lack,
      outcome: { failures: [], rowErrors: 0 },
    };
    const identity = (record: number) => `${input.shardId}:${input.sequenceNumbers[record]}`;
    await applyIn(salt)(folded, batch, identity);
    await collector.setAside(batch.outcome);
    const { rowErrors, failures } = batch.outcome;
    report(context, {
      ...{ input, counts, folded: [folded], started },
      ...{ faults: collector.count(), rowErrors, failedWrites: failures.length },
    });
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

/** One fold per place: groups that were written together have their fences in one place. */
function remember(fold: (from: number, to: number) => Folded, end: number): Batch['refold'] {
  const known = new Map<string, Folded>();
  return (from, to = end) => {
    const id = `${from}-${to}`;
    const folded = known.get(id) ?? fold(from, to);
    known.set(id, folded);
    return folded;
  };
}
