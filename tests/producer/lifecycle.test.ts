import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { emulatorEnvironment } from '../../local/clients.ts';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import { InvalidUserRecord } from '../../shared/kpl/errors.ts';
import {
  BufferFull,
  createProducer,
  ProducerClosed,
  type ProducerOptions,
  type ProducerRecord,
  PutAborted,
  PutRefused,
  RecordExpired,
  StreamUnavailable,
} from '../../shared/producer/producer.ts';
import { type Fault, faultyClient, type Plan } from './faulty-client.ts';
import { readStream } from './stream.ts';

const STREAMS = ['flush', 'ttl', 'abort', 'full', 'culprit', 'refused', 'starve', 'sizes', 'exit'];
let kinesis: LocalKinesis;
const clients: ReturnType<typeof faultyClient>['client'][] = [];
const none: Fault = { kind: 'none' };
const down: Fault = { kind: 'fail', name: 'ServiceUnavailable', status: 503 };

beforeAll(async () => {
  kinesis = await startKinesis({ streams: STREAMS.map((name) => ({ name, shards: 2 })) });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});
afterAll(() => kinesis?.stop());

function open(stream: string, plan: Plan, options: Partial<ProducerOptions> = {}) {
  const { client, requests } = faultyClient(kinesis.endpoint, plan);
  clients.push(client);
  return { client, requests, producer: createProducer({ client, stream, ...options }) };
}

const record = (partitionKey: string, data: string | Uint8Array = 'x') => ({ partitionKey, data });

/** In the lower and the upper half of the hash keys. */
const LOW = { ...record('low'), explicitHashKey: '0' };
const HIGH = { ...record('high'), explicitHashKey: (2n ** 128n - 1n).toString() };

describe('flush and close', () => {
  it('flush sends at once and waits for what was put before it alone', async () => {
    const { producer } = open('flush', () => none, { lingerMs: 60_000 });
    let first = false;
    producer.put(record('a')).then(() => {
      first = true;
    });
    await producer.flush();
    expect(first).toBe(true);
    const later = producer.put(record('b'));
    expect(producer.metrics()).toMatchObject({ delivered: 1, waiting: 1 });
    await producer.close();
    expect((await later).attempts).toBe(1);
    await expect(producer.put(record('c'))).rejects.toThrow(ProducerClosed);
    // With nothing there to wait for.
    await producer.flush();
    await producer.close();
    expect(producer.metrics()).toMatchObject({ userRecords: 2, delivered: 2, bufferedBytes: 0 });
  });

  it('keeps a process up until all is sent, and no longer', async () => {
    const script = `
      import { createProducer, producerClient } from './shared/producer/producer.ts';
      const producer = createProducer({ client: producerClient(), stream: 'exit', lingerMs: 300 });
      producer.put({ partitionKey: 'k', data: 'last words' }).then(() => console.log('sent'));
    `;
    const { endpoint } = kinesis;
    const env = { ...process.env, ...emulatorEnvironment({ kinesis: endpoint, dynamodb: '' }) };
    const args = ['--input-type=module', '-e', script];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
    expect([stdout, stderr]).toEqual(['sent\n', '']);
  });
});

