import { createConsumer } from '../../functions/aggregate/consumer.ts';
import { toEvent } from '../../local/mapping/event.ts';
import type { MappingSettings } from '../../local/mapping/types.ts';
import type { Application } from '../../shared/config/application.ts';
import type { FaultStore, FaultyRecord } from '../../shared/consume/faults.ts';
import type { KinesisBatch } from '../../shared/records/event.ts';
import type { Attributes, Store } from '../../shared/results/store.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { TABLES } from './lambda.ts';
import type { Model } from './model.ts';
import type { Names } from './names.ts';
import { outputText, type Outputs } from './oracle.ts';
import { visible } from './prefix.ts';
import { RETENTION } from './program.ts';
import type { Random } from './random.ts';
import type { Stream } from './stream.ts';
import type { TableModel } from './tables.ts';
import { Broken, type Invariant } from './violation.ts';
import { withGarbledData } from './wire.ts';

/** Rows of the outputs of one generation each, as a reader finds them. */
export function readOutputs(
  dump: ReadonlyMap<string, Attributes>,
  owners: Readonly<Record<string, string>>,
): Outputs {
  const outputs: Record<string, string[]> = {};
  for (const stream of Object.keys(owners)) outputs[stream] = [];
  const streams = new Map(Object.entries(owners).map(([stream, owner]) => [owner, stream]));
  for (const [id, item] of dump) {
    const [, owner = '', window = ''] = /^t-results\/app\.(.+?)#(.+?)#/.exec(id) ?? [];
    const rows = outputs[streams.get(owner) ?? ''];
    if (rows === undefined || item._gone !== undefined) continue;
    if (item.rows?.L === undefined) rows.push(outputText(window, visible(item)));
    else {
      const ranked = item.rows.L.map(({ M }, i) => ({ ...visible(M!), rank: String(i + 1) }));
      for (const row of ranked) rows.push(outputText(window, row));
    }
  }
  for (const rows of Object.values(outputs)) rows.sort();
  return outputs;
}

export function compareOutputs(actual: Outputs, expected: Outputs, model: Model): void {
  for (const [stream, should] of Object.entries(expected)) {
    const is = actual[stream] ?? [];
    const missing = should.filter((row) => !is.includes(row));
    const wrong = is.filter((row) => !should.includes(row));
    if (missing.length + wrong.length === 0 && is.length === should.length) continue;
    throw new Broken({
      invariant: 'final',
      message: `${stream} differs from SQLite (${model.rows.length} accepted events)`,
      item: stream,
      expected: missing.join('\n  ') || 'no such row',
      actual: wrong.join('\n  ') || (missing.length > 0 ? 'no row' : 'a row twice'),
    });
  }
}

/** The function without a network, over records as they lie in the stream. */
interface Direct {
  readonly application: Application;
  readonly stream: Stream;
  readonly store: Store;
  readonly faults: FaultStore;
}

/** One pass over a stream, shard by shard in steps of `size` records; counts by shard. */
async function pass(
  { application, stream, store, faults }: Direct,
  oldest: number,
  size: () => number,
): Promise<Map<string, Record<string, number>>> {
  const consume = createConsumer(
    { application, graph: arrange(application.plan), tables: TABLES, store },
    { faults, ranges: stream.ranges },
  );
  const counts = new Map<string, Record<string, number>>();
  const next = new Map([...stream.shards.keys()].map((shardId) => [shardId, 0]));
  while (next.size > 0) {
    for (const [shardId, from] of next) {
      const kept = stream.memory.records(shardId).filter(({ arrival }) => arrival >= oldest);
      const records = kept.slice(from, from + size());
      if (records.length === 0) {
        next.delete(shardId);
        continue;
      }
      next.set(shardId, from + records.length);
      const event = toEvent(shardId, records, SETTINGS, null) as KinesisBatch;
      const lines = await listen(async () => {
        const answer = await consume(withGarbledData(event, stream.garbled));
        if (answer.batchItemFailures.length === 0) return;
        throw broken('drain', `a sound pass does not get over ${shardId}`);
      });
      add(counts, shardId, lines);
    }
  }
  return counts;
}

/** What the function reports of itself while `work` runs. */
async function listen(work: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const before = console.log;
  console.log = (line: string) => lines.push(line);
  try {
    await work();
  } finally {
    console.log = before;
  }
  return lines;
}

function add(
  counts: Map<string, Record<string, number>>,
  shardId: string,
  lines: readonly string[],
): void {
  const sums = counts.get(shardId) ?? {};
  for (const line of lines.filter((text) => text.includes('"_aws"'))) {
    const { _aws: _, Application: __, ...metrics } = JSON.parse(line) as Record<string, unknown>;
    for (const [name, value] of Object.entries(metrics)) {
      sums[name] = (sums[name] ?? 0) + Number(value);
    }
  }
  counts.set(shardId, sums);
}

interface Replay {
  readonly application: Application;
  readonly stream: Stream;
  readonly tables: TableModel;
  readonly setAside: (record: FaultyRecord) => void;
  readonly model: Model;
  readonly now: number;
}

