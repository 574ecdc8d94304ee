import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinesisClient } from '../../local/clients.ts';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import { createProducer } from '../../shared/producer/producer.ts';
import { peerDecode } from '../kpl/peer.ts';
import { COLLECTED, inputOf, NEVER_SENT, NOT_REBUILT, OWN } from '../kpl/vectors.ts';
import { readStream } from './stream.ts';

/** Aggregates of the KPL and others that our producer makes too: each in its own stream of one shard. */
const VECTORS = Object.entries({ ...OWN, ...COLLECTED }).filter(
  ([name]) => !NOT_REBUILT.includes(name) && !NEVER_SENT.includes(name),
);
const streamOf = (name: string) => name.replace(/[^a-z0-9-]/gi, '_');
let kinesis: LocalKinesis;
let client: ReturnType<typeof kinesisClient>;

beforeAll(async () => {
  const names = VECTORS.map(([name]) => streamOf(name));
  kinesis = await startKinesis({ streams: names.map((name) => ({ name, shards: 1 })) });
  client = kinesisClient(kinesis.endpoint);
});
afterAll(async () => {
  client?.destroy();
  await kinesis?.stop();
});

describe.each(VECTORS)('%s', (name, vector) => {
  it('put by the producer, arrives byte for byte, and aws-kinesis-agg reads it', async () => {
    const stream = streamOf(name);
    const producer = createProducer({ client, stream });
    const input = inputOf(vector);
    const puts = input.map((record) => producer.put(record));
    await producer.close();
    const receipts = await Promise.all(puts);
    expect(receipts.map(({ subSequenceNumber }) => subSequenceNumber)).toEqual([...input.keys()]);
    const { records } = await readStream(client, stream);
    expect(records).toHaveLength(1);
    const { data, partitionKey } = records[0]!.record;
    expect(Buffer.from(data).toString('base64')).toBe(vector.b64);
    expect(partitionKey).toBe('a');
    const read = peerDecode(Buffer.from(data));
    expect(read.map((user) => user.data)).toEqual(input.map((user) => user.data));
    expect(read.map((user) => user.partitionKey)).toEqual(input.map((u) => u.partitionKey));
  });
});

it('one record goes as it is, with its own keys', async () => {
  const stream = streamOf(VECTORS[0]![0]);
  const producer = createProducer({ client, stream });
  await producer.put({ partitionKey: 'its own', data: 'bytes' });
  const last = (await readStream(client, stream)).records.at(-1)!.record;
  expect([last.partitionKey, Buffer.from(last.data).toString()]).toEqual(['its own', 'bytes']);
});
