import type { ShardRanges } from '../../shared/consume/shard-ranges.ts';
import type { FaultReason } from '../../shared/records/types.ts';
import { readEpochs } from '../../shared/results/epoch.ts';
import { createRedriveLane } from '../../shared/results/redrive-lane.ts';
import { ResultExpired, ResultTooLarge } from '../../shared/results/store.ts';
import { createFolder, type Folded, type Folder } from '../../shared/sql/engine/fold.ts';
import type { Graph } from '../../shared/sql/engine/graph.ts';
import type { Node } from '../../shared/sql/plan.ts';
import { lastTouch } from '../aggregate/address.ts';
import { createApply } from '../aggregate/apply.ts';
import { foldSettings } from '../aggregate/consumer.ts';
import type { Batch, BatchOutcome, Context, Refusal } from '../aggregate/context.ts';
import { createIntake, type OnFault, openInput } from '../aggregate/intake.ts';
import { createMembers } from '../aggregate/members.ts';
import { epochsKey, targetsOf } from '../aggregate/rules.ts';
import { createSelector } from '../aggregate/select.ts';
import { createCoverage } from './coverage.ts';
import { type FaultyGroup, type Held, toBatch } from './faulty-group.ts';
import { unexpiredOnly } from './unexpired.ts';

/** Why a fault stays open: the reasons of faults, and those of a redrive. */
export type StillOpen =
  | FaultReason
  /** Its results belong to a program that has been changed since. */
  | 'OTHER_PROGRAM'
  /** The result's time is over. */
  | 'EXPIRED'
  /** A result has taken as much by redrives as it can. */
  | 'TOO_MANY'
  /** An item cannot tell whether it holds the record: rules have replaced each other in turns. */
  | 'UNCERTAIN'
  /** A consumer of its own has refused it, or it holds no rules to go by. */
  | 'NOT_OURS'
  /** A write failed; to be tried again. */
  | 'FAILED';

export interface Redriven {
  /** What keeps a fault open, with words for people; nothing: it is done. */
  readonly open: ReadonlyMap<Held, ReadonlyMap<StillOpen, string>>;
  /** Rows that went, or would go, into results of a pump that lacked them. */
  readonly rows: ReadonlyMap<string, number>;
}

/**
 * Brings the records of one shard's faults through the pumps that refused them, into the results
 * that lack them. Any number of times, also at the same time: what is in stays in, once.
 */
export function createRedriveBatch(
  given: Context,
  salt: string,
  ranges: ShardRanges | null,
  now: () => number,
) {
  const context = { ...given, tables: { ...given.tables, salt } };
  const { application, graph, tables, store } = context;
  const intake = createIntake(application);
  const targets = targetsOf(context, salt);
  const keyOf = epochsKey(application, tables, salt);
  const selector = createSelector(graph, foldSettings(application));
  const plain = createFolder(graph, foldSettings(application));

  return async (groups: readonly FaultyGroup[], isDry: boolean): Promise<Redriven> => {
    const input = openInput(toBatch(groups));
    const { shardId, sequenceNumbers } = input;
    const open = new Map<Held, Map<StillOpen, string>>();
    const keep = (held: Held, why: StillOpen, words: string): void => {
      open.set(held, (open.get(held) ?? new Map()).set(why, words));
    };
    const able = groups.map((group) => ({
      ...group,
      objects: group.objects.filter((held) => {
        const why = hopeless(held);
        if (why !== null) keep(held, ...why);
        return why === null;
      }),
    }));
    const coverage = createCoverage(graph, targets, able);
    const folder = createFolder(graph, { ...foldSettings(application), admits: coverage.admits });
    const isWhole = ranges !== null && able.some(({ objects }) => objects.some(isUntaken));
    const range = isWhole ? await ranges(shardId) : null;
    const fold = (from: number, to: number, into: Folder, onFault: OnFault): void => {
      intake(input, from, to, into, range, onFault);
    };
    const ignore = (): void => {};

    fold(0, input.length, folder, (record, sub, { reason, message }) => {
      for (const held of coverage.concerned(record, sub, null)) keep(held, reason, message);
    });
    const folded = folder.finish();
    for (const { record, sub, row, node, reason, message } of folded.rejections) {
      const at = { row, pumps: pumpsAround(graph, node) };
      for (const held of coverage.concerned(record, sub, at)) keep(held, reason, message);
    }
    for (const held of coverage.elsewhere) keep(held, 'OTHER_PROGRAM', ELSEWHERE);
    const rows = countRows(folded);
    if (isDry) return { open, rows };

    const epochs = readEpochs(await store.read(keyOf(shardId)));
    const again = (from: number, to: number): Folded => {
      fold(from, to, folder, ignore);
      return folder.finish();
    };
    const keepRecord = (record: number, why: StillOpen, words: string): void => {
      for (const held of able[record]!.objects) keep(held, why, words);
    };
    const outcome: BatchOutcome = { failures: [], rowErrors: 0 };
    const select = selector((from, to, into) => fold(from, to, into, ignore));
    const batch: Batch = {
      lane: createRedriveLane(shardId, sequenceNumbers, {
        epochs,
        refusedBy: coverage.refusedBy,
        unknown: ({ record }) => keepRecord(record, 'UNCERTAIN', UNCERTAIN),
      }),
      refold: (from, to = input.length) => again(from, to),
      refolds: [],
      select: (node, group, from, admits) =>
        select(node, group, from, (entry) => coverage.admits(entry, group) && admits(entry)),
      membersOf: createMembers(plain, (record, into) => fold(record, record + 1, into, ignore)),
      setAside: async (_, { members }, error) => {
        for (const { record } of members()) keepRecord(record, reasonOf(error), error.message);
      },
      outcome,
    };
    const applying = createApply({
      ...context,
      store: unexpiredOnly(store, now, goneAfter(context, able)),
    });
    await applying(folded, batch, (record) => `${shardId}:${sequenceNumbers[record]}`);
    const done = outcome.failures.reduce((low, { first }) => Math.min(low, first), input.length);
    for (let record = done; record < input.length; record++) keepRecord(record, 'FAILED', FAILED);
    return { open, rows };
  };
}

