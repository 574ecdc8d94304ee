import { isDeepStrictEqual } from 'node:util';
import type { Application } from '../../shared/config/application.ts';
import type { FaultStore, FaultyRecord } from '../../shared/consume/faults.ts';
import type { Attributes, Store } from '../../shared/results/store.ts';
import { ONE_EPOCH } from './aggregate.ts';
import type { Model } from './model.ts';
import { pass } from './pass.ts';
import { RETENTION } from './program.ts';
import type { Random } from './random.ts';
import type { Stream } from './stream.ts';
import type { TableModel } from './tables.ts';
import { Broken, type Invariant } from './violation.ts';

interface Replay {
  readonly application: Application;
  readonly salt: string;
  readonly stream: Stream;
  readonly tables: TableModel;
  readonly setAside: (record: FaultyRecord) => void;
  readonly model: Model;
  readonly now: number;
  /** The schema was mended on the way. */
  readonly isRedriven: boolean;
}

/** All that is still in the stream is read again: nothing may change, every record is accounted for. */
export async function checkReplay(replay: Replay): Promise<void> {
  const { application, salt, stream, tables, setAside, model, now, isRedriven } = replay;
  const before = tables.dump();
  const refused = countRefused();
  const faults: FaultStore = {
    put: async (record) => {
      setAside(record);
      refused.note(record);
    },
  };
  const epochs = isRedriven ? null : ONE_EPOCH;
  const direct = { application, salt, stream, store: storeOf(tables), faults, epochs };
  const oldest = now - RETENTION;
  const counts = await pass(direct, oldest, () => 1_000);
  compareDumps('replay', before, tables.dump());
  for (const [shardId, expected] of model.shards) {
    if (stream.memory.records(shardId).some(({ arrival }) => arrival < oldest)) continue;
    const { Records = 0, UserRecords = 0, OutOfRange = 0, Rows = 0 } = counts.get(shardId) ?? {};
    const faulty = refused.of(shardId);
    const is = [Records, UserRecords, OutOfRange, Rows, faulty];
    const { records, userRecords, filtered, rows } = expected;
    const should = [records, userRecords, filtered, rows, expected.faulty];
    if (String(is) === String(should) && Rows + OutOfRange + faulty === UserRecords) continue;
    const what = 'records, user records, filtered, rows, faults';
    throw broken('conservation', `${shardId}: ${what} are ${is}, expected ${should}`);
  }
}

/** Counts user records that were set aside as a whole: what single pumps or results lack are rows. */
function countRefused() {
  const shards = new Map<string, Set<string>>();
  return {
    note: ({ shardId, sequenceNumber, faults, result }: FaultyRecord): void => {
      const known = shards.get(shardId) ?? new Set();
      shards.set(shardId, known);
      for (const { subSequenceNumber, pump } of result === undefined ? faults : []) {
        if (pump === undefined) known.add(`${sequenceNumber}.${subSequenceNumber}`);
      }
    },
    of: (shardId: string): number => shards.get(shardId)?.size ?? 0,
  };
}

/**
 * The same events into empty tables, by a schedule in which nothing goes wrong. Items of the streams
 * `left` are not looked at.
 */
export async function checkSchedules(
  application: Application,
  salt: string,
  stream: Stream,
  first: TableModel,
  second: TableModel,
  random: Random,
  isRedriven: boolean,
  left: readonly string[],
): Promise<void> {
  const faults: FaultStore = { put: async () => {} };
  const direct = { application, salt, stream, store: storeOf(second), faults, epochs: ONE_EPOCH };
  await pass(direct, 0, () => random.pick([12, 1_000]));
  const isLeft = (id: string): boolean => left.some((name) => id.includes(`/app.${name}@`));
  const other = new Map([...second.dump()].filter(([id]) => !isLeft(id)));
  const names = new Set([...other.keys()].map(ownerOf));
  const mine = [...first.dump()].filter(([id]) => names.has(ownerOf(id)));
  // Redriven records move no fence, and a longer lateness counts from the next write on.
  const marks = isRedriven ? /^expires$|^_(?:p$|[efhqx][0-9a-z]+$)/ : /^_(?:p$|[ehqx][0-9a-z]+$)/;
  compareDumps('schedules', readable(new Map(mine), marks), readable(other, marks));
}

/** Whether a row was shown on the way and taken back depends on the way: a reader sees neither. */
function readable(dump: ReadonlyMap<string, Attributes>, marks: RegExp): Map<string, Attributes> {
  const rows = [...dump].filter(([, item]) => item._gone === undefined || item._in !== undefined);
  return new Map(rows.map(([id, item]) => [id, without(item, marks)]));
}

/** Without what tells of the way: whether a row was shown, who has read, and what was redriven. */
function without(item: Attributes, marks: RegExp): Attributes {
  // The revision of a top list counts its changes.
  const revision = item._top === undefined ? item.rows && '_rev' : '_n';
  const names = Object.keys(item).filter((name) => !marks.test(name) && name !== revision);
  return Object.fromEntries(names.map((name) => [name, item[name]!]));
}

export function compareDumps(
  invariant: Invariant,
  a: ReadonlyMap<string, Attributes>,
  b: ReadonlyMap<string, Attributes>,
): void {
  for (const id of new Set([...a.keys(), ...b.keys()])) {
    // Who has read a shard is no result.
    if (id.includes('/app.epochs')) continue;
    if (isDeepStrictEqual(a.get(id), b.get(id))) continue;
    const [expected, actual] = [bytesOf(a.get(id)), bytesOf(b.get(id))];
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

function ownerOf(id: string): string {
  return id.slice(0, id.indexOf('#'));
}

export function storeOf(tables: TableModel): Store {
  return {
    read: async (key) => tables.read(key),
    update: async (update) => tables.update(update),
    put: async (key, item, condition) => tables.put(key, item, condition),
  };
}

function broken(invariant: Invariant, message: string): Broken {
  return new Broken({ invariant, message });
}
