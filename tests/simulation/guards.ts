import { CONSUMER_GUARDS } from './consumers/guards.ts';
import type { Fault } from './faults.ts';
import { joinParts, parallelSource } from './parallel.ts';
import type { Patch } from './patch.ts';
import {
  failed,
  failureAt,
  fenceLater,
  onUpdate,
  swallow,
  tellOnce,
  unchecked,
  unfenced,
  upToLast,
} from './weaknesses.ts';
import type { Weakness } from './world.ts';

/** A rule that exactness rests on, and a world without it. */
export interface Guard {
  /** What holds with it. */
  readonly rule: string;
  /** Around the function. */
  readonly weakness?: Weakness;
  /** In the function. */
  readonly patches?: readonly Patch[];
  /** Kinds of trouble without which it is never needed: its worlds have them all. */
  readonly among?: readonly Fault[];
}

/** Every one of them, when off, must be caught: see guards.test.ts. */
export const GUARDS = {
  fence: {
    rule: 'a delta is added only if the fence is below its first record',
    weakness: {
      store: (store) => onUpdate(store, (update) => ({ ...update, ...unfenced(update) })),
    },
  },
  'fence-and-value': {
    rule: 'item and fence change in one write',
    weakness: { store: fenceLater },
  },
  'lane-per-shard': {
    rule: 'every shard has a fence of its own',
    patches: [
      {
        file: 'shared/results/fence.ts',
        find: 'return number === undefined ?',
        replace: "return number !== undefined ? '_f0' : number === undefined ?",
      },
    ],
  },
  'cut-additions': {
    rule: 'of a delta that is partly in, only the rest is added',
    weakness: {
      store: (store) => onUpdate(store, (update) => ({ ...update, ...upToLast(update) })),
    },
  },
  'cut-merges': {
    rule: 'of a partial that is partly in, only the rest is merged',
    patches: [
      {
        file: 'shared/results/lane.ts',
        find: 'return isWhole ? delta : partOf(from);',
        replace: 'return delta;',
      },
    ],
  },
  'merge-condition': {
    rule: 'a merged item is written only if nobody else has changed it',
    weakness: {
      store: (store) => onUpdate(store, (update) => ({ ...update, ...unchecked(update) })),
    },
  },
  'lowest-failure': {
    rule: 'the lowest record that some item lacks is reported',
    weakness: {
      answer: (answer, event) =>
        failed(answer) ? failureAt(event.Records.at(-1)!.kinesis.sequenceNumber) : answer,
    },
  },
  'failures-reported': {
    rule: 'a batch with a failed write is reported at all',
    weakness: { answer: (answer) => ({ ...(answer as object), batchItemFailures: [] }) },
  },
  'partial-responses': {
    rule: 'the event source mapping reads partial responses',
    weakness: { settings: { reportBatchItemFailures: false } },
  },
  'retries-without-end': {
    rule: 'the event source mapping never gives a batch up',
    weakness: { settings: { maximumRetryAttempts: 2 } },
  },
  'parallelization-check': {
    rule: 'one batch of a shard at a time (factor 4 where it is off)',
    weakness: {
      source: (source) => parallelSource(source, 4),
      event: joinParts,
      graceMs: 120_000,
    },
  },
  'parents-before-children': {
    rule: 'a shard is read when its parents have been read to their end',
    weakness: {
      source: (source) => ({
        ...source,
        listShards: async () =>
          (await source.listShards()).map(({ shardId }) => ({ shardId, parents: [] })),
      }),
    },
  },
  'hash-range-filter': {
    rule: 'user records outside the range of their shard are dropped',
    weakness: { wholeRange: true },
  },
  checksum: {
    rule: 'a damaged aggregate gives no user records',
    patches: [
      {
        file: 'shared/kpl/decode.ts',
        find: "if (hash('md5', content, 'buffer').compare(data, end) !== 0) {",
        replace: 'if (content.length < 0) {',
      },
    ],
  },
  'arrival-time-lateness': {
    rule: 'lateness is decided by the arrival of the record, not by the clock of the try',
    weakness: {
      clock: (now) => {
        Object.assign(globalThis, { simulatedNow: now });
      },
    },
    patches: [
      {
        file: 'shared/sql/engine/assign.ts',
        find: 'checkEvent(at, time.end, row[0] as number);',
        replace: 'checkEvent(at, time.end, (globalThis as any).simulatedNow());',
      },
    ],
  },
  'expiry-margin': {
    rule: 'TTL comes after the last record that may touch an item',
    patches: [
      {
        file: 'functions/aggregate/address.ts',
        find: 'return windowEnd + application.latenessMs + application.stream.retentionMs + 3 * DAY;',
        replace: 'return windowEnd;',
      },
    ],
  },
  'exact-decimals': {
    rule: 'sums are exact decimals, not floating-point numbers',
    patches: [
      {
        file: 'shared/sql/decimal.ts',
        find: 'export function addNumber(sum: DecimalSum, v: number | bigint): void {',
        replace:
          'export function addNumber(sum: DecimalSum, v: number | bigint): void {\n  sum.whole += Number(v);\n  if (sum.attos === 0) return;',
      },
      {
        file: 'shared/sql/decimal.ts',
        find: '  const v = Number(text);\n',
        replace: '  const v = Number(text);\n  sum.whole += v;\n  if (sum.attos === 0) return;\n',
      },
    ],
  },
  'higher-revision': {
    rule: 'a published row is replaced by a higher revision only',
    weakness: { store: (store) => ({ ...store, put: (key, item) => store.put(key, item) }) },
  },
  'told-again': {
    rule: 'what reads a result is told also when the delta was already in',
    weakness: { store: tellOnce },
  },
  'taken-back': {
    rule: 'a row that no longer passes HAVING is taken back',
    patches: [
      {
        file: 'functions/aggregate/publisher.ts',
        find: 'if (!change.present && !change.shown) return;',
        replace: 'if (!change.present) return;',
      },
    ],
  },
  'newer-contribution': {
    rule: 'in a GROUP BY over results a newer revision takes the place of an older one only',
    patches: [
      {
        file: 'functions/aggregate/chained.ts',
        find: 'if ((input[id]?.[0] ?? 0) >= contribution[0]) continue;',
        replace: 'if (input[id]?.[0] === contribution[0]) continue;',
      },
    ],
  },
  'highest-count': {
    rule: 'a top list keeps the highest count of each item',
    patches: [
      {
        file: 'shared/windows/top.ts',
        find: 'if (count > (counts.get(item) ?? 0)) counts.set(item, count);',
        replace: 'counts.set(item, count);',
      },
    ],
  },
  generations: {
    rule: 'a changed program writes rows of its own',
    patches: [
      {
        file: 'functions/aggregate/address.ts',
        find: "return createHash('sha256').update(text).digest('hex').slice(0, 8);",
        replace: "return text.slice(0, 0).padEnd(8, '0');",
      },
    ],
  },
  'pointer-per-batch': {
    rule: 'the function asks for every batch which generation is live',
    patches: [
      {
        file: 'functions/aggregate/live-generation.ts',
        find: `  return async () => {
    const { salt, handover } = readPointer(await merge(store, key, step));
    if (handover === null) return salt;`,
        replace: `  let known: any = null;
  return async () => {
    if (known !== null) return known;
    const { salt, handover } = readPointer(await merge(store, key, step));
    if (handover === null) return (known = salt);`,
      },
    ],
  },
  'handover-waits': {
    rule: 'nothing is written while a rebuild takes over',
    patches: [
      {
        file: 'functions/aggregate/live-generation.ts',
        find: 'if (handover === null) return salt;',
        replace: 'if (handover !== 0) return salt;',
      },
    ],
  },
  'handover-fills-up': {
    rule: 'a rebuild takes over when all that was delivered before is filled',
    patches: [
      {
        file: 'cli/rebuild/take-over.ts',
        find: 'await fill.reach(clock.now() + settleMs, signal);',
        replace: '',
      },
    ],
  },
  'redriven-in-its-own-lane': {
    rule: 'a redriven record is not swallowed by the fence of those who refused it',
    patches: [
      {
        file: 'shared/results/redrive-lane.ts',
        find: 'if (refusers.has(passing.version)) return true;',
        replace: '',
      },
    ],
  },
  'redriven-once': {
    rule: 'an item knows what was redriven into it',
    patches: [
      {
        file: 'shared/results/redrive-lane.ts',
        find: 'if (held.has(entryId(position, entry))) return false;',
        replace: '',
      },
    ],
  },
  'redriven-left-out': {
    rule: 'the ordinary lane leaves out what was redriven',
    patches: [
      {
        file: 'shared/results/lane.ts',
        find: 'if (meetsRedriven(item, from)) {',
        replace: 'if (from < 0) {',
      },
    ],
  },
  'redriven-part': {
    rule: 'of a record only the user records that were refused are redriven',
    patches: [
      {
        file: 'functions/redrive/coverage.ts',
        find: 'if (subSequenceNumber !== sub && !isWhole) return false;',
        replace: '',
      },
    ],
  },
  'redriven-pump': {
    rule: 'a row that one pump refused is redriven through that pump alone',
    patches: [
      {
        file: 'functions/redrive/coverage.ts',
        find: 'return at !== null && at.row === row && at.pumps.has(pump);',
        replace: 'return at !== null;',
      },
    ],
  },
  'epoch-in-item': {
    rule: 'an item knows by which epoch its fence was moved',
    patches: [
      {
        file: 'shared/results/epoch-marks.ts',
        find: 'if (before === epoch) return {};',
        replace: 'if (before !== null) return {};',
      },
    ],
  },
  'epoch-from': {
    rule: 'an epoch answers for records from its beginning on only',
    patches: [
      {
        file: 'shared/results/redrive-lane.ts',
        find: 'if (!isFrom(passing, position)) return true;',
        replace: '',
      },
    ],
  },
  'epoch-begun': {
    rule: 'an epoch goes on only if it has done its first batch itself',
    patches: [
      {
        file: 'shared/results/epochs.ts',
        find: 'since: now(), done: null,',
        replace: 'since: now(), done: first,',
      },
    ],
  },
  'epoch-last': {
    rule: 'a batch that was refused some of is done only if nobody has begun meanwhile',
    patches: [
      {
        file: 'shared/results/epochs.ts',
        find: 'return refused === null || epochs.at(-1)?.number === epoch;',
        replace: 'return epochs.length > 0;',
      },
    ],
  },
  'epoch-ahead': {
    rule: 'an epoch goes on from where it is, not from where others are that were there before it',
    among: ['mended', 'pollers'],
    patches: [
      {
        file: 'shared/results/epoch.ts',
        find: 'const to = contestedTo(epochs);',
        replace: 'const to = null;',
      },
    ],
  },
  'epoch-handed-on': {
    rule: 'what an invocation has folded into a state counts for its epoch once it is in the tables',
    among: ['mended', 'window', 'zombie'],
    patches: [
      {
        file: 'functions/aggregate/windowed/consumer.ts',
        find: 'done: isOver && until !== null ?',
        replace: 'done: until !== null ?',
      },
    ],
  },
  'lack-set-aside': {
    rule: 'what a result does not take is set aside before a fence passes it',
    among: ['full'],
    patches: [
      {
        file: 'functions/aggregate/context.ts',
        find: 'await batch.setAside(node, lack, error);',
        replace: '',
      },
    ],
  },
  'lack-alone': {
    rule: 'of a group that a result does not take, the records that fit go in',
    among: ['full'],
    patches: [
      {
        file: 'functions/aggregate/aggregates.ts',
        find: 'for (const record of group.records) {',
        replace:
          'for (const record of group.records) { batch.refold = () => ({ groups: new Map([[node.id, { find: () => group }]]) });',
      },
    ],
  },
  'faults-set-aside': {
    rule: 'a fault counts as done when it has been set aside, not before',
    weakness: { faultStore: swallow },
  },
  'fault-names': {
    rule: 'a fault has the same name at every try',
    patches: [
      {
        file: 'shared/consume/faults.ts',
        find: 'return `faults/',
        replace: 'return performance.now() + `faults/',
      },
    ],
  },
  'data-never-fails': {
    rule: 'data never fails a batch',
    patches: [
      {
        file: 'functions/aggregate/intake.ts',
        find: 'if (!(error instanceof RecordFault)) throw error;',
        replace: 'throw error;',
      },
    ],
  },
  'seal-points': {
    rule: 'a state is cut at places that depend on its records alone, not on batches',
    patches: [
      {
        file: 'functions/aggregate/windowed/seal.ts',
        find: 'if (current !== null && record !== current) endRecord();',
        replace: '',
      },
    ],
  },
  'records-before-end': {
    rule: 'the records of the last invocation of a window are folded before it is written',
    patches: [
      {
        file: 'functions/aggregate/windowed/consumer.ts',
        find: 'openInput(unheld(event, decoded))',
        replace: 'openInput(event.isFinalInvokeForWindow ? { shardId } : unheld(event, decoded))',
      },
    ],
  },
  'held-records': {
    rule: 'records that a state holds already are passed over',
    patches: [
      {
        file: 'functions/aggregate/windowed/consumer.ts',
        find: 'return held === 0 ? event',
        replace: 'return held >= 0 ? event',
      },
    ],
  },
  'whole-state': {
    rule: 'an invocation that could not write all of a state fails as a whole',
    patches: [
      {
        file: 'functions/aggregate/windowed/consumer.ts',
        find: "if (failed !== undefined) throw new WindowFailed('writes', failed.error);",
        replace: 'if (failed !== undefined) return;',
      },
    ],
  },
  'state-ranges': {
    rule: 'a state knows the first and the last record of each of its groups',
    patches: [
      {
        file: 'functions/aggregate/windowed/group-rows.ts',
        find: 'const [from, to] = [record(first!), record(first! + more!)];',
        replace: 'const to = record(first! + more!);\n    const from = to;',
      },
    ],
  },
  'read-again': {
    rule: 'a state that is partly in the tables is read again from the stream, record by record',
    patches: [
      {
        file: 'functions/aggregate/windowed/consumer.ts',
        find: 'const ahead = { fences: state.fences, split };',
        replace: 'const ahead = { fences: state.fences, split: () => null };',
      },
    ],
  },
  ...CONSUMER_GUARDS,
} as const satisfies Readonly<Record<string, Guard>>;

export type GuardName = keyof typeof GUARDS;

export function guardOf(name: GuardName): Guard {
  return GUARDS[name];
}
