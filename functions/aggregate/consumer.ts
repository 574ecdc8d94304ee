import type { KinesisStreamBatchResponse } from 'aws-lambda';
import type { Application } from '../../shared/config/application.ts';
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
import { beginReading, MustWait, type Reading } from './reading.ts';
import { report } from './report.ts';
import { createRulesIn, type RulesIn } from './rules.ts';
import { createSelector } from './select.ts';

export interface Services {
  readonly faults: FaultStore;
  /** null: user records are not filtered by their shard's hash range. */
  readonly ranges: ShardRanges | null;
  /** Where the batch's rows belong. Asked once for every batch; rejects when it cannot be told. */
  readonly generation: Generation;
  /** Without one, nobody keeps the stream's heat here. */
  readonly heat?: HeatKeeper | null;
  /** Who refuses, and who reads the shards; by default as the state table knows it. */
  readonly rules?: RulesIn;
}

/** Gives the settings of a fold. */
export function foldSettings({ outputs, latenessMs, skewMs }: Application) {
  return { latenessMs, skewMs, keep: new Set(Object.keys(outputs)) };
}

/** `reading` is given where an invocation that has entered an epoch reads records again. */
export type Consume = (
  event: KinesisBatch,
  reading?: Reading,
) => Promise<KinesisStreamBatchResponse>;

/**
 * The consumer of one application: a batch in, its results in the tables, the partial batch
 * response out. It may see any record again, in any batch (design section 4): what is in stays in,
 * once. Data never fails a batch; a failed write makes Lambda deliver again from the first record
 * that some item still lacks.
 */
export function createConsumer(context: Context, services: Services): Consume {
  const { faults, ranges, generation, heat, rules = createRulesIn(context) } = services;
  const { application, graph } = context;
  const folder = createFolder(graph, foldSettings(application));
  const selector = createSelector(graph, foldSettings(application));
  const intake = createIntake(application, heat?.watch);
  const applyIn = createApplyIn(context);

  const consume = async (input: Input, given?: Reading): Promise<string | null> => {
    const started = performance.now();
    const { shardId, sequenceNumbers } = input;
    const filtered = ranges !== null && mayHoldAggregates(input);
    const [range, salt] = await Promise.all([filtered ? ranges(shardId) : null, generation()]);
    if (salt === null) return sequenceNumbers[0]!;
    const { refuser, epochs } = rules(salt);
    const collector = createFaultCollector(application, input, faults, refuser);
    const fold = (from: number, to: number, into: Folder, onFault: OnFault): Counts => {
      try {
        return intake(input, from, to, into, range, onFault);
      } catch (error) {
        // What was folded so far must not be found by the next batch.
        into.finish();
        throw error;
      }
    };
    const ignore = (): void => {};
    const again = (from: number, to: number): Folded => {
      fold(from, to, folder, ignore);
      return folder.finish();
    };
    const counts = fold(0, input.length, folder, collector.record);
    const folded = folder.finish();
    collector.rejections(folded.rejections);

    const reading = given ?? (await beginReading(epochs, shardId, sequenceNumbers[0]!));
    const refused = await collector.setAside();
    const failures = refused.map(({ index, error }) => ({ first: index, error }));
    // No fence may pass a record that is neither done nor set aside.
    const end = failures.reduce((low, { first }) => Math.min(low, first), input.length);
    const batch: Batch = {
      lane: createLane(shardId, sequenceNumbers, reading.epoch),
      refold: remember(again, end),
      refolds: [],
      select: selector((from, to, into) => void fold(from, to, into, ignore)),
      membersOf: createMembers(folder, (record, into) => fold(record, record + 1, into, ignore)),
      setAside: collector.lack,
      outcome: { failures, rowErrors: 0 },
    };
    const due = end === input.length ? folded : again(0, end);
    await applyIn(salt)(due, batch, (record) => `${shardId}:${sequenceNumbers[record]}`);
    report(context, {
      ...{ input, counts, folded: [folded], started, faults: collector.count() },
      ...{ rowErrors: batch.outcome.rowErrors, failedWrites: batch.outcome.failures.length },
    });
    const failed = firstFailed(batch, input);
    if (failed === sequenceNumbers[0]) return failed;
    const last = sequenceNumbers.at(failed === null ? -1 : sequenceNumbers.indexOf(failed) - 1)!;
    await reading.passed({
      // What is read again is a part of a window's state; the rest of it may not be in the tables.
      done: given === undefined ? last : null,
      refused: collector.count() > 0 ? last : null,
    });
    return failed;
  };

  return async (event, reading) => {
    const input = openInput(event);
    if (input.length === 0) return batchResponse(null);
    try {
      return batchResponse(await consume(input, reading));
    } catch (error) {
      if (!(error instanceof MustWait)) throw error;
      const [sequenceNumber] = input.sequenceNumbers;
      const details = { ...errorDetails(error), shardId: input.shardId, sequenceNumber };
      log('warn', 'the batch has to wait; it is tried again', details);
      return batchResponse(sequenceNumber!);
    }
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