describe('what is given up says so', () => {
  it('after its time to live, and whether it may have arrived', async () => {
    const { producer } = open('ttl', () => down, { recordTtlMs: 300, lingerMs: 0 });
    const error = await producer.put(record('a')).catch((e) => e);
    expect(error).toBeInstanceOf(RecordExpired);
    expect(error).toMatchObject({ mayHaveArrived: true, retryable: true });
    expect(error.attempts).toBeGreaterThan(0);
    expect(error.cause).toMatchObject({ name: 'ServiceUnavailable' });
    const throttled: Fault = { kind: 'fail', name: 'LimitExceededException', status: 400 };
    const other = open('ttl', () => throttled, { recordTtlMs: 300, lingerMs: 0 }).producer;
    await expect(other.put(record('a'))).rejects.toMatchObject({ mayHaveArrived: false });
    expect(producer.metrics()).toMatchObject({ failed: 1, waiting: 0, bufferedBytes: 0 });
  });

  it('on abort, at once, also what waits for room', async () => {
    const stop = new AbortController();
    const options = { signal: stop.signal, bufferBytes: 1024 * 1024 };
    const { producer } = open('abort', () => down, options);
    const puts = [1, 2, 3, 4].map((i) => producer.put(record(`k${i}`, Buffer.alloc(400_000))));
    setTimeout(() => stop.abort(), 200);
    for (const put of puts) await expect(put).rejects.toThrow(PutAborted);
    await expect(producer.put(record('later'))).rejects.toThrow(PutAborted);
    expect(producer.metrics()).toMatchObject({ failed: 5, waiting: 0, bufferedBytes: 0 });
  });

  it('a stream that does not exist', async () => {
    const { producer } = open('nowhere', () => none);
    const puts = [producer.put(record('a')), producer.put(record('b'))];
    const errors = await Promise.all(puts.map((put) => put.catch((e) => e)));
    for (const error of errors) {
      expect(error).toBeInstanceOf(StreamUnavailable);
      expect(error.cause).toMatchObject({ name: 'ResourceNotFoundException' });
    }
  });

  it('what no retry would mend', async () => {
    const denied: Fault = { kind: 'fail', name: 'AccessDeniedException', status: 400 };
    const { producer, requests } = open('refused', () => denied, { lingerMs: 0 });
    await expect(producer.put(record('a'))).rejects.toThrow(PutRefused);
    expect(requests).toHaveLength(1);
  });

  it('one record that makes its request invalid is found, the others arrive', async () => {
    const bad = Buffer.from('bad');
    const plan: Plan = (_, { Records }) =>
      Records!.some(({ Data }) => Buffer.from(Data!).includes(bad))
        ? { kind: 'fail', name: 'InvalidArgumentException', status: 400 }
        : none;
    const heard: unknown[] = [];
    const onFailure = (_: Error, { data }: ProducerRecord) => heard.push(data);
    const { client, producer } = open('culprit', plan, { lingerMs: 50, onFailure });
    const puts = Array.from({ length: 200 }, (_, i) =>
      producer.put(record(`k${i}`, i === 77 ? 'bad' : `good ${i}`)),
    );
    const settled = Promise.allSettled(puts);
    await producer.close();
    const results = await settled;
    const refused = results.flatMap((result, i) => (result.status === 'rejected' ? [i] : []));
    expect(refused).toEqual([77]);
    await expect(puts[77]).rejects.toThrow(PutRefused);
    expect(heard).toEqual(['bad']);
    expect((await readStream(client, 'culprit')).users).toHaveLength(199);
  });

  it('records that no stream takes, and larger ones than this stream takes', async () => {
    const { producer } = open('sizes', () => none, { lingerMs: 0 });
    await expect(producer.put(record(''))).rejects.toThrow(InvalidUserRecord);
    const size = 1024 * 1024;
    await expect(producer.put(record('k', Buffer.alloc(size)))).rejects.toThrow(
      `Data and partition key have ${size + 1} bytes; Kinesis takes at most ${size}.`,
    );
    await producer.put(record('k', Buffer.alloc(size - 1)));
    expect(producer.metrics()).toMatchObject({ delivered: 1, failed: 1, waiting: 0 });
  });

  it('options out of bounds, all at once', () => {
    const options = { lingerMs: -1, aggregation: { maxBytes: 1 }, recordTtlMs: 0.5, stream: '' };
    expect(() => open('x', () => none, options)).toThrow(
      /stream must be.*lingerMs must be.*recordTtlMs must be.*aggregation.maxBytes must be/,
    );
  });
});

describe('memory', () => {
  it('put waits for room in turn, ready tells, and a caller that heeds neither is refused', async () => {
    const options = { bufferBytes: 1024 * 1024, lingerMs: 0, aggregation: false } as const;
    const { client, producer } = open('full', () => none, options);
    const puts: Promise<unknown>[] = [];
    for (let i = 0; i < 30; i++) puts.push(producer.put(record('k', `${i} `.padEnd(100_000))));
    expect(producer.metrics().bufferedBytes).toBeLessThanOrEqual(1024 * 1024);
    expect(producer.metrics().waitingForRoom).toBeGreaterThan(0);
    const results = await Promise.allSettled(puts);
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(5);
    for (const { reason } of refused as PromiseRejectedResult[]) {
      expect(reason).toBeInstanceOf(BufferFull);
    }
    for (let i = 30; i < 42; i++) {
      await producer.ready();
      puts.push(producer.put(record('k', `${i} `.padEnd(100_000))));
      expect(producer.metrics().waitingForRoom).toBeLessThanOrEqual(1);
    }
    await producer.close();
    await Promise.all(puts.slice(30));
    const numbers = (await readStream(client, 'full')).users.map(({ data }) =>
      Number.parseInt(data.toString(), 10),
    );
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(numbers).toHaveLength(42 - refused.length);
  });
});

it('a throttled shard does not starve the others', async () => {
  let isThrottled = true;
  const plan: Plan = (_, { Records }) => {
    const which = (i: number) => isThrottled && Records![i]!.PartitionKey === 'low';
    return { kind: 'refuse', which, code: 'ProvisionedThroughputExceededException' };
  };
  const { producer } = open('starve', plan, { lingerMs: 5, aggregation: false });
  const low = producer.put(LOW);
  for (let i = 0; i < 20; i++) await producer.put(HIGH);
  expect(producer.metrics()).toMatchObject({ delivered: 20, waiting: 1 });
  expect(producer.metrics().throttles).toBeGreaterThan(0);
  isThrottled = false;
  expect((await low).attempts).toBeGreaterThan(1);
});
