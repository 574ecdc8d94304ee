import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordsGone, rereadStream } from '../../functions/aggregate/windowed/reread.ts';
import { emulatorEnvironment, kinesisClient } from '../../local/clients.ts';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';

const SHARD = 'shardId-000000000000';
let kinesis: LocalKinesis;
const numbers: string[] = [];
const before = { ...process.env };

beforeAll(async () => {
  kinesis = await startKinesis({ streams: [{ name: 'clicks', shards: 1 }] });
  const { AWS_ENDPOINT_URL_DYNAMODB: _, ...environment } = emulatorEnvironment({
    kinesis: kinesis.endpoint,
    dynamodb: '',
  });
  Object.assign(process.env, environment);
  const client = kinesisClient(kinesis.endpoint);
  for (let i = 0; i < 8; i++) {
    const Data = Buffer.from(`record ${i}`);
    const { SequenceNumber } = await client.send(
      new PutRecordCommand({ StreamName: 'clicks', PartitionKey: `key-${i}`, Data }),
    );
    numbers.push(SequenceNumber!);
  }
}, 60_000);

afterAll(async () => {
  process.env = before;
  await kinesis.stop();
});

async function read(first: string, last: string) {
  const batches = [];
  for await (const records of rereadStream('clicks')(SHARD, { first, last })) batches.push(records);
  return batches.flat();
}

describe('records of a range are read again from the stream', () => {
  it('both ends included, in the form of an event', async () => {
    const records = await read(numbers[2]!, numbers[5]!);
    expect(records.map(({ kinesis: { data } }) => String(Buffer.from(data, 'base64')))).toEqual(
      [2, 3, 4, 5].map((i) => `record ${i}`),
    );
    const [{ eventID, kinesis: first } = records[0]!] = records;
    expect(eventID).toBe(`${SHARD}:${numbers[2]}`);
    expect(first.partitionKey).toBe('key-2');
    expect(Math.abs(first.approximateArrivalTimestamp * 1000 - Date.now())).toBeLessThan(120_000);
    expect((await read(numbers[7]!, numbers[7]!)).length).toBe(1);
  });

  it('and never without the first of them', async () => {
    const gone = String(BigInt(numbers[2]!) + 1n);
    await expect(read(gone, numbers[5]!)).rejects.toThrow();
  });

  it('and not for ever, where the stream ends before the last of them', async () => {
    const beyond = String(BigInt(numbers[7]!) + 1n);
    await expect(read(numbers[6]!, beyond)).rejects.toThrow(RecordsGone);
  });
});
