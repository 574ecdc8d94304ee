import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../shared/results/store.ts';
import { type MemoryStore, memoryStore } from '../helpers/memory-store.ts';
import { FIRST_ARRIVAL as ARRIVAL, FIRST_SEQUENCE, kinesisEvent } from '../helpers/wire.ts';
import { COLUMNS, delivery, rig, totals, visible } from './rig.ts';

interface Line {
  readonly country: string;
  readonly minute: number;
  readonly at: number;
  readonly status: string | null;
  readonly note: string | null;
  readonly orders: number | null;
  readonly cents: number | null;
  readonly low: number | null;
  readonly last: string | null;
}

const line: fc.Arbitrary<Line> = fc.record({
  country: fc.constantFrom('DE', 'FR', 'a|', ''),
  minute: fc.constantFrom(0, 1),
  at: fc.integer({ min: 0, max: 3 }),
  status: fc.option(fc.constantFrom('open', 'paid', '')),
  note: fc.option(fc.constantFrom('x', 'y')),
  orders: fc.option(fc.integer({ min: -5, max: 1_000 })),
  cents: fc.option(fc.integer({ min: -99_999, max: 99_999 })),
  low: fc.option(fc.constantFrom(-1.5, 0, 0.1, 7)),
  last: fc.option(fc.constantFrom('a', 'b', 'é')),
});

function minuteOf({ minute }: Line): string {
  return `2026-05-02T12:0${minute}:00.000Z`;
}

function json(one: Line): string {
  const { minute: _, cents, ...rest } = one;
  const amount = cents === null ? null : (cents / 100).toFixed(2);
  // The number as another engine writes it: with its zeros.
  const text = JSON.stringify({ ...rest, minute: minuteOf(one) });
  return text.replace(/\}$/, `,"amount":${amount}}`);
}

/** The table by a plain loop over all rows, each once. */
function folded(lines: readonly Line[]) {
  const groups = Map.groupBy(lines, (one) => JSON.stringify([one.country, one.minute]));
  const total = (values: (number | null)[]) => {
    const all = values.filter((value) => value !== null);
    return all.length === 0 ? undefined : all.reduce((sum, value) => sum + value, 0);
  };
  const best = <T>(values: (T | null)[], order: (a: T, b: T) => number) =>
    values.filter((value) => value !== null).sort(order)[0];
  const rows = [...groups.values()].map((own) => {
    const at = Math.max(...own.map((one) => one.at));
    const texts = own
      .filter((one) => one.at === at)
      .map(({ status, note }) => JSON.stringify([String(at), status, note]))
      .sort();
    const [, status, note] = JSON.parse(texts.at(-1)!);
    const cents = total(own.map((one) => one.cents));
    const row = {
      ...{ country: own[0]!.country, minute: minuteOf(own[0]!), at, status, note },
      orders: total(own.map((one) => one.orders)),
      amount: cents === undefined ? undefined : cents / 100,
      low: best(
        own.map((one) => one.low),
        (a, b) => a - b,
      ),
      last: best(
        own.map((one) => one.last),
        (a, b) => (a < b ? 1 : -1),
      ),
    };
    return Object.fromEntries(Object.entries(row).filter(([, v]) => v !== undefined && v !== null));
  });
  return rows.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort();
}

function rowsOf(store: MemoryStore) {
  return Object.values(visible(store.dump()))
    .map(({ pk: _, sk: __, ...row }) => JSON.stringify(row, Object.keys(row).sort()))
    .sort();
}

/** A store that fails by a plan: before a write, or after it. */
function shaky(store: Store, plan: readonly number[]): Store {
  let writes = 0;
  return {
    ...store,
    update: async (update) => {
      const fate = plan[writes++ % Math.max(1, plan.length)] ?? 0;
      if (fate === 1) throw new Error('the write was refused');
      const outcome = await store.update(update);
      if (fate === 2) throw new Error('the answer was lost');
      return outcome;
    },
  };
}

const trouble = fc.array(fc.constantFrom(0, 0, 0, 1, 2), { maxLength: 40 });

