import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAggregate } from '../../shared/kpl/decode.ts';
import { hashKeyOf, MAX_HASH_KEY } from '../../shared/kpl/hash-key.ts';
import { backOffMs } from '../../shared/producer/back-off.ts';
import { takeBatch } from '../../shared/producer/batch.ts';
import type { Entry } from '../../shared/producer/entry.ts';
import { requestFailure } from '../../shared/producer/failures.ts';
import { enqueue, newLane } from '../../shared/producer/lane.ts';
import { createLanes } from '../../shared/producer/lanes.ts';
import { createLatencies } from '../../shared/producer/latencies.ts';
import { createRecordBuffer } from '../../shared/producer/record-buffer.ts';
import { createRounds } from '../../shared/producer/rounds.ts';
import { createShardMap } from '../../shared/producer/shard-map.ts';

function entry(partitionKey: string, size = 10, alone = false): Entry {
  const data = Buffer.alloc(size, 'x');
  const bytes = size + Buffer.byteLength(partitionKey);
  const hashKey = hashKeyOf(partitionKey);
  const round = createRounds().enter();
  const state = { putAt: 0, round, attempts: 0, mayHaveArrived: false };
  return { partitionKey, data, bytes, hashKey, alone, ...state, resolve() {}, reject() {} };
}

