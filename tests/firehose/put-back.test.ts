import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import type { FirehoseEvent } from '../../shared/firehose/event.ts';
import { marked, unmarked } from '../../shared/firehose/mark.ts';
import { putBack } from '../../shared/firehose/put-back.ts';
import { transformer } from '../../shared/firehose/transformer.ts';
import { firehoseEvent, logOf, MINUTES, textsOf } from '../helpers/firehose.ts';
import { type Fault, faultyClient } from '../producer/faulty-client.ts';
import { readStream } from '../producer/stream.ts';

const STREAMS = ['round', 'throttled', 'invalid', 'lost'];
const NONE: Fault = { kind: 'none' };
let kinesis: LocalKinesis;

beforeAll(async () => {
  kinesis = await startKinesis({ streams: STREAMS.map((name) => ({ name, shards: 1 })) });
});
afterAll(() => kinesis?.stop());
beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
});

/** Two results of these records fit a response, a third does not. */
const RESPONSE_BYTES = 4000;
const TEXT = 'x'.repeat(1000);

function open(stream: string, plan: Parameters<typeof faultyClient>[1] = () => NONE) {
  const { client, requests } = faultyClient(kinesis.endpoint, plan);
  const handler = transformer((record) => record.text(), {
    delivery: 'x',
    keys: ['date'],
    responseBytes: RESPONSE_BYTES,
    putBack: { client, stream },
  });
  return { client, requests, handler };
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `${i} ${TEXT}`);
const numberOf = (text: string) => Number.parseInt(text, 10);
const short = (texts: readonly string[]) =>
  texts.map((text) => (text.length < 20 ? text : numberOf(text)));

