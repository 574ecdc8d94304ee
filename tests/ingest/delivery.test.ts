import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../functions/ingest/answer.ts';
import { createIngest } from '../../functions/ingest/ingest.ts';
import { createPutter } from '../../functions/ingest/putter.ts';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import type { Ingest } from '../../shared/config/ingest.ts';
import { faultyClient, type Plan } from '../producer/faulty-client.ts';
import { readStream } from '../producer/stream.ts';
import { context, post } from './request.ts';

const STREAMS = ['plain', 'packed', 'throttled', 'partial', 'lost', 'late'];
const THROTTLED = 'ProvisionedThroughputExceededException';
let kinesis: LocalKinesis;

beforeAll(async () => {
  kinesis = await startKinesis({ streams: STREAMS.map((name) => ({ name, shards: 2 })) });
});
afterAll(() => kinesis?.stop());

const fine: Plan = () => ({ kind: 'none' });

/** The function of one stream, whose Kinesis goes wrong as planned. */
function functionOf(stream: string, plan: Plan, aggregates = false, ttlMs = 300) {
  const { client } = faultyClient(kinesis.endpoint, plan);
  const ingest: Ingest = {
    stream,
    body: 'json',
    key: { kind: 'path', path: '$.id' },
    limitBytes: 2 ** 20,
    aggregates,
  };
  const invoke = createIngest(ingest, createPutter(client, stream, { aggregates, ttlMs }));
  const read = async () => {
    const { users } = await readStream(client, stream);
    return users.filter(({ isKept }) => isKept);
  };
  return { invoke, read, stop: () => client.destroy() };
}

interface Place {
  readonly status: number;
  readonly shardId?: string;
  readonly sequenceNumber?: string;
  readonly subSequenceNumber?: number;
  readonly mayHaveArrived?: boolean;
}

function placesOf({ body }: Answer): readonly Place[] {
  return JSON.parse(body).records;
}

const rows = Array.from({ length: 700 }, (_, id) => `{"id": ${id % 30}, "n":${id}.10}`);
const body = `[${rows.join(', ')}]`;

describe('what is accepted is in the stream', () => {
  it.each([
    ['one Kinesis record each', 'plain', false],
    ['many in one', 'packed', true],
  ])('%s: in the order of the request, byte for byte', async (_, stream, aggregates) => {
    const { invoke, read, stop } = functionOf(stream, fine, aggregates, 20_000);
    const answer = await invoke(post({ body }), context());
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
    });
    expect(JSON.parse(answer.body)).toMatchObject({ accepted: 700, failed: 0 });
    const byPlace = new Map(
      (await read()).map((one) => [
        `${one.shardId} ${one.sequenceNumber} ${one.subSequenceNumber}`,
        one,
      ]),
    );
    expect(byPlace.size).toBe(700);
    for (const [i, place] of placesOf(answer).entries()) {
      const { shardId, sequenceNumber, subSequenceNumber } = place;
      const record = byPlace.get(`${shardId} ${sequenceNumber} ${subSequenceNumber}`);
      expect(record?.data.toString()).toBe(rows[i]);
      expect(record?.partitionKey).toBe(String(i % 30));
    }
    stop();
  });
});

describe('what fails is told, record by record', () => {
  it('429 with Retry-After where all is throttled', async () => {
    const all: Plan = () => ({ kind: 'refuse', which: () => true, code: THROTTLED });
    const { invoke, read, stop } = functionOf('throttled', all);
    const answer = await invoke(post({ body }), context());
    expect(answer).toMatchObject({ statusCode: 429, headers: { 'retry-after': '2' } });
    expect(placesOf(answer)).toHaveLength(700);
    expect(placesOf(answer)[0]).toMatchObject({ status: 429, mayHaveArrived: false });
    expect(await read()).toEqual([]);
    stop();
  });

  it('207 where some are: the others are there', async () => {
    const odd: Plan = (_, { Records }) => ({
      kind: 'refuse',
      which: (i) => Number(Records?.[i]?.PartitionKey) % 2 === 1,
      code: THROTTLED,
    });
    const { invoke, read, stop } = functionOf('partial', odd, false, 2_000);
    const some = rows.slice(0, 120);
    const answer = await invoke(post({ body: `[${some}]` }), context());
    expect(answer).toMatchObject({ statusCode: 207, headers: { 'retry-after': '2' } });
    expect(JSON.parse(answer.body)).toMatchObject({ accepted: 60, failed: 60 });
    const statuses = placesOf(answer).map(({ status }) => status);
    expect(statuses).toEqual(some.map((_, i) => ((i % 30) % 2 === 1 ? 429 : 200)));
    expect((await read()).map(({ data }) => data.toString()).sort()).toEqual(
      some.filter((_, i) => (i % 30) % 2 === 0).sort(),
    );
    stop();
  });

  it('503 where answers are lost, which may have arrived', async () => {
    const { invoke, stop } = functionOf('lost', () => ({ kind: 'lose' }));
    const answer = await invoke(post({ body: '{"id":1}' }), context());
    expect(answer.statusCode).toBe(503);
    expect(placesOf(answer)).toMatchObject([{ status: 503, mayHaveArrived: true }]);
    stop();
  });

  it('503 where the stream is not there', async () => {
    const { invoke, stop } = functionOf('nowhere', fine);
    const answer = await invoke(post({ body: '{"id":1}' }), context());
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '2' } });
    expect(placesOf(answer)).toMatchObject([{ status: 503, mayHaveArrived: false }]);
    expect(answer.body).not.toContain('nowhere');
    stop();
  });

  it('and the function answers before its time is over, and takes the next request', async () => {
    let isDown = true;
    const plan: Plan = () => (isDown ? { kind: 'hang' } : { kind: 'none' });
    const { invoke, read, stop } = functionOf('late', plan);
    const answer = await invoke(post({ body: '{"id":1}' }), context(600));
    expect(answer.statusCode).toBe(503);
    isDown = false;
    const next = await invoke(post({ body: '{"id":2}' }), context());
    expect(next.statusCode).toBe(200);
    expect((await read()).map(({ data }) => data.toString())).toEqual(['{"id":2}']);
    stop();
  });
});