describe('rows of a stream', () => {
  const upsert = totals(`
    stream: results
    table: totals
    keep: 30d${COLUMNS}`);

  interface Step {
    readonly shard: number;
    readonly back: number;
    readonly size: number;
  }
  const step: fc.Arbitrary<Step> = fc.record({
    shard: fc.integer({ min: 0, max: 1 }),
    back: fc.integer({ min: 0, max: 4 }),
    size: fc.integer({ min: 1, max: 6 }),
  });

  it('come to the same table as by a plain fold, whatever is repeated, split or lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.array(line, { maxLength: 12 }),
        fc.array(step, { maxLength: 12 }),
        trouble,
        async (one, two, steps, plan) => {
          const shards = [one, two];
          const store = memoryStore();
          const failing = rig(upsert, shaky(store, plan));
          const sound = rig(upsert, store);
          const done = [0, 0];
          const deliver = async (shard: number, from: number, size: number, by = failing) => {
            const records = shards[shard]!.slice(from, from + size);
            if (records.length === 0) return from;
            const event = kinesisEvent(
              records.map((row, i) => ({
                data: json(row),
                arrival: ARRIVAL - (from + i) * 90_000,
              })),
              {
                shardId: `shardId-00000000000${shard}`,
                firstSequence: FIRST_SEQUENCE + BigInt(from),
              },
            );
            const answer = (await by.invoke(event)) as {
              batchItemFailures: { itemIdentifier: string }[];
            };
            const [failure] = answer.batchItemFailures;
            if (failure === undefined) return from + records.length;
            return Number(BigInt(failure.itemIdentifier) - FIRST_SEQUENCE);
          };
          for (const { shard, back, size } of steps) {
            // From a checkpoint that may be older than the last: never one that lies ahead.
            const from = Math.max(0, done[shard]! - back);
            done[shard] = Math.max(done[shard]!, await deliver(shard, from, size));
          }
          for (const shard of [0, 1]) {
            while (done[shard]! < shards[shard]!.length) {
              done[shard] = await deliver(shard, done[shard]!, 5, sound);
            }
          }
          expect(rowsOf(store)).toEqual(folded([...one, ...two]));
          const whole = JSON.stringify(store.dump());
          for (const shard of [0, 1]) await deliver(shard, 0, 100, sound);
          expect(JSON.stringify(store.dump())).toBe(whole);
          const calm = memoryStore();
          const again = rig(upsert, calm);
          for (const shard of [1, 0]) await deliver(shard, 0, 100, again);
          expect(JSON.stringify(sorted(calm.dump()))).toBe(JSON.stringify(sorted(store.dump())));
          expect([...failing.faults, ...sound.faults]).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

function sorted(items: Record<string, object>) {
  return Object.entries(items).map(([id, item]) => [id, Object.entries(item).sort(byName)]);
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

describe('rows of a Lambda destination', () => {
  const upsert = totals(`
    format: json
    table: totals${COLUMNS}`);

  it('come to the same table, however often each record is delivered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 16 }),
        fc.array(fc.array(fc.nat(15), { maxLength: 8 }), { maxLength: 8 }),
        trouble,
        async (lines, deliveries, plan) => {
          const store = memoryStore();
          const failing = rig(upsert, shaky(store, plan));
          const sound = rig(upsert, store);
          const open = new Set(lines.keys());
          const deliver = async (which: readonly number[], { invoke } = failing) => {
            const known = which.filter((i) => i < lines.length);
            const records = known.map((i) => ({ id: `record-${i}`, data: json(lines[i]!) }));
            const answer = (await invoke(delivery(records))) as {
              records: { recordId: string; result: string }[];
            };
            const ids = answer.records.map(({ recordId }) => recordId);
            expect(ids).toEqual([...new Set(records.map(({ id }) => id))]);
            for (const { recordId, result } of answer.records) {
              if (result === 'Ok') open.delete(Number(recordId.slice('record-'.length)));
              else expect(result).toBe('DeliveryFailed');
            }
          };
          for (const which of deliveries) await deliver(which);
          await deliver([...open], sound);
          expect(open.size).toBe(0);
          expect(rowsOf(store)).toEqual(folded(lines));
          const whole = JSON.stringify(store.dump());
          await deliver([...lines.keys()], sound);
          expect(JSON.stringify(store.dump())).toBe(whole);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('need no memory of their ids where nothing is added', async () => {
    const latest = totals(`
    format: json
    table: totals
    key: { partition: [id] }
    version: at
    columns: { id: INTEGER, at: INTEGER, status: VARCHAR(8), low: { type: INTEGER, merge: min } }`);
    const store = memoryStore();
    const { invoke } = rig(latest, store);
    const rows = [3, 1, 2].map((at) => ({
      id: `r-${at}`,
      data: `{"id":1,"at":${at},"status":"s${at}","low":${at}}`,
    }));
    for (const row of [...rows, ...rows]) await invoke(delivery([row]));
    const [item] = Object.values(store.dump());
    expect(item).toMatchObject({ status: { S: 's3' }, low: { N: '1' } });
    expect(Object.keys(item!).filter((name) => name.startsWith('_'))).toEqual(['_n']);
  });
});