describe('what does not fit a response', () => {
  it('goes round through the stream until it has been delivered once, by its first date', async () => {
    const { client, handler } = open('round');
    const delivered: number[] = [];
    const dates = new Set<string | undefined>();
    let event = firehoseEvent(numbered(12));
    let rounds = 0;
    for (let read = 0; event.records.length > 0; rounds++) {
      const response = await handler(event, MINUTES);
      for (const [i, { result, data, metadata }] of response.records.entries()) {
        expect(result).toBe(data === undefined ? 'Dropped' : 'Ok');
        if (data === undefined) continue;
        delivered.push(numberOf(Buffer.from(data, 'base64').toString()));
        dates.add(metadata?.partitionKeys.date);
        expect(event.records[i]!.kinesisRecordMetadata?.partitionKey).toBe(
          `key-${delivered.at(-1)}`,
        );
      }
      const { records } = await readStream(client, 'round');
      event = eventOf(records.slice(read).map(({ record }) => record));
      read = records.length;
    }
    expect(delivered.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect([...dates]).toEqual(['2026-05-02']);
    expect(rounds).toBeGreaterThan(3);
  });

  it('is put back again where the stream refused it, and nothing else is', async () => {
    const { client, requests, handler } = open('throttled', (turn) =>
      turn < 3
        ? {
            kind: 'refuse',
            which: (i) => i % 2 === 0,
            code: 'ProvisionedThroughputExceededException',
          }
        : NONE,
    );
    const log = await logOf(async () => {
      const response = await handler(firehoseEvent(numbered(6)), MINUTES);
      expect(short(textsOf(response))).toEqual([0, 1, 'Dropped', 'Dropped', 'Dropped', 'Dropped']);
    });
    expect(log[0]).toMatchObject({ Records: 6, Delivered: 2, PutBack: 4, Dropped: 0, Failed: 0 });
    const { users } = await readStream(client, 'throttled');
    const back = users.map(({ data }) => numberOf(unmarked(data).data.toString()));
    expect(back.toSorted()).toEqual([2, 3, 4, 5]);
    expect(requests.map(({ Records }) => Records!.length)).toEqual([4, 2, 1, 1]);
  });

  it('fails where the function may not put it back', async () => {
    const { handler } = open('denied', () => ({
      kind: 'fail',
      name: 'AccessDeniedException',
      status: 400,
    }));
    const response = await handler(firehoseEvent(numbered(4)), MINUTES);
    expect(short(textsOf(response))).toEqual([0, 1, 'ProcessingFailed', 'ProcessingFailed']);
  });

  it('fails when the stream has not taken it in the time that is left', async () => {
    const { handler, requests } = open('late', () => ({
      kind: 'refuse',
      which: () => true,
      code: 'ProvisionedThroughputExceededException',
    }));
    const context = { getRemainingTimeInMillis: () => 2_000 };
    const response = await handler(firehoseEvent(numbered(3)), context);
    expect(short(textsOf(response))).toEqual([0, 1, 'ProcessingFailed']);
    expect(requests.length).toBeGreaterThan(2);
  });

  it('fails after ten rounds, and goes first before', async () => {
    const { handler } = open('round');
    const event = firehoseEvent(numbered(4));
    const marks = [0, 3, 10, 11];
    const records = event.records.map((record, i) => {
      const data = Buffer.from(record.data, 'base64');
      const arrival = record.approximateArrivalTimestamp;
      return {
        ...record,
        data: (i === 0 ? data : marked(data, { rounds: marks[i]!, arrival })).toString('base64'),
      };
    });
    // Of 10 and 11 rounds: room. Of 3: none, and put back. Without a mark: the same.
    expect(short(textsOf(await handler({ ...event, records }, MINUTES)))).toEqual([
      'Dropped',
      'Dropped',
      2,
      3,
    ]);
    // Three that are at their end: the third fails.
    const ended = records.map((record) => ({ ...record, data: records[2]!.data }));
    expect(short(textsOf(await handler({ ...event, records: ended.slice(1) }, MINUTES)))).toEqual([
      2,
      2,
      'ProcessingFailed',
    ]);
  });

  it('fails where its own result is larger than a response: that would be so every time', async () => {
    const { handler, requests } = open('round');
    // Too long as text, and in base64 only.
    const response = await handler(firehoseEvent([TEXT.repeat(4), '1', 'x'.repeat(3000)]), MINUTES);
    expect(textsOf(response)).toEqual(['ProcessingFailed', '1\n', 'ProcessingFailed']);
    expect(requests).toEqual([]);
  });

  it('fails where producers put to Firehose directly: there is no stream', async () => {
    const { handler } = open('direct');
    const response = await handler(firehoseEvent(numbered(3), { direct: true }), MINUTES);
    expect(short(textsOf(response))).toEqual([0, 1, 'ProcessingFailed']);
  });
});

describe('putting back', () => {
  it('keeps to the limits of a request', async () => {
    // Refused by what does not reach the emulator: 7 MB keep it busy for long.
    const { client, requests } = open('limits', () => ({
      kind: 'fail',
      name: 'AccessDeniedException',
      status: 400,
    }));
    const records = Array.from({ length: 1107 }, (_, i) => ({
      data: Buffer.alloc(i < 1100 ? 10 : 1_000_000),
      partitionKey: `k${i}`,
    }));
    const arrived = await putBack(
      { client, stream: 'limits' },
      records,
      performance.now() + 60_000,
    );
    expect(arrived.some(Boolean)).toBe(false);
    const batches = requests.map(({ Records }) => Records!);
    const bytes = batches.map((batch) =>
      batch.reduce((sum, { Data, PartitionKey }) => sum + Data!.length + PartitionKey!.length, 0),
    );
    expect(batches.map(({ length }) => length)).toEqual([500, 500, 105, 2]);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(5 * 2 ** 20);
    expect(batches.flat().map(({ PartitionKey }) => PartitionKey)).toEqual(
      records.map(({ partitionKey }) => partitionKey),
    );
  });

  it('loses no other record to one that the stream cannot take', async () => {
    const { client } = open('invalid', (_, { Records }) =>
      Records!.some(({ PartitionKey }) => PartitionKey === 'k3')
        ? { kind: 'fail', name: 'ValidationException', status: 400 }
        : NONE,
    );
    const records = Array.from({ length: 6 }, (_, i) => ({
      data: Buffer.from(`${i}`),
      partitionKey: `k${i}`,
    }));
    const arrived = await putBack(
      { client, stream: 'invalid' },
      records,
      performance.now() + 30_000,
    );
    expect(arrived).toEqual([true, true, true, false, true, true]);
    expect((await readStream(client, 'invalid')).users.length).toBe(5);
  });

  it('puts a second time what an answer was lost of', async () => {
    const { client } = open('lost', (turn) => (turn === 0 ? { kind: 'lose' } : NONE));
    const records = [{ data: Buffer.from('1'), partitionKey: 'k' }];
    expect(await putBack({ client, stream: 'lost' }, records, performance.now() + 30_000)).toEqual([
      true,
    ]);
    expect((await readStream(client, 'lost')).users.length).toBe(2);
  });
});

/** What Firehose makes of the stream's records: it would call again with them, a day later. */
function eventOf(
  records: readonly { data: Uint8Array; partitionKey: string; sequenceNumber: string }[],
): FirehoseEvent {
  const event = firehoseEvent(
    records.map(({ data }) => data),
    { arrival: Date.UTC(2026, 4, 3, 12) },
  );
  return {
    ...event,
    records: event.records.map((record, i) => {
      const { partitionKey, sequenceNumber } = records[i]!;
      return {
        ...record,
        kinesisRecordMetadata: { ...record.kinesisRecordMetadata!, partitionKey, sequenceNumber },
      };
    }),
  };
}
