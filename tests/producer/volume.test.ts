import { afterAll, beforeAll, expect, it } from 'vitest';
import { kinesisClient } from '../../local/clients.ts';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import { createProducer } from '../../shared/producer/producer.ts';
import { readStream } from './stream.ts';

const COUNT = 100_000;
let kinesis: LocalKinesis;

beforeAll(async () => {
  kinesis = await startKinesis({ streams: [{ name: 'volume', shards: 2 }] });
});
afterAll(() => kinesis?.stop());

it('100,000 records of 200 B in at least 20 times fewer Kinesis records', {
  timeout: 240_000,
}, async () => {
  const client = kinesisClient(kinesis.endpoint);
  const producer = createProducer({ client, stream: 'volume', recordTtlMs: 200_000 });
  const failures: unknown[] = [];
  for (let i = 0; i < COUNT; i++) {
    await producer.ready();
    const data = `${i}`.padEnd(200, ' made up');
    producer.put({ partitionKey: `device-${i % 5_000}`, data }).catch((e) => failures.push(e));
  }
  await producer.close();
  expect(failures).toEqual([]);
  const { records, users } = await readStream(client, 'volume');
  client.destroy();
  const numbers = new Set(users.map(({ data }) => Number.parseInt(data.toString(), 10)));
  expect([users.length, numbers.size]).toEqual([COUNT, COUNT]);
  const each = Math.round(COUNT / records.length);
  console.log(`${COUNT} records of 200 B: ${records.length} Kinesis records, ${each} in each`);
  expect(records.length).toBeLessThanOrEqual(COUNT / 20);
});