/** All that is still in the stream is read again: nothing may change, every record is accounted for. */
export async function checkReplay(replay: Replay): Promise<void> {
  const { application, stream, tables, setAside, model, now } = replay;
  const before = tables.dump();
  const faults: FaultStore = { put: async (record) => setAside(record) };
  const direct = { application, stream, store: storeOf(tables), faults };
  const oldest = now - RETENTION;
  const counts = await pass(direct, oldest, () => 1_000);
  compareDumps('replay', before, tables.dump());
  for (const [shardId, expected] of model.shards) {
    if (stream.memory.records(shardId).some(({ arrival }) => arrival < oldest)) continue;
    const { Records = 0, UserRecords = 0, OutOfRange = 0, Rows = 0 } = counts.get(shardId) ?? {};
    const is = [Records, UserRecords, OutOfRange, Rows];
    const should = [expected.records, expected.userRecords, expected.filtered, expected.rows];
    const sum = Rows + OutOfRange + expected.faulty;
    if (String(is) === String(should) && sum === UserRecords) continue;
    const message = `${shardId}: records, user records, filtered, rows are ${is}, expected ${should}`;
    throw broken('conservation', message);
  }
}

function storeOf(tables: TableModel): Store {
  return {
    read: async (key) => tables.read(key),
    update: async (update) => tables.update(update),
    put: async (key, item, condition) => tables.put(key, item, condition),
  };
}

/** What a node publishes, by the node that keeps the result it is made from. */
const PUBLISHED = { AHEAD_PUMP: 'AHEAD', 'TOP_ITEMS_PUMP/2': 'TOP_ITEMS', 'ACTIVE_PUMP/2': 'ACTIVE' };

/** What was made from a result was made from its last revision. */
export function checkAmendments(dump: ReadonlyMap<string, Attributes>, names: Names): void {
  for (const [node, stream] of Object.entries(PUBLISHED)) {
    const rows = itemsOf(dump, names.outputs[stream]!);
    for (const [place, state] of itemsOf(dump, names.state[node]!)) {
      if (place.includes('|item|')) continue;
      const revision = rows.get(place)?._rev?.N ?? null;
      const wasShown = node !== 'AHEAD_PUMP' || state._p !== undefined;
      if (revision === state._n!.N || (revision === null && !wasShown)) continue;
      const message = `${stream} has revision ${revision}, its source ${state._n!.N}`;
      throw new Broken({ invariant: 'amendments', message, item: `${stream} ${place}` });
    }
  }
}

/** The items under a name, by `window|sort key`: slots depend on the table. */
function itemsOf(dump: ReadonlyMap<string, Attributes>, owner: string): Map<string, Attributes> {
  const items = new Map<string, Attributes>();
  for (const [id, item] of dump) {
    if (!id.includes(`/app.${owner}#`)) continue;
    const [, window, sortKey] = /#([^#]*)#\d+\/(.*)$/s.exec(id)!;
    items.set(`${window}|${sortKey}`, item);
  }
  return items;
}

/** The same events into empty tables, by a schedule in which nothing goes wrong. */
export async function checkSchedules(
  application: Application,
  stream: Stream,
  first: TableModel,
  second: TableModel,
  random: Random,
): Promise<void> {
  const faults: FaultStore = { put: async () => {} };
  const direct = { application, stream, store: storeOf(second), faults };
  await pass(direct, 0, () => random.pick([4, 40]));
  const names = new Set([...second.dump().keys()].map(ownerOf));
  const mine = [...first.dump()].filter(([id]) => names.has(ownerOf(id)));
  compareDumps('schedules', readable(new Map(mine)), readable(second.dump()));
}

function ownerOf(id: string): string {
  return id.slice(0, id.indexOf('#'));
}

/** Whether a row was shown on the way and taken back depends on the way: a reader sees neither. */
function readable(dump: ReadonlyMap<string, Attributes>): Map<string, Attributes> {
  const rows = [...dump].filter(([, item]) => item._gone === undefined || item._in !== undefined);
  return new Map(rows.map(([id, { _p, ...item }]) => [id, item]));
}

function compareDumps(
  invariant: Invariant,
  a: ReadonlyMap<string, Attributes>,
  b: ReadonlyMap<string, Attributes>,
): void {
  for (const id of new Set([...a.keys(), ...b.keys()])) {
    if (a.get(id) === b.get(id)) continue;
    const [expected, actual] = [bytesOf(a.get(id)), bytesOf(b.get(id))];
    if (expected === actual) continue;
    throw new Broken({ invariant, message: 'an item differs', item: id, expected, actual });
  }
}

function bytesOf(item: Attributes | undefined): string {
  if (item === undefined) return 'no item';
  const entries = Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries, (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  );
}

function broken(invariant: Invariant, message: string): Broken {
  return new Broken({ invariant, message });
}

const SETTINGS: MappingSettings = {
  streamArn: 'arn:aws:kinesis:eu-west-1:111122223333:stream/events',
  functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:aggregate-app',
  roleArn: 'arn:aws:iam::111122223333:role/aggregate-app',
  region: 'eu-west-1',
  batchSize: 100,
  batchWindowMs: 0,
  startingPosition: { at: 'TRIM_HORIZON' },
  reportBatchItemFailures: true,
  bisectBatchOnFunctionError: false,
  maximumRetryAttempts: -1,
  maximumRecordAgeMs: -1,
  tumblingWindowMs: 0,
  finalWithRecords: false,
  pollMs: 2_000,
  discoverMs: 15_000,
  backoffMs: 500,
  backoffMaxMs: 8_000,
};
