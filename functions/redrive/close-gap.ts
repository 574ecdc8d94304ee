import type { FaultStore } from '../../shared/consume/faults.ts';
import type { GivenUp } from '../../shared/consume/on-failure.ts';
import type { ShardRanges } from '../../shared/consume/shard-ranges.ts';
import type { KinesisRecord } from '../../shared/records/event.ts';
import { type Epoch, isFrom, readEpochs } from '../../shared/results/epoch.ts';
import { fenceOf } from '../../shared/results/fence.ts';
import { createGapLane } from '../../shared/results/gap-lane.ts';
import { createFolder, type Folded, type Folder } from '../../shared/sql/engine/fold.ts';
import { createApply } from '../aggregate/apply.ts';
import { foldSettings } from '../aggregate/consumer.ts';
import type { Batch, BatchOutcome, Context } from '../aggregate/context.ts';
import { createFaultCollector } from '../aggregate/fault-collector.ts';
import { createIntake, mayHoldAggregates, type OnFault, openInput } from '../aggregate/intake.ts';
import { createMembers } from '../aggregate/members.ts';
import { epochsKey, refuserOf } from '../aggregate/rules.ts';
import { createSelector } from '../aggregate/select.ts';
import { dryStore } from './dry-store.ts';
import { countRows, type ResultRefusal, reasonOf } from './redrive-batch.ts';
import { unexpiredOnly } from './unexpired.ts';

/** Why a gap, or a part of it, stays open. */
export type GapOpen =
  | ResultRefusal
  /** The program that read it has been replaced since. */
  | 'OTHER_PROGRAM'
  /** Results that cannot tell whether they hold their part. */
  | 'UNCERTAIN'
  /** A write failed; to be tried again. */
  | 'FAILED';

export interface Closed {
  /** What is not closed, with words for people; nothing: all is in the tables. */
  readonly open: ReadonlyMap<GapOpen, string>;
  /** Rows of the gap, by pump; those that were there already count too. */
  readonly rows: ReadonlyMap<string, number>;
  /** Records that the program cannot take: they are set aside as ever. */
  readonly faults: number;
}

export interface GapServices {
  readonly faults: FaultStore;
  /** As for the consumer. */
  readonly ranges: ShardRanges | null;
  readonly now: () => number;
}

export interface GapRun {
  /** Those that the mapping counts no invocation of have never reached the function. */
  readonly isUntried: boolean;
  /** Nothing is written; what would stay open is told all the same. */
  readonly isDry: boolean;
}

/**
 * Brings the records of a batch that was given up into the results that lack them, under the program
 * that gave it up. Any number of times, also at the same time: what is in stays in, once.
 */
export function createCloseGap(given: Context, salt: string, services: GapServices) {
  const { faults, ranges, now } = services;
  const context = { ...given, tables: { ...given.tables, salt } };
  const { application, graph, tables } = context;
  const refuser = refuserOf(context, salt);
  const isOurs = ({ version }: Epoch): boolean => version === refuser.version;
  const keyOf = epochsKey(application, tables, salt);
  const intake = createIntake(application);
  const plain = createFolder(graph, foldSettings(application));
  const tracking = createFolder(graph, { ...foldSettings(application), admits: () => true });
  const selector = createSelector(graph, foldSettings(application));

  return async (
    gap: GivenUp,
    records: readonly KinesisRecord[],
    { isUntried, isDry }: GapRun,
  ): Promise<Closed> => {
    const open = new Map<GapOpen, string>();
    const input = openInput({ Records: records });
    const { shardId, sequenceNumbers } = input;
    const epochs = readEpochs(await context.store.read(keyOf(shardId)));
    const reader = readerOf(epochs, gap.first);
    // Rows that were rebuilt begin with the oldest record that the stream held at that time.
    const isFirst = reader === null && salt === '' && epochs.every(isOurs);
    if (!isFirst && (reader === null || !isOurs(reader))) {
      return { open: open.set('OTHER_PROGRAM', OTHER_PROGRAM), rows: new Map(), faults: 0 };
    }
    const collector = createFaultCollector(application, input, faults, refuser);
    const range = ranges !== null && mayHoldAggregates(input) ? await ranges(shardId) : null;
    const ignore = (): void => {};
    const fold = (from: number, to: number, into: Folder, onFault: OnFault = ignore): void => {
      intake(input, from, to, into, range, onFault);
    };
    const again = (from: number, to: number = input.length): Folded => {
      fold(from, to, tracking);
      return tracking.finish();
    };
    fold(0, input.length, tracking, collector.record);
    const folded = tracking.finish();
    collector.rejections(folded.rejections);
    const refused = isDry ? [] : await collector.setAside();

    const outcome: BatchOutcome = { failures: [], rowErrors: 0 };
    const batch: Batch = {
      lane: createGapLane({
        ...{ shardId, sequenceNumbers, epochs, at: gap.at },
        isUntried: isUntried && gap.invokes === 0,
        isInStream: gap.payload === null,
        rebuilt: rebuiltIn(salt, epochs),
        unknown: () => {
          open.set('UNCERTAIN', UNCERTAIN);
        },
      }),
      refold: again,
      refolds: [],
      select: selector(fold),
      membersOf: createMembers(plain, (record, into) => fold(record, record + 1, into)),
      setAside: async (_node, _lack, error) => {
        open.set(reasonOf(error), REFUSED[reasonOf(error)]);
      },
      outcome,
    };
    const store = isDry ? dryStore(context.store) : context.store;
    const apply = createApply({ ...context, store: unexpiredOnly(store, now, () => null) });
    await apply(folded, batch, (record) => `${shardId}:${sequenceNumbers[record]}`);
    if (outcome.failures.length + refused.length > 0) open.set('FAILED', FAILED);
    return { open, rows: countRows(folded), faults: collector.count() };
  };
}

/** The last who came by a record; null: nobody did. */
function readerOf(epochs: readonly Epoch[], sequenceNumber: string): Epoch | null {
  const position = fenceOf(sequenceNumber);
  return epochs.findLast((epoch) => isFrom(epoch, position)) ?? null;
}

/** A generation is filled by one rebuild, alone, until the function goes on with it. */
function rebuiltIn(salt: string, epochs: readonly Epoch[]): Epoch | null {
  return salt === '' ? null : (epochs.find(({ number }) => number === 1) ?? null);
}

const REBUILD = '`npx sluice rebuild APPLICATION` reads the stream again';
const OTHER_PROGRAM = `the program of now has not come by it: ${REBUILD}`;
const UNCERTAIN = `results were taken past it by later batches and cannot tell what of it they hold: ${REBUILD}`;
const FAILED = 'a write failed: try again';
const REFUSED: Readonly<Record<ResultRefusal, string>> = {
  EXPIRED: "the result's time is over",
  TOO_LARGE: 'a result is as large as DynamoDB takes it: change the program and rebuild',
  TOO_MANY: `a result has taken as much by redrives as it can: ${REBUILD}`,
  ROW_ERROR: `a row's expression failed: mend the program, then ${REBUILD}`,
};
