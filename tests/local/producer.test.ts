import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinesisClient } from '../../local/clients.ts';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import { type NewRecord, produce } from '../../local/producer.ts';
import { realClock } from '../../local/real-clock.ts';
import { readStream } from '../producer/stream.ts';

const STREAM = 'orders';
let kinesis: LocalKinesis;
let client: ReturnType<typeof kinesisClient>;
const signal = new AbortController().signal;

beforeAll(async () => {
  const streams = [STREAM, 'paced', 'stopped'].map((name) => ({ name, shards: 2 }));
  kinesis = await startKinesis({ streams });
  client = kinesisClient(kinesis.endpoint);
});
afterAll(async () => {
  client?.destroy();
  await kinesis?.stop();
});

function* orders(count: number): Generator<NewRecord> {
  for (let i = 0; i < count; i++) {
    const data = Buffer.from(JSON.stringify({ i, note: 'n'.repeat(i % 300) }));
    yield { partitionKey: `customer ${i % 40}`, data };
  }
}

describe('producer', () => {
  it('every event arrives once, half of them in aggregates of one shard', async () => {
    const alone = { partitionKey: 'x', data: Buffer.from('f3899ac2aabb', 'hex'), alone: true };
    const tooLarge = { partitionKey: 'x', data: Buffer.alloc(1_100_000) };
    const events = [...orders(3_000), alone, tooLarge];
    const options = { client, stream: STREAM, clock: realClock, signal };
    const last = new Map<string, string>();
    let taken = 0;
    const result = await produce(events, {
      ...options,
      rate: null,
      aggregate: true,
      taken(shardId, sequenceNumber) {
        taken += 1;
        last.set(shardId, sequenceNumber);
      },
    });
    expect(taken).toBe(3_001);
    expect(result).toMatchObject({ events: 3_001, refused: 1, retried: 0 });

    const { records, users } = await readStream(client, STREAM);
    const lastRead = new Map(records.map((r) => [r.shardId, r.record.sequenceNumber]));
    expect(lastRead).toEqual(last);
    const plain = users.filter(({ data }) => data[0] !== 0xf3);
    expect(plain).toHaveLength(3_000);
    // Whatever is in an aggregate belongs to its shard.
    expect(users.every(({ isKept }) => isKept)).toBe(true);
    const seen = plain.map(({ data }) => JSON.parse(data.toString()).i as number);
    const isAggregate = ({ record: { data } }: (typeof records)[number]) => data[0] === 0xf3;
    // One is the event that only looks like an aggregate.
    const aggregates = records.filter(isAggregate).length - 1;
    const aggregated = users.length - (records.length - aggregates);
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
    // An aggregate in the making that is left with one event goes as a plain record.
    expect(aggregated).toBeGreaterThanOrEqual(1_450);
    expect(aggregated).toBeLessThanOrEqual(1_500);
  });

  it('keeps to its rate, on a clock that is handed in', async () => {
    let now = 0;
    const pauses: number[] = [];
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        pauses.push(ms);
        now += ms;
      },
    };
    const options = { client, stream: 'paced', clock, signal };
    const result = await produce(orders(1_000), { ...options, rate: 100, aggregate: true });
    expect(result.events).toBe(1_000);
    expect(now).toBeGreaterThan(9_700);
    expect(now).toBeLessThanOrEqual(10_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(210);
  });

  it('stops when told, with the events that were put counted', async () => {
    const abort = new AbortController();
    const options = { client, stream: 'stopped', clock: realClock, signal: abort.signal };
    const running = produce(orders(100_000), { ...options, rate: 1_000, aggregate: false });
    await sleep(700);
    abort.abort();
    const { events } = await running;
    expect(events).toBeGreaterThan(0);
    expect((await readStream(client, 'stopped')).records).toHaveLength(events);
  });
});
