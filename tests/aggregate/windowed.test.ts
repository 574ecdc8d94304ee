import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createDispatcher } from '../../functions/aggregate/dispatch.ts';
import type { Reread } from '../../functions/aggregate/windowed/reread.ts';
import type { FaultStore } from '../../shared/consume/faults.ts';
import { type Attributes, ResultTooLarge, type Store } from '../../shared/results/store.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { type MemoryStore, memoryStore } from '../helpers/memory-store.ts';
import { kinesisEvent, type WireRecord, windowEvent } from '../helpers/wire.ts';
import { applicationOf } from '../simulation/program.ts';
import { memoryFaults } from './harness.ts';

const APPLICATION = applicationOf(1);
const NOON = Date.UTC(2026, 4, 2, 12);
const MINUTE = { start: '2026-05-02T12:00:00Z', end: '2026-05-02T12:01:00Z' };
const noReread: Reread = (shardId) => {
  throw new Error(`records of ${shardId} are read again`);
};

interface Options {
  readonly faults?: FaultStore;
  readonly reread?: Reread;
  readonly sealBytes?: number;
  readonly application?: typeof APPLICATION;
}

function functionOf(store: Store, options: Options = {}) {
  const { faults = memoryFaults(), reread = noReread, application = APPLICATION } = options;
  const context = {
    application,
    graph: arrange(application.plan),
    tables: { prefix: 't-', state: 't-state' },
    store,
  };
  const { sealBytes } = options;
  const generation = async () => '';
  const services = { faults, reread, generation, ranges: null, ...(sealBytes && { sealBytes }) };
  const dispatch = createDispatcher(context, services);
  // What Lambda keeps of a state is its JSON.
  return async (event: Parameters<typeof dispatch>[0]) =>
    JSON.parse(JSON.stringify(await dispatch(event))) as { state?: Record<string, unknown> };
}

const records = (events: readonly object[]): WireRecord[] =>
  events.map((data, i) => ({
    data: { at: NOON + i, ...data },
    arrival: NOON + Math.min(59_999, i * 10),
  }));

/** Slices of all records, as one batch after the other. */
function batchesOf(all: readonly WireRecord[], sizes: readonly number[]) {
  const whole = kinesisEvent(all).Records;
  const batches = [];
  for (let from = 0, i = 0; from < whole.length; i++) {
    const size = sizes[i % sizes.length] ?? whole.length;
    batches.push(whole.slice(from, from + size));
    from += size;
  }
  return batches;
}

function windowed(
  Records: ReturnType<typeof kinesisEvent>['Records'],
  state: object,
  final = false,
) {
  return { ...windowEvent([], { ...MINUTE, state: { ...state }, final }), Records };
}

/**
 * What a reader sees: not whether a row was shown on the way and taken back, nor which epoch of a
 * shard wrote it, nor how often a top list has changed.
 */
function readable(store: MemoryStore): Record<string, Attributes> {
  const rows = Object.entries(store.dump()).filter(
    ([id, item]) => !isEpochs(id) && (item._gone === undefined || item._in !== undefined),
  );
  return Object.fromEntries(
    rows.map(([id, item]) => {
      const revision = item._top === undefined ? item.rows && '_rev' : '_n';
      const seen = Object.entries(item).filter(
        ([name]) => !/^_[ep]/.test(name) && name !== revision,
      );
      return [id, Object.fromEntries(seen)];
    }),
  );
}

function isEpochs(id: string): boolean {
  return id.includes('.epochs');
}

