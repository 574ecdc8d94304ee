import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLane } from '../../shared/results/lane.ts';
import type { Store } from '../../shared/results/store.ts';
import { addOnce, merge, ROWS } from '../../shared/results/upsert.ts';
import { memoryStore } from '../helpers/memory-store.ts';

const KEY = { table: 't', pk: 'p', sk: 's' };
const FIRST = 49590338271490256608559692538361571095921575989136588898n;
const sequence = (i: number): string => String(FIRST + BigInt(i) * 2_564_131_663_402_632_534_000n);

interface Part {
  first: number;
  last: number;
  rows: number;
  sum: number;
  best: number;
}

/** What records from `from` on bring, or null where none touches the item. */
function partOf(values: readonly (number | null)[], from: number): Part | null {
  const touched = values.flatMap((v, i) => (v === null || i < from ? [] : [{ v, i }]));
  if (touched.length === 0) return null;
  const sum = touched.reduce((total, { v }) => total + v, 0);
  const best = Math.max(...touched.map(({ v }) => v));
  return { first: touched[0]!.i, last: touched.at(-1)!.i, rows: touched.length, sum, best };
}

/** A client whose calls may fail before they reach the table, or lose the answer after. */
function unreliable(store: Store, next: () => 'ok' | 'lost request' | 'lost answer'): Store {
  return {
    read: store.read,
    put: store.put,
    update: async (update) => {
      const fate = next();
      if (fate === 'lost request') throw new Error('timeout');
      const outcome = await store.update(update);
      if (fate === 'lost answer') throw new Error('timeout');
      return outcome;
    },
  };
}

const arbitrarySchedule = fc.record({
  /** Two shards; null: the record does not touch the item. */
  lanes: fc.array(
    fc.array(fc.option(fc.integer({ min: -9, max: 99 })), { minLength: 1, maxLength: 12 }),
    {
      minLength: 1,
      maxLength: 2,
    },
  ),
  /** Which lane is served, how many records, and how far behind its checkpoint it starts. */
  deliveries: fc.array(
    fc.record({ lane: fc.nat(1), size: fc.integer({ min: 1, max: 6 }), back: fc.nat(4) }),
    { maxLength: 20 },
  ),
  fates: fc.infiniteStream(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('ok' as const) },
      fc.constant('lost request' as const),
      fc.constant('lost answer' as const),
    ),
  ),
});

type Deliver = (
  store: Store,
  shard: string,
  sequences: string[],
  values: (number | null)[],
) => Promise<void>;

/** Any batches, repeats and losses; in the end every lane is read to its end without faults. */
async function run(
  schedule: typeof arbitrarySchedule extends fc.Arbitrary<infer T> ? T : never,
  deliver: Deliver,
) {
  const table = memoryStore();
  const fates = schedule.fates[Symbol.iterator]();
  const flaky = unreliable(table, () => fates.next().value as 'ok');
  const done = schedule.lanes.map(() => 0);
  const serve = async (lane: number, from: number, to: number, store: Store): Promise<void> => {
    const values = schedule.lanes[lane]!.slice(from, to);
    const sequences = values.map((_, i) => sequence(from + i));
    await deliver(store, `shardId-00000000000${lane}`, sequences, values);
    done[lane] = Math.max(done[lane]!, to);
  };
  for (const { lane, size, back } of schedule.deliveries) {
    if (lane >= schedule.lanes.length) continue;
    const from = Math.max(0, done[lane]! - back);
    const to = Math.min(schedule.lanes[lane]!.length, from + size);
    await serve(lane, from, to, flaky).catch((error: Error) =>
      expect(error.message).toBe('timeout'),
    );
  }
  for (const [lane, values] of schedule.lanes.entries()) await serve(lane, 0, values.length, table);
  return table.dump()['t/p/s'];
}

const all = (lanes: (number | null)[][]): number[] => lanes.flat().filter((v) => v !== null);

describe('upserts with fences', () => {
  it('add every record exactly once under any schedule', async () => {
    const deliver: Deliver = async (store, shard, sequences, values) => {
      const lane = createLane(shard, sequences);
      const delta = (from: number) => {
        const part = partOf(values, from);
        return (
          part && { ...part, add: { [ROWS]: String(part.rows), total: String(part.sum) }, set: {} }
        );
      };
      const whole = delta(0);
      if (whole !== null) await addOnce(store, KEY, lane, whole, delta);
    };
    await fc.assert(
      fc.asyncProperty(arbitrarySchedule, async (schedule) => {
        const item = await run(schedule, deliver);
        const values = all(schedule.lanes);
        expect(Number(item?.[ROWS]?.N ?? 0)).toBe(values.length);
        expect(Number(item?.total?.N ?? 0)).toBe(values.reduce((a, b) => a + b, 0));
      }),
      { numRuns: 300 },
    );
  });

  it('merge every record exactly once under any schedule', async () => {
    const deliver: Deliver = async (store, shard, sequences, values) => {
      const lane = createLane(shard, sequences);
      const whole = partOf(values, 0);
      if (whole === null) return;
      await merge(store, KEY, (item) => {
        const part = lane.lacking(item, whole, (from) => partOf(values, from));
        if (part === null) return null;
        const best = Math.max(part.best, Number(item?.best?.N ?? Number.NEGATIVE_INFINITY));
        return {
          set: {
            best: { N: String(best) },
            total: { N: String(part.sum + Number(item?.total?.N ?? 0)) },
            [ROWS]: { N: String(part.rows + Number(item?.[ROWS]?.N ?? 0)) },
            ...lane.marks(item, part),
          },
        };
      });
    };
    await fc.assert(
      fc.asyncProperty(arbitrarySchedule, async (schedule) => {
        const item = await run(schedule, deliver);
        const values = all(schedule.lanes);
        expect(Number(item?.[ROWS]?.N ?? 0)).toBe(values.length);
        expect(Number(item?.total?.N ?? 0)).toBe(values.reduce((a, b) => a + b, 0));
        if (values.length > 0) expect(Number(item?.best?.N)).toBe(Math.max(...values));
      }),
      { numRuns: 300 },
    );
  });
});
