import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { besideHeat } from '../../../functions/aggregate/heat/beside.ts';
import { createHeatKeeper, EVERY_MS } from '../../../functions/aggregate/heat/keeper.ts';
import { MAX_HASH_KEY } from '../../../shared/kpl/hash-key.ts';
import { type KinesisBatch, readEvent } from '../../../shared/records/event.ts';
import { heatKey, storedHeat } from '../../../shared/resharding/heats.ts';
import type { Store } from '../../../shared/results/store.ts';
import { layOver, loadsOf } from '../../../shared/scaling/heat-range.ts';
import { NO_LOAD, plus } from '../../../shared/scaling/load.ts';
import { HEAT_HALF_LIFE_MS } from '../../../shared/scaling/policy.ts';
import { uniformRanges } from '../../../shared/scaling/ring.ts';
import { memoryStore } from '../../helpers/memory-store.ts';
import { NOW } from '../../scaling/arbitrary.ts';
import { eventOf, plain } from './events.ts';

const SHARD = 'shardId-000000000000';
const KEY = heatKey('state', 'orders', SHARD);
const WHOLE = { start: 0n, end: MAX_HASH_KEY };

let lines: Record<string, unknown>[] = [];
beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line) => lines.push(JSON.parse(line)));
});
afterEach(() => vi.restoreAllMocks());

interface Bench {
  time: number;
  readonly feed: (event: KinesisBatch) => Promise<void>;
  readonly heat: () => Promise<ReturnType<typeof storedHeat>>;
}

function open(store: Store = memoryStore(), range = WHOLE): Bench {
  const keeper = createHeatKeeper({
    ...{ store, stateTable: 'state', stream: 'orders', application: 'app' },
    ranges: async () => range,
    now: () => bench.time,
  });
  const bench: Bench = {
    time: NOW,
    feed: async (event) => {
      readEvent(event, keeper.watch(SHARD));
      await keeper.keep(event);
    },
    heat: async () => storedHeat(await store.read(KEY), KEY),
  };
  return bench;
}

const records = async ({ heat }: Bench): Promise<number> =>
  (await heat())!.cells.reduce(plus, NO_LOAD).records;
const halved = (ms: number): number => 0.5 ** (ms / HEAT_HALF_LIFE_MS);
const keys = (count: number, name = 'k') =>
  Array.from({ length: count }, (_, i) => plain(`${name}${i}`, 100));

