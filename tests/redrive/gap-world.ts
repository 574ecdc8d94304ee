import type { KinesisStreamBatchResponse } from 'aws-lambda';
import { outputName } from '../../functions/aggregate/address.ts';
import { pointerKey } from '../../functions/aggregate/pointer.ts';
import { createRangeCheck, type Reread } from '../../functions/aggregate/windowed/reread.ts';
import { createGapCloser, type GapsAnswer } from '../../functions/redrive/gaps.ts';
import { readGapsRequest } from '../../functions/redrive/request.ts';
import type { Application } from '../../shared/config/application.ts';
import type { Store } from '../../shared/results/store.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import type { Row } from '../../shared/sql/types.ts';
import { everyKind } from '../aggregate/every-kind.ts';
import { applicationOf, consumerOf, memoryFaults, tableRows } from '../aggregate/harness.ts';
import { memoryStore } from '../helpers/memory-store.ts';
import { FIRST_ARRIVAL } from '../helpers/wire.ts';
import { flakyStore } from './flaky-store.ts';
import { type Fate, type Note, noteOf, recordsOf, type Script, type Step } from './gap-script.ts';

export const plan = everyKind();
const TABLES = { prefix: 't-', state: 't-state' };

/** One shard, the function that reads it, and the notes of its mapping. Time goes by steps only. */
export function createGapWorld({ events, begin, luck }: Pick<Script, 'events' | 'begin' | 'luck'>) {
  const store = memoryStore();
  const faults = memoryFaults();
  const dice = luck[Symbol.iterator]();
  const isLucky = (): boolean => dice.next().value === true;
  const flaky = flakyStore(store, isLucky);
  const unlucky = flakyStore(store, () => isLucky() && isLucky());
  const { records, rows } = recordsOf(events, begin);
  let time = FIRST_ARRIVAL + 3_600_000;
  const now = (): number => time;
  let application: Application = applicationOf(plan, { skewMs: 86_400_000 });
  let salt = '';
  let consumers = consumersOf();
  let cursor = begin;
  /** All before it has been delivered, or given up. */
  let known = begin;
  const checkpoints = [begin];
  const notes: Note[] = [];
  const reached = new Set<number>();

  function consumersOf() {
    const of = (one: Store) => consumerOf(application, one, faults, now, salt);
    return { sound: of(store), flaky: of(flaky), unlucky: of(unlucky) };
  }

  const invoke = async (from: number, to: number, fate: Fate): Promise<number> => {
    if (fate === 'never invoked') return from;
    for (let i = from; i < to; i++) reached.add(i);
    const isSound = fate === 'sound' || fate === 'dies after';
    const consume = isSound ? consumers.sound : consumers.flaky;
    const answer = await consume({ Records: records.slice(from, to) });
    return fate.startsWith('dies') ? from : placeIn(answer, from, to);
  };
  const placeIn = ({ batchItemFailures }: KinesisStreamBatchResponse, from: number, to: number) => {
    const failed = batchItemFailures[0]?.itemIdentifier;
    if (failed === undefined) return to;
    return records.findIndex((one, i) => i >= from && one.kinesis.sequenceNumber === failed);
  };

  const deliver = async (
    size: number,
    tries: readonly Fate[],
    givesUp: boolean,
    hasPayload: boolean,
  ): Promise<void> => {
    const to = Math.min(records.length, cursor + size);
    let from = cursor;
    let invokes = 0;
    for (const fate of tries) {
      if (from < to) from = await invoke(from, to, fate);
      if (fate !== 'never invoked') invokes++;
    }
    if (from < to && givesUp) {
      const given = records.slice(from, to);
      notes.push(noteOf(given, invokes, time, hasPayload));
    } else if (from < to && (await invoke(from, to, 'sound')) !== to) {
      throw new Error('a sound try has failed');
    }
    cursor = to;
    known = Math.max(known, to);
    checkpoints.push(to);
  };

  const readAgain = async (to: number, size: number): Promise<void> => {
    for (let from = 0; from < to; from += size) {
      const end = Math.min(to, from + size);
      if ((await invoke(from, end, 'sound')) !== end) throw new Error('a sound try has failed');
    }
    known = Math.max(known, to);
  };

  const rebuild = async ({ size, meanwhile }: Extract<Step, { kind: 'rebuild' }>) => {
    const filled = `r${time}`;
    const fill = consumerOf(application, store, faults, now, filled);
    const read = async (from: number): Promise<number> => {
      for (let at = from; at < known; at += size) {
        await fill({ Records: records.slice(at, Math.min(known, at + size)) });
      }
      return known;
    };
    const middle = await read(0);
    time += 120_000;
    await take(meanwhile);
    await read(middle);
    salt = filled;
    await store.put(pointerKey(application, TABLES), { salt: { S: salt } });
    consumers = consumersOf();
  };

  const reread: Reread = async function* (shardId, range) {
    const from = records.findIndex(({ kinesis }) => kinesis.sequenceNumber === range.first);
    yield createRangeCheck(shardId, range).take(records.slice(from));
  };
  const close = async (on: Store, dryRun: boolean): Promise<GapsAnswer> => {
    if (notes.length === 0) return { application: 'app', dryRun, gaps: [], next: null };
    const context = { application, graph: arrange(plan), store: on };
    const services = { faults, reread, stream: 'clicks', ranges: null, now };
    const closer = createGapCloser({ ...context, tables: TABLES }, services);
    return closer(
      readGapsRequest({ onFailure: notes, dryRun, neverDelivered: isUntried() }, 'app')!,
    );
  };
  /** What a person may say: of those without an invocation no record has come to the function. */
  const isUntried = (): boolean =>
    notes.every((note) => {
      if (note.requestContext.approximateInvokeCount > 0) return true;
      const { startSequenceNumber, endSequenceNumber } = note.KinesisBatchInfo;
      return records.every(
        ({ kinesis: { sequenceNumber } }, i) =>
          sequenceNumber < startSequenceNumber ||
          sequenceNumber > endSequenceNumber ||
          !reached.has(i),
      );
    });

  const take = async (step: Step): Promise<void> => {
    if (step.kind === 'wait') time += step.ms;
    else if (step.kind === 'deliver') {
      await deliver(step.size, step.tries, step.givesUp, step.hasPayload);
    } else if (step.kind === 'read again') {
      await readAgain(Math.ceil(step.share * records.length), step.size);
    } else if (step.kind === 'rebuild') await rebuild(step);
    else if (step.kind === 'fall back') {
      cursor = checkpoints[Math.floor(step.share * checkpoints.length)]!;
    } else if (step.kind === 'deploy') {
      const skewMs = application.skewMs + 1;
      if (step.isOther) application = { ...application, skewMs };
      consumers = consumersOf();
    } else {
      const on = step.isFlaky || step.meanwhile > 0 ? unlucky : store;
      const others = [
        ...(step.isTwice ? [close(on, false)] : []),
        ...(step.meanwhile > 0 ? [deliver(step.meanwhile, [], false, false)] : []),
      ];
      await Promise.all([close(on, false), ...others]);
    }
    time += 1_000;
  };

  /** The rows that readers of the tables find, by output. */
  const tables = (): Record<string, string[]> => {
    const items = Object.entries(store.dump());
    return Object.fromEntries(
      Object.keys(application.outputs).map((name) => {
        const start = `t-results/${outputName(application, arrange(plan), name, salt)}#`;
        const live = items.filter(([id]) => id.startsWith(start));
        return [name, tableRows(Object.fromEntries(live), name)];
      }),
    );
  };

  return {
    dump: store.dump,
    tables,
    take,
    /** Soundly, with nothing beside it. */
    close: (dryRun = false) => close(store, dryRun),
    given: () => notes.length,
    /** The rows of all that was delivered or given up. */
    rows: (): Row[] => rows.slice(0, known).filter((row) => row !== null),
    /** Everything again, through the ordinary lane. */
    replay: () => readAgain(known, Math.max(1, known)),
  };
}