const arbitraryEvents = fc.array(
  fc.record({
    who: fc.option(fc.constantFrom('ann', 'bob', 'c|d', '', 'Ω'), { nil: null }),
    item: fc.option(fc.constantFrom('apple', 'bread', 'corn'), { nil: null }),
    amount: fc.option(fc.constantFrom(0.1, 0.2, -7.0001, 99_999_999.9999), { nil: null }),
    n: fc.option(fc.constantFrom(-3, 0, 1, 2, 5), { nil: null }),
    at: fc.constantFrom(NOON, NOON - 60_000, NOON - 110_000),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('the function with window state', () => {
  beforeAll(() => {
    vi.spyOn(console, 'log').mockImplementation(() => {});
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it('gives the tables of one batch, however the window is cut into batches and states', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
    const limits = fc.constantFrom(200, 900, 4_000, 700_000);
    await fc.assert(
      fc.asyncProperty(
        arbitraryEvents,
        sizes,
        limits,
        fc.boolean(),
        async (events, cut, seal, ends) => {
          const all = records(events);
          const expected = memoryStore();
          await functionOf(expected)(kinesisEvent(all));

          const store = memoryStore();
          const consume = functionOf(store, { sealBytes: seal });
          const batches = batchesOf(all, cut);
          let state: object = {};
          for (const [i, batch] of batches.entries()) {
            const final = ends && i === batches.length - 1;
            const event = windowed(batch, state, final);
            // Nobody hears the first answer: the same comes again.
            await consume(event);
            state = (await consume(event)).state!;
            const once = JSON.stringify(store.dump());
            await consume(event);
            expect(JSON.stringify(store.dump())).toBe(once);
          }
          if (!ends) state = (await consume(windowed([], state, true))).state!;
          expect(state).toEqual({});
          expect(readable(store)).toEqual(readable(expected));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('writes no group before the window ends, and rows of records at once', async () => {
    const store = memoryStore();
    const consume = functionOf(store);
    const [batch] = batchesOf(records([{ who: 'ann', item: 'apple', amount: 1, n: 2 }]), []);
    const { state } = await consume(windowed(batch!, {}));
    expect(Object.keys(readable(store)).map((id) => id.split('@')[0])).toEqual([
      't-results/app.ROWS_OUT',
    ]);
    await consume(windowed([], state!, true));
    expect(Object.keys(store.dump()).length).toBeGreaterThan(10);
  });

  it('passes over records that the state holds already', async () => {
    const store = memoryStore();
    const consume = functionOf(store);
    const all = kinesisEvent(records([{ who: 'ann' }, { who: 'ann' }, { who: 'ann' }])).Records;
    const { state } = await consume(windowed(all.slice(0, 2), {}));
    await consume(windowed(all, state!, true));
    const totals = Object.entries(store.dump()).find(([id]) => id.includes('app.TOTALS@'))!;
    expect(totals[1].calls).toEqual({ N: '3' });
  });

  it('ends a window whose last event says no more than that', async () => {
    const consume = functionOf(memoryStore());
    expect(await consume({ isFinalInvokeForWindow: true })).toEqual({
      batchItemFailures: [],
      state: {},
    });
    expect(await consume({ isWindowTerminatedEarly: true, Records: [], state: null })).toEqual({
      batchItemFailures: [],
      state: {},
    });
  });

  it('fails as a whole when a write fails, and is exact at the next try', async () => {
    const sound = memoryStore();
    let writes = 0;
    const failing: Store = {
      ...sound,
      update: async (update) => {
        if (++writes % 5 === 3) throw new Error('ThrottlingException');
        return sound.update(update);
      },
    };
    const all = records([
      { who: 'ann', n: 1 },
      { who: 'bob', n: 2 },
      { who: 'ann', amount: 0.1 },
    ]);
    const [batch] = batchesOf(all, []);
    const event = windowed(batch!, {}, true);
    await expect(functionOf(failing)(event)).rejects.toThrow('nothing of the window');
    await functionOf(sound)(event);
    const expected = memoryStore();
    await functionOf(expected)(kinesisEvent(all));
    expect(readable(sound)).toEqual(readable(expected));
  });

  it('reads the records of a state again that another program has folded', async () => {
    const all = records([
      { who: 'ann', n: 1 },
      { who: 'bob', n: 2 },
      { who: 'ann', n: 3 },
    ]);
    const [before, after] = batchesOf(all, [2]);
    const { state } = await functionOf(memoryStore(), { application: applicationOf(2) })(
      windowed(before!, {}),
    );
    const asked: unknown[] = [];
    const store = memoryStore();
    const consume = functionOf(store, {
      reread: async function* (shardId, range) {
        asked.push([shardId, range]);
        yield before!;
      },
    });
    await consume(windowed(after!, state!, true));
    const [first, last] = before!.map(({ kinesis }) => kinesis.sequenceNumber);
    expect(asked).toEqual([['shardId-000000000000', { first, last }]]);
    const expected = memoryStore();
    await functionOf(expected)(kinesisEvent(all));
    expect(readable(store)).toEqual(readable(expected));
  });

  it('sets aside the record that a result cannot hold, and nothing else', async () => {
    const sound = memoryStore();
    const full: Store = {
      ...sound,
      update: async (update) => {
        const amount = update.set?.amount?.N ?? '';
        // Without the second record it is 1, then 4.
        if (update.key.pk.startsWith('app.TOTALS@') && !['1', '4'].includes(amount)) {
          throw new ResultTooLarge(update.key, new Error('over 400 KB'));
        }
        return sound.update(update);
      },
    };
    const all = records([1, 2, 3].map((amount) => ({ who: 'ann', amount })));
    const [batch] = batchesOf(all, []);
    const faults = memoryFaults();
    const reread: Reread = async function* () {
      yield batch!;
    };
    await functionOf(full, { faults, reread })(windowed(batch!, {}, true));
    const put = [...faults.objects.values()].filter(({ result }) => result !== undefined);
    expect(put.map(({ sequenceNumber, data }) => [sequenceNumber, data])).toEqual([
      [batch![1]!.kinesis.sequenceNumber, batch![1]!.kinesis.data],
    ]);
    const totals = Object.entries(sound.dump()).find(([id]) => id.includes('app.TOTALS@'))!;
    expect(totals[1].amount).toEqual({ N: '4' });
  });

  it('keeps the shard waiting where it cannot read a state', async () => {
    const consume = functionOf(memoryStore());
    const [batch] = batchesOf(records([{ who: 'ann' }]), []);
    const { state } = await consume(windowed(batch!, {}));
    for (const wrong of [
      { ...state, v: 2 },
      { ...state, v: '1' },
      { ...state, shard: 'shardId-000000000001' },
      { total: 5 },
    ]) {
      await expect(consume(windowed(batch!, wrong))).rejects.toMatchObject({
        name: 'UnusableState',
      });
    }
  });

  it('keeps every state below the 1 MB that Lambda takes', async () => {
    const store = memoryStore();
    const consume = functionOf(store);
    const names = Array.from({ length: 12_000 }, (_, i) =>
      `person-${i % 7_000}"\\${i}`.slice(0, 16),
    );
    const all = records(names.map((who, i) => ({ who, item: `item ${i}`, amount: i / 7, n: i })));
    let state: object = {};
    let largest = 0;
    for (const batch of batchesOf(all, [1_500])) {
      state = (await consume(windowed(batch, state))).state!;
      largest = Math.max(largest, Buffer.byteLength(JSON.stringify(state)));
    }
    expect(largest).toBeGreaterThan(400_000);
    expect(largest).toBeLessThan(1 << 20);
  });
});