const ELSEWHERE =
  'its results belong to an earlier program: `npx sluice rebuild` reads the stream again';
const UNCERTAIN =
  'a result cannot tell whether it holds the record, because rules were replaced in turns: rebuild';
const FAILED = 'a write failed: redrive again';
const TOO_LARGE = 'no redrive makes room in a result: change the program and rebuild';
const NOT_OURS =
  'a consumer of your own set it aside, and has no rows here: invoke that one with its record';

/** What no program and no schema can bring back. */
function hopeless({ record }: Held): [StillOpen, string] | null {
  if (record.refuser === undefined) return ['NOT_OURS', NOT_OURS];
  const isFull = record.result !== undefined && record.faults[0]?.reason === 'TOO_LARGE';
  return isFull ? ['TOO_LARGE', TOO_LARGE] : null;
}

function isUntaken({ record }: Held): boolean {
  return record.faults.some(
    ({ reason }) => reason === 'DAMAGED_AGGREGATE' || reason === 'BAD_BASE64',
  );
}

/** The pumps through which a row has come to a node, and those behind it. */
function pumpsAround(graph: Graph, node: Node): ReadonlySet<string> {
  const pumps = new Set<string>([node.pump]);
  const walk = (from: Node, next: (node: Node) => readonly Node[]): void => {
    for (const one of next(from)) {
      pumps.add(one.pump);
      walk(one, next);
    }
  };
  walk(node, ({ from }) => graph.writers(from));
  walk(node, ({ into }) => graph.readers(into));
  return pumps;
}

export function countRows({ groups, appended }: Folded): Map<string, number> {
  const rows = new Map<string, number>();
  const add = (id: string, n: number) => rows.set(id, (rows.get(id) ?? 0) + n);
  for (const [id, { list }] of groups) for (const group of list) add(pumpOf(id), group.rows);
  for (const { node } of appended) add(node.pump, 1);
  return rows;
}

function pumpOf(id: string): string {
  return id.split('/', 1)[0]!;
}

export function reasonOf(error: Refusal): ResultRefusal {
  if (error instanceof ResultExpired) return 'EXPIRED';
  if (error instanceof ResultTooLarge) return 'TOO_LARGE';
  return error.name === 'TooManyRedriven' ? 'TOO_MANY' : 'ROW_ERROR';
}

/** Why a result does not take what it lacks. */
export type ResultRefusal = Extract<StillOpen, 'EXPIRED' | 'TOO_LARGE' | 'TOO_MANY' | 'ROW_ERROR'>;

/** When the items of a window could be removed under the rules that refused these records. */
function goneAfter({ application }: Context, groups: readonly FaultyGroup[]) {
  const refused = groups.flatMap(({ objects }) =>
    objects.flatMap(({ record }) => record.refuser!.latenessMs ?? []),
  );
  const least = Math.min(...refused);
  const isSame =
    refused.length === 0 || (application.latenessMs ?? Number.POSITIVE_INFINITY) <= least;
  return (windowStart: number): number | null =>
    isSame ? null : lastTouch({ ...application, latenessMs: least }, windowStart);
}