describe('takeBatch', () => {
  const anEntry = fc
    .tuple(fc.constantFrom('a', 'b', 'c', 'dé', 'e'), fc.nat(600), fc.boolean())
    .map(([key, size, alone]) => entry(key, size, alone));
  const rules = fc.record({
    aggregateBytes: fc.constantFrom(0, 64, 500, 51_200),
    aggregateCount: fc.constantFrom(1, 2, 1_000),
    isOrdered: fc.boolean(),
  });
  const room = fc.record({
    records: fc.integer({ min: 1, max: 20 }),
    bytes: fc.integer({ min: 700, max: 5_000 }),
  });

  it('loses nothing, keeps to every limit, and has no key under way twice', () => {
    fc.assert(
      fc.property(fc.array(anEntry, { maxLength: 60 }), rules, room, (entries, limits, space) => {
        const lane = newLane('s');
        for (const one of entries) enqueue(lane, one);
        const arrived: Entry[] = [];
        while (lane.queue.length > 0) {
          const parcels = takeBatch(lane, limits, space);
          // An empty request has room for any record.
          expect(parcels.length).toBeGreaterThan(0);
          expect(parcels.length).toBeLessThanOrEqual(space.records);
          const keys: string[] = [];
          let bytes = 0;
          for (const { entries: inside, record, bytes: said } of parcels) {
            const size = record.data.length + Buffer.byteLength(record.partitionKey);
            expect(said).toBe(size);
            bytes += size;
            keys.push(...new Set(inside.map(({ partitionKey }) => partitionKey)));
            if (inside.length > 1) {
              expect(size).toBeLessThanOrEqual(limits.aggregateBytes);
              expect(inside.length).toBeLessThanOrEqual(limits.aggregateCount);
              expect(inside.every(({ alone }) => !alone)).toBe(true);
              expect(decodeAggregate(record.data)).toMatchObject({ count: inside.length });
            }
            arrived.push(...inside);
          }
          expect(bytes).toBeLessThanOrEqual(space.bytes);
          if (limits.isOrdered) expect(new Set(keys).size).toBe(keys.length);
        }
        expect(lane.queuedBytes).toBe(0);
        expect(new Set(arrived)).toEqual(new Set(entries));
        expect(arrived).toHaveLength(entries.length);
        if (!limits.isOrdered) return;
        for (const key of ['a', 'b', 'c', 'dé', 'e']) {
          const of = (list: readonly Entry[]) => list.filter((one) => one.partitionKey === key);
          expect(of(arrived)).toEqual(of(entries));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes nothing where the request has no room, and only so many while it searches', () => {
    const lane = newLane('s');
    for (let i = 0; i < 10; i++) enqueue(lane, entry(`k${i}`));
    const limits = { aggregateBytes: 51_200, aggregateCount: 100, isOrdered: true };
    expect(takeBatch(lane, limits, { records: 5, bytes: 5 })).toEqual([]);
    expect(lane.queue).toHaveLength(10);
    lane.most = 3;
    const [parcel] = takeBatch(lane, limits, { records: 5, bytes: 5_000 });
    expect(parcel!.entries).toHaveLength(3);
    expect(lane.queue).toHaveLength(7);
  });
});

const shard = (id: string, start: bigint, end: bigint, more: object = {}) => ({
  ShardId: id,
  HashKeyRange: { StartingHashKey: start.toString(), EndingHashKey: end.toString() },
  SequenceNumberRange: { StartingSequenceNumber: '1' },
  ...more,
});
const closed = { SequenceNumberRange: { StartingSequenceNumber: '1', EndingSequenceNumber: '2' } };
const HALF = 2n ** 127n;

describe('createShardMap', () => {
  it('finds the open shard of each hash key', () => {
    const edges = [0n, HALF / 4n, HALF / 2n, HALF, HALF + 5n, HALF + HALF / 2n, MAX_HASH_KEY + 1n];
    const open = edges.slice(1).map((end, i) => shard(`s${i}`, edges[i]!, end - 1n));
    const map = createShardMap([...open].reverse())!;
    for (let i = 0; i < open.length; i++) {
      expect(map.shardOf(edges[i]!)).toBe(`s${i}`);
      expect(map.shardOf(edges[i + 1]! - 1n)).toBe(`s${i}`);
    }
  });

  it('knows closed shards, also those that have only children to tell it by', () => {
    const children = [
      shard('a', 0n, HALF - 1n, { ParentShardId: 'p' }),
      shard('b', HALF, MAX_HASH_KEY, { ParentShardId: 'p' }),
    ];
    for (const parent of [shard('p', 0n, MAX_HASH_KEY, closed), shard('p', 0n, MAX_HASH_KEY)]) {
      const map = createShardMap([parent, ...children])!;
      expect(map.isOpen('p')).toBe(false);
      expect(map.range('p')).toEqual({ start: 0n, end: MAX_HASH_KEY });
      expect([map.shardOf(0n), map.shardOf(HALF)]).toEqual(['a', 'b']);
    }
  });

  it('is none while the open shards leave something out', () => {
    expect(createShardMap([])).toBeNull();
    expect(createShardMap([shard('a', 0n, HALF)])).toBeNull();
    expect(createShardMap([shard('a', 1n, MAX_HASH_KEY)])).toBeNull();
    expect(createShardMap([shard('a', 0n, HALF), shard('b', HALF + 2n, MAX_HASH_KEY)])).toBeNull();
  });
});

describe('createLanes', () => {
  it('moves records to new shards in order, and only when the old shard has nothing under way', () => {
    let map = createShardMap([shard('p', 0n, MAX_HASH_KEY)])!;
    const lanes = createLanes(() => map);
    const entries = Array.from({ length: 50 }, (_, i) => entry(`k${i % 7}`));
    const old = lanes.place(entries[0]!);
    for (const one of entries.slice(1, 40)) lanes.place(one);
    old.isSending = true;
    map = createShardMap([
      shard('p', 0n, MAX_HASH_KEY, closed),
      shard('a', 0n, HALF - 1n),
      shard('b', HALF, MAX_HASH_KEY),
    ])!;
    lanes.adopt();
    for (const one of entries.slice(40)) expect(lanes.place(one)).toBe(old);
    expect(lanes.isOpen(old)).toBe(false);
    old.isSending = false;
    lanes.adopt();
    const moved = [...lanes.all()];
    expect(moved.map(({ shardId }) => shardId).sort()).toEqual(['a', 'b']);
    for (const { shardId, queue } of moved) {
      expect(queue).toEqual(entries.filter(({ hashKey }) => hashKey < HALF === (shardId === 'a')));
    }
  });
});

describe('createRecordBuffer', () => {
  it('lets records in by turns, and refuses what would wait beyond its size', () => {
    const buffer = createRecordBuffer(100);
    const entered: number[] = [];
    const admit = (id: number, bytes: number) => buffer.admit(bytes, () => entered.push(id));
    expect([admit(1, 60), admit(2, 60), admit(3, 30), admit(4, 60)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(entered).toEqual([1]);
    buffer.release(60);
    expect(entered).toEqual([1, 2, 3]);
    expect([buffer.bytes, buffer.waiting]).toEqual([90, 0]);
  });

  it('takes one record that is larger than all of it', () => {
    const buffer = createRecordBuffer(100);
    let entered = 0;
    expect(buffer.admit(500, () => entered++)).toBe(true);
    expect(buffer.admit(500, () => entered++)).toBe(true);
    expect(entered).toBe(1);
    buffer.release(500);
    expect(entered).toBe(2);
  });

  it('100,000 that wait and leave as soon as they enter', () => {
    const buffer = createRecordBuffer(200_000);
    buffer.admit(200_000, () => {});
    let left = 0;
    for (let i = 0; i < 100_000; i++) {
      buffer.admit(1, () => {
        left += 1;
        buffer.release(1);
      });
    }
    buffer.release(200_000);
    expect([left, buffer.bytes, buffer.waiting]).toEqual([100_000, 0, 0]);
  });
});

describe('createRounds', () => {
  it('a flush waits for what came before it alone', async () => {
    const rounds = createRounds();
    const first = rounds.enter();
    let flushed = false;
    const flush = rounds.close().then(() => {
      flushed = true;
    });
    const second = rounds.enter();
    expect([first.closed, second.closed]).toEqual([true, false]);
    rounds.leave(second);
    await Promise.resolve();
    expect(flushed).toBe(false);
    rounds.leave(first);
    await flush;
    await rounds.close();
  });
});

it('back-off: full jitter below an exponential bound', () => {
  expect([1, 2, 3, 20].map((n) => backOffMs(n, () => 1))).toEqual([100, 200, 400, 5_000]);
  expect(backOffMs(5, () => 0)).toBe(0);
});

it('latencies to 10 %', () => {
  const latencies = createLatencies();
  expect(latencies.percentile(0.5)).toBe(0);
  for (let ms = 1; ms <= 1_000; ms++) latencies.add(ms);
  expect(Math.abs(latencies.percentile(0.5) - 500)).toBeLessThan(60);
  expect(Math.abs(latencies.percentile(0.99) - 990)).toBeLessThan(100);
  expect(latencies.max).toBe(1_000);
});

it.each([
  [{ name: 'ProvisionedThroughputExceededException', status: 400 }, 'again', false],
  [{ name: 'ExpiredTokenException', status: 400 }, 'again', false],
  [{ name: 'LimitExceededException', status: 400, attempts: 2 }, 'again', true],
  [{ name: 'InternalFailure', status: 500 }, 'again', true],
  [{ name: 'TimeoutError' }, 'again', true],
  [{ name: 'Error', code: 'ECONNRESET' }, 'again', true],
  [{ name: 'Error', code: 'ECONNREFUSED' }, 'again', false],
  [{ name: 'CredentialsProviderError' }, 'again', false],
  [{ name: 'ValidationException', status: 400 }, 'invalid', false],
  [{ name: 'ResourceNotFoundException', status: 400 }, 'never', false],
] as const)('%j: %s, may have arrived: %s', ({ name, ...rest }, kind, mayHaveArrived) => {
  const { status, code, attempts } = { status: 0, code: '', attempts: 1, ...rest };
  const error = Object.assign(new Error('x'), { name, code });
  Object.assign(error, { $metadata: { httpStatusCode: status, attempts } });
  expect(requestFailure(error)).toMatchObject({ kind, mayHaveArrived });
});
