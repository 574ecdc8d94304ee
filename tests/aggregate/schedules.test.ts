import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Store } from '../../shared/results/store.ts';
import type { Row } from '../../shared/sql/types.ts';
import { type MemoryStore, memoryStore } from '../helpers/memory-store.ts';
import { FIRST_SEQUENCE, kinesisEvent } from '../helpers/wire.ts';
import { everyKind } from './every-kind.ts';
import { applicationOf, batchRows, consumerOf, memoryFaults, tableRows } from './harness.ts';

const NOON = Date.UTC(2026, 4, 2, 12);
interface Event {
  readonly who: string | null;
  readonly n: number | null;
  readonly gap: number;
  readonly behind: number;
}
const arbitraryEvent: fc.Arbitrary<Event> = fc.record({
  who: fc.option(fc.constantFrom('a', 'b', 'c', 'd|e', '')),
  n: fc.option(fc.oneof(fc.integer({ min: -5, max: 50 }), fc.constant(2 ** 53 - 1))),
  gap: fc.integer({ min: 0, max: 25_000 }),
  behind: fc.integer({ min: 0, max: 90_000 }),
});
const arbitraryRun = fc.record({
  lanes: fc.array(fc.array(arbitraryEvent, { minLength: 1, maxLength: 14 }), {
    minLength: 1,
    maxLength: 3,
  }),
  deliveries: fc.array(
    fc.record({ lane: fc.nat(2), size: fc.integer({ min: 1, max: 8 }), back: fc.nat(5) }),
    { maxLength: 12 },
  ),
  fates: fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
});

/** Writes are lost before or after they reach the table: 0 and 1 of 10. */
function unreliable(store: Store, next: () => number): Store {
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    const fate = next();
    if (fate === 0) throw new Error('request lost');
    const answer = await work();
    if (fate === 1) throw new Error('answer lost');
    return answer;
  };
  return {
    read: (key) => call(() => store.read(key)),
    update: (update) => call(() => store.update(update)),
    put: (key, item, condition) => call(() => store.put(key, item, condition)),
  };
}

beforeAll(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterAll(() => vi.restoreAllMocks());

/** The records of each lane, by shard, as the stream holds them. */
function streamOf(lanes: readonly (readonly Event[])[]) {
  return lanes.map((events) => {
    let at = NOON;
    return events.map(({ who: name, n, gap, behind }) => {
      at += gap;
      return { arrival: at, data: { at: at - behind, who: name, n } };
    });
  });
}

type Stream = ReturnType<typeof streamOf>;

function batchOf(stream: Stream, lane: number, from: number, to: number) {
  return kinesisEvent(stream[lane]!.slice(from, to), {
    shardId: `shardId-00000000000${lane}`,
    firstSequence: FIRST_SEQUENCE + BigInt(from),
  });
}

const plan = everyKind();
const application = applicationOf(plan);
const OUTPUTS = Object.keys(application.outputs);

function expectExact(stream: Stream, items: ReturnType<MemoryStore['dump']>): void {
  const rows = stream
    .flat()
    .map(({ arrival: time, data }): Row => [time, data.at, data.who, data.n]);
  for (const name of OUTPUTS) {
    expect(tableRows(items, name), name).toEqual(batchRows(plan, rows, name));
  }
}

describe('the aggregate function gives the tables of one pass over all records', () => {
  it('under any schedule of repeats and losses; a replay changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRun, async ({ lanes, deliveries, fates }) => {
        const stream = streamOf(lanes);
        const store = memoryStore();
        const luck = fates[Symbol.iterator]();
        const faults = memoryFaults();
        const next = () => luck.next().value as number;
        const flaky = consumerOf(application, unreliable(store, next), faults);
        const sound = consumerOf(application, store, faults);
        /** Records before the checkpoint have been delivered and reported as done. */
        const checkpoint = lanes.map(() => 0);
        for (const { lane, size, back } of deliveries) {
          if (lane >= lanes.length) continue;
          const from = Math.max(0, checkpoint[lane]! - back);
          const to = Math.min(stream[lane]!.length, checkpoint[lane]! + size);
          if (from >= to) continue;
          const { batchItemFailures } = await flaky(batchOf(stream, lane, from, to));
          const failed = batchItemFailures[0]?.itemIdentifier;
          const done = failed === undefined ? to : Number(BigInt(failed) - FIRST_SEQUENCE);
          checkpoint[lane] = Math.max(checkpoint[lane]!, done);
        }
        for (const lane of lanes.keys()) {
          const rest = batchOf(stream, lane, checkpoint[lane]!, stream[lane]!.length);
          expect((await sound(rest)).batchItemFailures).toEqual([]);
        }
        expectExact(stream, store.dump());
        const before = store.dump();
        for (const lane of lanes.keys()) {
          await sound(batchOf(stream, lane, 0, stream[lane]!.length));
        }
        expect(store.dump()).toEqual(before);
        expect(faults.objects.size).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('with shards side by side and old invocations that wake up late', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRun, fc.scheduler(), async ({ lanes }, scheduler) => {
        const stream = streamOf(lanes);
        const store = memoryStore();
        const whenever = <T>(work: () => Promise<T>): Promise<T> =>
          scheduler.schedule(Promise.resolve()).then(work);
        const slow: Store = {
          read: (key) => whenever(() => store.read(key)),
          update: (update) => whenever(() => store.update(update)),
          put: (key, item, condition) => whenever(() => store.put(key, item, condition)),
        };
        const consume = consumerOf(application, slow, memoryFaults());
        const shards = stream.flatMap((records, lane) => {
          const half = records.length >> 1;
          const inOrder = async () => {
            await consume(batchOf(stream, lane, 0, half));
            await consume(batchOf(stream, lane, half, records.length));
          };
          return [inOrder(), consume(batchOf(stream, lane, 0, half))];
        });
        await scheduler.waitFor(Promise.all(shards));
        expectExact(stream, store.dump());
      }),
      { numRuns: 150 },
    );
  });
});