describe('the keeper of heat', () => {
  it('writes at once, then every thirty seconds, and adds to what is there', async () => {
    const store = memoryStore();
    const write = vi.spyOn(store, 'update');
    const bench = open(store);
    await bench.feed(eventOf(keys(50), 1n));
    expect(await records(bench)).toBeCloseTo(50, 0);
    bench.time += EVERY_MS - 1;
    await bench.feed(eventOf(keys(50), 100n));
    expect(write).toHaveBeenCalledTimes(1);
    bench.time += 1;
    await bench.feed(eventOf([], 200n));
    await bench.feed(eventOf(keys(1), 200n));
    expect(write).toHaveBeenCalledTimes(2);
    // 50 that have decayed since, and 51.
    expect(await records(bench)).toBeCloseTo(50 * halved(EVERY_MS) + 51, 0);
    expect((await store.read(KEY))?.expires?.N).toBe(String((NOW + EVERY_MS) / 1_000 + 3_600));
  });

  it('counts a batch that comes again once', async () => {
    const bench = open();
    for (let i = 0; i < 5; i++) {
      await bench.feed(eventOf(keys(50), 1n));
      bench.time += EVERY_MS;
    }
    expect(await records(bench)).toBeCloseTo(50, 0);
  });

  it('waits where another process has written the shard just now', async () => {
    const store = memoryStore();
    const [one, other] = [open(store), open(store)];
    const write = vi.spyOn(store, 'update');
    await one.feed(eventOf(keys(50), 1n));
    other.time = NOW + 4_000;
    await other.feed(eventOf(keys(20), 100n));
    expect(write).toHaveBeenCalledTimes(1);
    other.time = NOW + EVERY_MS;
    await other.feed(eventOf(keys(1), 200n));
    expect(write).toHaveBeenCalledTimes(2);
    expect(await records(other)).toBeCloseTo(50 * halved(EVERY_MS) + 21, 0);
  });

  it('reads a shard once, and from then on asks in one call whether somebody else wrote it', async () => {
    const store = memoryStore();
    const [read, write] = [vi.spyOn(store, 'read'), vi.spyOn(store, 'update')];
    const bench = open(store);
    for (let i = 0; i < 5; i++) {
      await bench.feed(eventOf(keys(50), BigInt(i * 100 + 1)));
      bench.time += EVERY_MS;
    }
    expect(read).toHaveBeenCalledTimes(1);
    expect(write).toHaveBeenCalledTimes(5);
  });

  it('loses no sample where a shard goes from process to process', async () => {
    const store = memoryStore();
    const read = vi.spyOn(store, 'read');
    const [one, other] = [open(store), open(store)];
    await one.feed(eventOf(keys(50), 1n));
    other.time = NOW + EVERY_MS;
    await other.feed(eventOf(keys(50), 100n));
    // It takes its own write for the last one. The other's is five seconds old.
    one.time = NOW + EVERY_MS + 5_000;
    await one.feed(eventOf(keys(50), 200n));
    expect(await records(one)).toBeCloseTo(50 + 50 * halved(EVERY_MS), 0);
    // No samples of its own: those that did not get in are due.
    one.time = NOW + 2 * EVERY_MS;
    await one.feed(eventOf([plain('k', 1)], 200n));
    const [first, second, third] = [2 * EVERY_MS, EVERY_MS, EVERY_MS - 5_000].map(halved);
    expect(await records(one)).toBeCloseTo(50 * (first! + second! + third!), 0);
    read.mockClear();
    one.time += EVERY_MS;
    await one.feed(eventOf(keys(1), 300n));
    expect(read).not.toHaveBeenCalled();
  });

  it('counts once what was written though the answer was lost and the call came twice', async () => {
    const store = memoryStore();
    const bench = open(store);
    const { update } = store;
    vi.spyOn(store, 'update').mockImplementation(async (one) => {
      await update(one);
      return update(one);
    });
    await bench.feed(eventOf(keys(50), 1n));
    bench.time += EVERY_MS;
    await bench.feed(eventOf(keys(50), 100n));
    expect(await records(bench)).toBeCloseTo(50 + 50 * halved(EVERY_MS), 0);
    bench.time += EVERY_MS;
    await bench.feed(eventOf([], 200n));
    expect(await records(bench)).toBeCloseTo(50 + 50 * halved(EVERY_MS), 0);
  });

  it('finds the half of the ring that is hot', async () => {
    const bench = open();
    const hot = keys(900).filter(({ partitionKey }) => partitionKey !== 'k1');
    await bench.feed(eventOf([...keys(100, 'cold'), ...hot.map(() => plain('k1', 100))], 1n));
    const cells = layOver({ bytes: 1e6, records: 1_000 }, await bench.heat());
    const [left, right] = loadsOf(cells, uniformRanges(2)).map(({ records }) => records / 1_000);
    expect(Math.max(left!, right!)).toBeGreaterThan(0.85);
  });

  it('spreads what was put with an explicit hash key over its shard', async () => {
    const [, range] = uniformRanges(4);
    const bench = open(memoryStore(), range);
    // The MD5 of `a` lies in another quarter.
    await bench.feed(
      eventOf(
        Array.from({ length: 100 }, () => plain('a', 10)),
        1n,
      ),
    );
    await bench.feed(eventOf([], 1n));
    const { cells } = (await bench.heat())!;
    expect(cells.length).toBeGreaterThan(20);
    for (const { start } of cells.filter(({ bits }) => bits > 2)) {
      expect(start >= range!.start && start <= range!.end).toBe(true);
    }
  });

  it('begins anew where the stored heat is damaged or of the future', async () => {
    const store = memoryStore();
    const bench = open(store);
    await store.put(KEY, { heat: { B: Buffer.from('oops') } });
    await bench.feed(eventOf(keys(50), 1n));
    expect(lines).toMatchObject([{ level: 'warn', message: 'the heat of a shard cannot be read' }]);
    expect(await records(bench)).toBeCloseTo(50, 0);
    const early = open(store);
    early.time = NOW - 3_600_000;
    await early.feed(eventOf(keys(20), 1n));
    expect(await records(early)).toBeCloseTo(20, 0);
  });

  it('counts and logs what fails, and goes on with the next write', async () => {
    const store = memoryStore();
    const put = vi.spyOn(store, 'update').mockRejectedValueOnce(new Error('no'));
    const bench = open(store);
    await bench.feed(eventOf(keys(50), 1n));
    await bench.feed(eventOf(keys(50), 100n));
    expect(put).toHaveBeenCalledTimes(1);
    expect(lines).toMatchObject([
      { level: 'warn', message: 'heat was not kept', shardId: SHARD, reason: 'no' },
      { Application: 'app', HeatFailures: 1 },
    ]);
    bench.time += EVERY_MS;
    await bench.feed(eventOf(keys(1), 200n));
    expect(await records(bench)).toBeCloseTo(51, 0);
  });
});

describe('beside a batch', () => {
  it('is neither a failure of it nor a delay, whatever becomes of the heat', async () => {
    const never = { watch: () => () => {}, keep: () => new Promise<void>(() => {}) };
    expect(await besideHeat(async () => 'done', never)({})).toBe('done');
    expect(lines).toMatchObject([{ level: 'warn' }]);
    const failing = besideHeat(async () => {
      throw new Error('the batch');
    }, never);
    await expect(failing({})).rejects.toThrow('the batch');
    const bench = createHeatKeeper({
      ...{ store: memoryStore(), stateTable: 'state', stream: 'orders', application: 'app' },
      ranges: async () => {
        throw new Error('no shards');
      },
    });
    expect(await besideHeat(async () => 'done', bench)(eventOf(keys(1), 1n))).toBe('done');
    expect(lines.at(-2)).toMatchObject({ message: 'heat was not kept', reason: 'no shards' });
  });
});
