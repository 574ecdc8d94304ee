import { MergeShardsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import { createProducer, type ProducerOptions } from '../../shared/producer/producer.ts';
import { type Fault, faultyClient, type Plan } from './faulty-client.ts';
import { readStream } from './stream.ts';

const THROTTLED = 'ProvisionedThroughputExceededException';
const KEYS = 60;
const STREAMS = ['whole', 'partial', 'lost', 'everything', 'reshard', 'merge', 'plain'];
let kinesis: LocalKinesis;

beforeAll(async () => {
  kinesis = await startKinesis({ streams: STREAMS.map((name) => ({ name, shards: 2 })) });
});
afterAll(() => kinesis?.stop());

/** Numbers 0, 1, 2, …, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Run {
  readonly stream: string;
  readonly count: number;
  readonly plan: Plan;
  readonly options?: Partial<ProducerOptions>;
  /** Called before each put. */
  readonly before?: (i: number, client: ReturnType<typeof faultyClient>['client']) => Promise<void>;
}

/** Puts numbered records, and reads them back as a consumer with a hash-range filter does. */
async function run({ stream, count, plan, options, before }: Run) {
  const { client, requests } = faultyClient(kinesis.endpoint, plan);
  const small = { aggregation: { maxBytes: 2_000 }, lingerMs: 10, recordTtlMs: 120_000 };
  const producer = createProducer({ client, stream, ...small, ...options });
  const puts = [];
  for (let i = 0; i < count; i++) {
    await before?.(i, client);
    const partitionKey = `key ${(i * 7) % KEYS}`;
    puts.push(producer.put({ partitionKey, data: `${i} ${'x'.repeat(i % 150)}` }));
  }
  await producer.close();
  const receipts = await Promise.all(puts);
  const { records, users } = await readStream(client, stream);
  client.destroy();
  const kept = users.filter(({ isKept }) => isKept);
  const numbers = kept.map(({ data }) => Number.parseInt(data.toString(), 10));
  return { receipts, records, users, kept, numbers, metrics: producer.metrics(), requests };
}

/** The first time that each number is seen, per key: it must rise. */
function expectOrder({ kept, numbers }: Awaited<ReturnType<typeof run>>): void {
  const seen = new Set<number>();
  const last = new Map<string, number>();
  for (const [i, number] of numbers.entries()) {
    if (seen.has(number)) continue;
    seen.add(number);
    const key = kept[i]!.partitionKey;
    expect(number).toBeGreaterThan(last.get(key) ?? -1);
    last.set(key, number);
  }
}

function expectAllThere({ numbers, receipts, kept }: Awaited<ReturnType<typeof run>>): void {
  expect(new Set(numbers)).toEqual(new Set(receipts.keys()));
  const places = new Map(
    kept.map((user, i) => [`${user.sequenceNumber}.${user.subSequenceNumber}`, numbers[i]]),
  );
  // Each receipt names a place where that very record is.
  for (const [i, { sequenceNumber, subSequenceNumber }] of receipts.entries()) {
    expect(places.get(`${sequenceNumber}.${subSequenceNumber}`)).toBe(i);
  }
}

const none: Fault = { kind: 'none' };

