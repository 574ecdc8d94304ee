import fc from 'fast-check';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { consume, type StreamEvent } from '../../shared/consume/consume.ts';
import { type FaultyRecord, faultKey } from '../../shared/consume/faults.ts';
import { FIRST_SEQUENCE, kinesisEvent } from '../helpers/wire.ts';
import { createWorld, runMapping } from '../local/mapping-harness.ts';
import { type Batch, batches, createHandler, orders, type Plan, wireOf } from './model.ts';

const number = (i: number): string => String(FIRST_SEQUENCE + BigInt(i));
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  process.on('unhandledRejection', note);
});
afterAll(() => {
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

/** Damages what was planned without user records. */
function damage<E extends StreamEvent>(event: E, isDamaged: (index: number) => boolean): E {
  const Records = event.Records!.map((record, i) =>
    isDamaged(i) ? { ...record, kinesis: { ...record.kinesis, data: '%%%%' } } : record,
  );
  return { ...event, Records };
}

function storeInMemory() {
  const kept = new Map<string, FaultyRecord>();
  const put = async (record: FaultyRecord) => void kept.set(faultKey(record), record);
  return { kept, faults: { store: { put }, application: 'mine', stream: 'clicks' } };
}

/** The first outcome of every user record, and none of it known to the code under test. */
function expected(batch: Batch) {
  const first = (one: Plan) => one.outcomes[0];
  const failed = batch.findIndex((list) => list.some((one) => first(one) === 'retryable'));
  const limit = failed < 0 ? batch.length : failed;
  const before = batch.slice(0, limit);
  return {
    limit,
    response: failed < 0 ? [] : [{ itemIdentifier: number(failed) }],
    before: before.flat(),
    faults: before.flatMap((list, i) => {
      const subs = list.flatMap((one, sub) => (first(one) === 'final' ? [sub] : []));
      const all = list.length === 0 ? [0] : subs;
      return all.length === 0 ? [] : [[number(i), all]];
    }),
  };
}

it('one delivery: the smallest replay, every scope in order, faults only of what is done', async () => {
  await fc.assert(
    fc.asyncProperty(batches(false), orders, async (batch, options) => {
      const { handle, begun, atWork } = createHandler(batch);
      const { kept, faults } = storeInMemory();
      const event = damage(kinesisEvent(batch.map(wireOf)), (i) => batch[i]!.length === 0);
      const response = await consume(event, handle, { ...options, faults });
      const model = expected(batch);

      expect(response.batchItemFailures).toEqual(model.response);
      expect(atWork.size).toBe(0);
      const times = new Map<number, number>();
      for (const { plan } of begun) times.set(plan.id, (times.get(plan.id) ?? 0) + 1);
      expect([...times.values()].every((count) => count === 1)).toBe(true);
      expect(model.before.filter((one) => !times.has(one.id))).toEqual([]);
      expect(
        [...kept.values()]
          .map((r) => [r.sequenceNumber, r.faults.map((fault) => fault.subSequenceNumber)])
          .sort(),
      ).toEqual(model.faults);

      const { order = 'shard', concurrency = 1 } = options as {
        order?: string;
        concurrency?: number;
      };
      const scopes = order === 'shard' ? [batch.flat()] : byKey(batch.flat());
      for (const scope of scopes) {
        const seen = begun.filter(({ plan }) => scope.includes(plan));
        expect(seen.map(({ plan }) => plan.id)).toEqual(scope.slice(0, seen.length).map(idOf));
        expect(seen.slice(0, -1).filter(({ outcome }) => outcome === 'retryable')).toEqual([]);
      }
      for (const { plan, beside } of begun) {
        expect(beside.length).toBeLessThan(concurrency);
        if (order === 'partition-key') expect(beside.map(keyOf)).not.toContain(plan.key);
      }
    }),
    { numRuns: 300 },
  );
});

it('repeated deliveries: every record is done or a fault once all is over, and none too early', async () => {
  await fc.assert(
    fc.asyncProperty(
      batches(true),
      orders,
      fc.record({
        batchSize: fc.integer({ min: 1, max: 8 }),
        bisectBatchOnFunctionError: fc.boolean(),
        killed: fc.func(fc.integer({ min: 0, max: 4 })),
      }),
      async (batch, options, { killed, ...settings }) => {
        const { handle, begun } = createHandler(batch);
        const { kept, faults } = storeInMemory();
        const world = createWorld();
        const shardId = 'shardId-000000000000';
        const indexOf = new Map<string, number>();
        batch.forEach((list, i) => {
          const { data, partitionKey } = wireOf(list);
          const bytes = Buffer.from(data instanceof Buffer ? data : JSON.stringify(data));
          indexOf.set(world.stream.put(shardId, bytes, partitionKey), i);
        });
        await runMapping(
          world,
          { ...settings, backoffMs: 100, backoffMaxMs: 100 },
          async ({ event }, n) => {
            const isDamaged = (i: number) =>
              batch[indexOf.get(event.Records[i]!.kinesis.sequenceNumber)!]!.length === 0;
            const response = await consume(damage(event, isDamaged), handle, {
              ...options,
              faults,
            });
            // The function may die with all its work done and nobody told.
            if (n < 20 && killed(n) === 0) throw new Error('killed');
            return response;
          },
          120_000,
        );
        const checkpoints = world.reports.filter(({ kind }) => kind === 'checkpoint');
        expect(checkpoints.reduce((sum, r) => sum + ('records' in r ? r.records : 0), 0)).toBe(
          batch.length,
        );
        const last = new Map(begun.map(({ plan, outcome }) => [plan.id, outcome]));
        for (const [i, list] of batch.entries()) {
          const sequenceNumber = [...indexOf.keys()][i]!;
          const key = `faults/mine/${shardId}/${sequenceNumber}.json`;
          const aside = kept.get(key)?.faults.map((fault) => fault.subSequenceNumber) ?? [];
          if (list.length === 0) expect(aside).toEqual([0]);
          for (const [sub, one] of list.entries()) {
            expect(last.get(one.id)).not.toBe('retryable');
            if (last.get(one.id) === 'final') expect(aside).toContain(sub);
          }
        }
        // A record begins only when all before it in its scope are done, or given up.
        const over = new Set<number>();
        const scopes = 'order' in options ? byKey(batch.flat()) : [batch.flat()];
        for (const { plan, outcome } of begun) {
          const scope = scopes.find((one) => one.includes(plan))!;
          const before = scope.slice(0, scope.indexOf(plan));
          expect(before.filter((one) => !over.has(one.id))).toEqual([]);
          if (outcome !== 'retryable') over.add(plan.id);
        }
      },
    ),
    { numRuns: 150 },
  );
});

function byKey(plans: readonly Plan[]): Plan[][] {
  return [...Map.groupBy(plans, keyOf).values()];
}

function keyOf({ key }: Plan): string {
  return key;
}

function idOf({ id }: Plan): number {
  return id;
}