describe('producer: nothing lost, order per key kept', () => {
  it('requests that fail as a whole', async () => {
    const names = [THROTTLED, 'LimitExceededException', 'KMSThrottlingException'];
    const result = await run({
      stream: 'whole',
      count: 2_000,
      plan: (turn) =>
        turn % 3 === 1 ? { kind: 'fail', name: names[(turn % 9) % 3]!, status: 400 } : none,
    });
    expectAllThere(result);
    expectOrder(result);
    expect(result.numbers).toHaveLength(2_000);
    expect(result.metrics.possibleDuplicates).toBe(0);
    expect(result.metrics.throttles).toBeGreaterThan(0);
  });

  it('records that are refused among others that are not', async () => {
    const chance = random(1);
    const result = await run({
      stream: 'partial',
      count: 3_000,
      options: { aggregation: false },
      plan: () => {
        const turn = chance();
        const which = (index: number) => (index * 0.37 + turn) % 1 < 0.4;
        return turn < 0.7 ? { kind: 'refuse', which, code: THROTTLED } : none;
      },
    });
    expectAllThere(result);
    expectOrder(result);
    expect(result.numbers).toHaveLength(3_000);
    expect(result.metrics.retries).toBeGreaterThan(300);
    expect(result.metrics).toMatchObject({ possibleDuplicates: 0, aggregates: 0 });
  });

  it('lost answers: at most the duplicates that are counted', async () => {
    const result = await run({
      stream: 'lost',
      count: 2_000,
      plan: (turn) => (turn % 4 === 0 ? { kind: 'lose' } : none),
    });
    expectAllThere(result);
    expectOrder(result);
    const duplicates = result.numbers.length - 2_000;
    expect(duplicates).toBeGreaterThan(0);
    // Every injected loss had arrived, so the bound is met exactly.
    expect(result.metrics.possibleDuplicates).toBe(duplicates);
  });

  it('everything at once, and a reshard under way', async () => {
    const chance = random(7);
    let resharded = false;
    const result = await run({
      stream: 'everything',
      count: 2_000,
      plan: () => {
        const dice = chance();
        if (dice < 0.1) return { kind: 'lose' };
        if (dice < 0.2) return { kind: 'hang' };
        if (dice < 0.3) return { kind: 'fail', name: 'InternalFailure', status: 500 };
        if (dice < 0.5) {
          const code = dice < 0.4 ? THROTTLED : 'InternalFailure';
          return { kind: 'refuse', which: (index) => index % 2 === 0, code };
        }
        return none;
      },
      async before(i, client) {
        if (i === 700) {
          resharded = true;
          await split(client, 'everything', 'shardId-000000000000');
        }
        if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
      },
    });
    expect(resharded).toBe(true);
    expectAllThere(result);
    expectOrder(result);
    const duplicates = result.numbers.length - 2_000;
    expect(duplicates).toBeLessThanOrEqual(result.metrics.possibleDuplicates);
    expect(result.kept.map(({ shardId }) => shardId)).toContain('shardId-000000000003');
  });

  it('a reshard alone: each record once for consumers that filter by hash range', async () => {
    const result = await run({
      stream: 'reshard',
      count: 4_000,
      plan: () => none,
      async before(i, client) {
        if (i === 1_000) await split(client, 'reshard', 'shardId-000000000001');
        if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      },
    });
    expectAllThere(result);
    expectOrder(result);
    expect(result.numbers).toHaveLength(4_000);
    // What a consumer without the filter sees beside that is exactly what was sent again.
    expect(result.metrics.misplaced).toBeGreaterThan(0);
    expect(result.users).toHaveLength(4_000 + result.metrics.misplaced);
    expect(result.metrics.shardLookUps).toBeGreaterThan(1);
  });

  it('a merge: nothing is in a wrong shard', async () => {
    const result = await run({
      stream: 'merge',
      count: 2_000,
      plan: () => none,
      async before(i, client) {
        const [ShardToMerge, AdjacentShardToMerge] = [
          'shardId-000000000000',
          'shardId-000000000001',
        ];
        const merge = { StreamName: 'merge', ShardToMerge, AdjacentShardToMerge };
        if (i === 500) await client.send(new MergeShardsCommand(merge));
        if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
      },
    });
    expectAllThere(result);
    expectOrder(result);
    expect(result.users).toHaveLength(2_000);
    expect(result.kept.map(({ shardId }) => shardId)).toContain('shardId-000000000002');
    expect(result.metrics).toMatchObject({ misplaced: 0, possibleDuplicates: 0 });
  });

  it('without aggregation, and without order', async () => {
    const result = await run({
      stream: 'plain',
      count: 1_200,
      options: { aggregation: false, order: 'none', lingerMs: 50 },
      plan: () => none,
    });
    expectAllThere(result);
    expect(result.records).toHaveLength(1_200);
    // No key holds another back: few requests.
    expect(result.requests.length).toBeLessThan(10);
  });
});

async function split(
  client: ReturnType<typeof faultyClient>['client'],
  stream: string,
  shardId: string,
): Promise<void> {
  // The emulator's two shards cut the hash keys in half.
  const half = 2n ** 127n;
  const middle = shardId.endsWith('0') ? half / 2n : half + half / 2n;
  const NewStartingHashKey = middle.toString();
  await client.send(
    new SplitShardCommand({ StreamName: stream, ShardToSplit: shardId, NewStartingHashKey }),
  );
}
