import type { KinesisStreamEvent, KinesisStreamTumblingWindowEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ConsumedRecord, consume } from '../../shared/consume/consume.ts';
import type { FaultyRecord } from '../../shared/consume/faults.ts';
import { FinalError, isRetryable } from '../../shared/consume/retryable.ts';
import { RecordFault } from '../../shared/records/types.ts';
import { aggregateRecord, FIRST_SEQUENCE, kinesisEvent, windowEvent } from '../helpers/wire.ts';

const number = (i: number): string => String(FIRST_SEQUENCE + BigInt(i));
const failedAt = (i: number) => ({ batchItemFailures: [{ itemIdentifier: number(i) }] });
const done = { batchItemFailures: [] };
const texts = (...data: string[]): KinesisStreamEvent =>
  kinesisEvent(data.map((text) => ({ data: text, partitionKey: text[0]! })));

function faultsInMemory(refuses: (record: FaultyRecord) => boolean = () => false) {
  const put: FaultyRecord[] = [];
  const store = {
    put: async (record: FaultyRecord) => {
      if (refuses(record)) throw new Error('the bucket is gone');
      put.push(record);
    },
  };
  return { put, faults: { store, application: 'mine', stream: 'clicks' } };
}

let lines: string[] = [];
beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line) => lines.push(line));
});
afterEach(() => vi.restoreAllMocks());

describe('consume', () => {
  it('leaves out what the KPL has put into the wrong shard, where ranges are given', async () => {
    const user = (data: string, explicitHashKey: string) => ({
      ...{ data, explicitHashKey, partitionKey: 'k' },
    });
    const event = kinesisEvent([
      aggregateRecord([user('low', '4'), user('in', '5'), user('high', '10')]),
      { data: 'plain' },
      aggregateRecord([user('low', '0'), user('high', '99')]),
    ]);
    const seen: string[] = [];
    const ranges = async (shardId: string) => {
      seen.push(shardId);
      return { start: 5n, end: 9n };
    };
    const handle = (record: ConsumedRecord): void => {
      seen.push(`${record.text()} ${record.subSequenceNumber}`);
    };
    expect(await consume(event, handle, { ranges })).toEqual(done);
    expect(seen).toEqual(['shardId-000000000000', 'in 1', 'plain 0']);
    const unknown = async () => {
      throw new Error('no such shard');
    };
    await expect(consume(event, handle, { ranges: unknown })).rejects.toThrow('no such shard');
    expect(await consume({ Records: [] }, handle, { ranges: unknown })).toEqual(done);
  });

  it('hands out user records in order, with their identity', async () => {
    const seen: unknown[] = [];
    const event = kinesisEvent([
      { data: 'plain' },
      aggregateRecord([
        { data: 'é', partitionKey: 'a' },
        { data: { x: 1 }, partitionKey: 'b', explicitHashKey: '5' },
      ]),
    ]);
    const response = await consume(event, (r, { shardId, size }) => {
      const { sequenceNumber, subSequenceNumber, aggregated, partitionKey, explicitHashKey } = r;
      expect(r.data).toEqual(Buffer.from(r.text()));
      expect([r.shardId, r.arrival, r.fault]).toEqual([shardId, 1704164645678, null]);
      seen.push([sequenceNumber, subSequenceNumber, aggregated, partitionKey, explicitHashKey]);
      seen.push([r.text(), size]);
    });
    expect(response).toEqual(done);
    expect(seen).toEqual([
      [number(0), 0, false, 'key', undefined],
      ['plain', 2],
      [number(1), 0, true, 'a', undefined],
      ['é', 2],
      [number(1), 1, true, 'b', '5'],
      ['{"x":1}', 2],
    ]);
  });

  it('is through with a synchronous handler before it returns', () => {
    let count = 0;
    consume(texts('a', 'b', 'c'), () => {
      count++;
    });
    expect(count).toBe(3);
  });

  it('stops at the first retryable error and names that record alone', async () => {
    const seen: string[] = [];
    const response = await consume(texts('a', 'b', 'c', 'd'), async (record) => {
      seen.push(record.text());
      if (record.text() >= 'b') throw new Error('down');
    });
    expect(response).toEqual(failedAt(1));
    expect(seen).toEqual(['a', 'b']);
    expect(JSON.parse(lines[0]!)).toMatchObject({ reason: 'down', sequenceNumber: number(1) });
  });

  it('an aggregate comes again as a whole', async () => {
    const users = ['x', 'y', 'z'].map((data) => ({ data }));
    const event = kinesisEvent([{ data: 'a' }, aggregateRecord(users), { data: 'b' }]);
    const seen: string[] = [];
    const response = await consume(event, (record) => {
      seen.push(record.text());
      if (record.text() === 'y') throw new Error('down');
    });
    expect(response).toEqual(failedAt(1));
    expect(seen).toEqual(['a', 'x', 'y']);
  });

  it('sets a final error aside and goes on, one object for each Kinesis record', async () => {
    const { put, faults } = faultsInMemory();
    const users = ['1', 'no', '3', 'nor'].map((data) => ({ data, partitionKey: data }));
    const event = kinesisEvent([aggregateRecord(users), { data: '5' }]);
    const seen: number[] = [];
    const response = await consume(
      event,
      async (record) => {
        const value = record.json();
        if (value === 3) throw new FinalError('threes are not wanted');
        seen.push(value as number);
      },
      { faults },
    );
    expect(response).toEqual(done);
    expect(seen).toEqual([1, 5]);
    const message = 'the data of the record is not JSON';
    expect(put).toEqual([
      {
        application: 'mine',
        stream: 'clicks',
        shardId: 'shardId-000000000000',
        sequenceNumber: number(0),
        partitionKey: 'a',
        arrival: '2024-01-02T03:04:05.678Z',
        faults: [
          { subSequenceNumber: 1, reason: 'BAD_JSON', message },
          {
            subSequenceNumber: 2,
            reason: 'REFUSED',
            message: 'FinalError: threes are not wanted',
          },
          { subSequenceNumber: 3, reason: 'BAD_JSON', message },
        ],
        data: event.Records[0]!.kinesis.data,
      },
    ]);
  });

  it('without a place for faults gives nothing up', async () => {
    const response = await consume(texts('a', 'b'), () => {
      throw new FinalError('never');
    });
    expect(response).toEqual(failedAt(0));
    expect(lines[0]).toContain('there is no `faults` for it');
  });

  it('a record that could not be set aside is not done', async () => {
    const { put, faults } = faultsInMemory(({ sequenceNumber }) => sequenceNumber === number(1));
    const response = await consume(
      texts('a', 'b', 'c'),
      () => {
        throw new FinalError('never');
      },
      { faults },
    );
    expect(response).toEqual(failedAt(1));
    expect(put.map((record) => record.sequenceNumber)).toEqual([number(0), number(2)]);
  });

  it('sets nothing aside that is delivered again anyway', async () => {
    const { put, faults } = faultsInMemory();
    const handle = (record: ConsumedRecord) => {
      if (record.text() === 'y') throw new FinalError('never');
      if (record.text() === 'z') throw new Error('down');
    };
    const users = ['x', 'y', 'z'].map((data) => ({ data }));
    const response = await consume(kinesisEvent([aggregateRecord(users)]), handle, { faults });
    expect(response).toEqual(failedAt(0));
    expect(put).toEqual([]);
  });

  it('data that is no base64 is a fault, even if the handler makes light of it', async () => {
    const { put, faults } = faultsInMemory();
    const event = texts('a', 'b', 'c', 'd');
    for (const i of [0, 1, 2]) event.Records[i]!.kinesis.data = ['84mawg%%', '=', 'a-_b'][i]!;
    const handle = (record: ConsumedRecord) => {
      try {
        record.json();
      } catch {
        if (record.sequenceNumber === number(1)) throw new Error('by now a retryable one');
      }
    };
    expect(await consume(event, handle, { faults, isRetryable: () => true })).toEqual(done);
    expect(await consume(event, async (r) => handle(r), { faults })).toEqual(done);
    const reasons = put.map(({ data, faults: [fault] }) => [data, fault!.reason]);
    const expected = ['84mawg%%', '=', 'a-_b'].map((data) => [data, 'BAD_BASE64']);
    expect(reasons).toEqual([...expected, ...expected]);
  });

  it('a damaged aggregate comes as a plain record, and is set aside for that reason', async () => {
    const { put, faults } = faultsInMemory();
    const damaged = Buffer.from(aggregateRecord([{ data: '1' }, { data: '2' }]).data as Buffer);
    damaged[damaged.length - 1]! ^= 1;
    const reasons: unknown[] = [];
    const handle = (record: ConsumedRecord) => {
      reasons.push([record.aggregated, record.fault?.reason]);
      record.json();
    };
    const event = kinesisEvent([{ data: damaged }, { data: '3' }]);
    expect(await consume(event, handle, { faults })).toEqual(done);
    expect(reasons).toEqual([
      [false, 'DAMAGED_AGGREGATE'],
      [false, undefined],
    ]);
    expect(put[0]!.faults).toMatchObject([{ reason: 'DAMAGED_AGGREGATE' }]);
  });

  it('tells texts that are no UTF-8, and JSON of another form, apart from sound ones', async () => {
    const { put, faults } = faultsInMemory();
    const isList = (value: unknown): value is unknown[] => Array.isArray(value);
    const data = [Buffer.from('"\ufffd"'), Buffer.from([0x22, 0xff, 0x22]), '{}', '[]'];
    const event = kinesisEvent(data.map((one) => ({ data: one })));
    const seen: string[] = [];
    const handle = (record: ConsumedRecord) => {
      const text = record.text();
      if (text !== '"\ufffd"') record.json(isList);
      seen.push(text);
    };
    expect(await consume(event, handle, { faults })).toEqual(done);
    expect(seen).toEqual(['"\ufffd"', '[]']);
    expect(put.map((record) => record.faults[0]!.reason)).toEqual(['BAD_ENCODING', 'BAD_TYPE']);
  });

  it('an aggregate of nothing is done', async () => {
    // Magic, and the MD5 of a field that no reader knows.
    const { createHash } = await import('node:crypto');
    const content = Buffer.from([0x20, 0x01, 0x20, 0x01]);
    const md5 = createHash('md5').update(content).digest();
    const data = Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), content, md5]);
    const seen: string[] = [];
    const event = kinesisEvent([{ data }, { data: 'after' }]);
    expect(await consume(event, (r) => void seen.push(r.text()))).toEqual(done);
    expect(seen).toEqual(['after']);
  });

  it('accepts a batch of nothing', async () => {
    expect(await consume({ Records: [] }, () => {})).toEqual(done);
    expect(await consume({}, () => {})).toEqual(done);
  });

  it('gives a window its state back', async () => {
    const window = { start: '2024-01-02T03:04:00Z', end: '2024-01-02T03:05:00Z', state: { n: 1 } };
    const event: KinesisStreamTumblingWindowEvent = windowEvent([{ data: 'a' }], window);
    expect(await consume(event, () => {})).toEqual({ ...done, state: { n: 1 } });
    const fail = () => {
      throw new Error('down');
    };
    expect(await consume(event, fail)).toEqual({ ...failedAt(0), state: { n: 1 } });
    const last = { shardId: 's', isFinalInvokeForWindow: true };
    expect(await consume(last, () => {})).toEqual({ ...done, state: {} });
  });

  it('refuses, before anything is handled, what is no Kinesis event', async () => {
    const event = texts('a', 'b');
    const handle = vi.fn();
    const sqs = { ...event, Records: [event.Records[0], { body: 'x' }] } as typeof event;
    await expect(consume(sqs, handle)).rejects.toThrow(/Records\[1\] has no kinesis.data/);
    const anonymous = { Records: [{ ...event.Records[0]!, eventID: 'x' }] };
    await expect(consume(anonymous, handle)).rejects.toThrow(/Records\[0\] has no eventID/);
    expect(handle).not.toHaveBeenCalled();
  });

  it.each([
    [{ fault: {} }, 'no option fault'],
    [{ order: 'key' }, 'order is'],
    [{ concurrency: 4 }, 'order is'],
    [{ order: 'partition-key', concurrency: 0 }, 'whole number from 1 on, not 0'],
    [{ order: 'partition-key', concurrency: Number.NaN }, 'not NaN'],
  ])('refuses the options %j', async (options, message) => {
    const handle = vi.fn();
    await expect(consume(texts('a'), handle, options as object)).rejects.toThrow(message);
    expect(handle).not.toHaveBeenCalled();
  });

  it('never logs what JSON.parse quotes of a record', async () => {
    const response = await consume(texts('secret'), (record) => JSON.parse(record.text()));
    expect(response).toEqual(failedAt(0));
    expect(lines.join()).toContain('SyntaxError');
    expect(lines.join()).not.toContain('secret');
  });

  it('takes any thenable for a promise, and any thrown thing for an error', async () => {
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      then: (_: unknown, reject: (error: unknown) => void) => reject(undefined),
    } as Promise<void>;
    expect(await consume(texts('a'), () => thenable)).toEqual(failedAt(0));
    const throws = () => {
      throw null;
    };
    expect(await consume(texts('a'), throws)).toEqual(failedAt(0));
    const judge = () => {
      throw new Error('no idea');
    };
    expect(await consume(texts('a'), throws, { isRetryable: judge })).toEqual(failedAt(0));
  });
});

describe('order by partition key', () => {
  const options = { order: 'partition-key' } as const;

  it('runs keys side by side, each in its order, at most `concurrency` at a time', async () => {
    const begun: string[] = [];
    let running = 0;
    let most = 0;
    const handle = async (record: ConsumedRecord) => {
      begun.push(record.text());
      most = Math.max(most, ++running);
      // The record of `a` takes longest.
      for (let i = record.partitionKey === 'a' ? 6 : 1; i > 0; i--) await Promise.resolve();
      running--;
    };
    const event = texts('a1', 'a2', 'b1', 'a3', 'b2', 'c1');
    expect(await consume(event, handle, { ...options, concurrency: 2 })).toEqual(done);
    expect(most).toBe(2);
    expect(begun.filter((text) => text[0] === 'a')).toEqual(['a1', 'a2', 'a3']);
    expect(begun.slice(0, 2)).toEqual(['a1', 'b1']);
  });

  it('finishes what lies before a failure, and begins nothing behind it', async () => {
    const begun: string[] = [];
    const handle = async (record: ConsumedRecord) => {
      begun.push(record.text());
      await Promise.resolve();
      if (record.text() === 'b1') throw new Error('down');
    };
    const event = texts('a1', 'a2', 'b1', 'a3', 'b2', 'c1');
    expect(await consume(event, handle, options)).toEqual(failedAt(2));
    // c1 was on its way before b1 failed, and was waited for.
    expect(begun).toEqual(['a1', 'b1', 'c1', 'a2']);
  });

  it('goes by the keys inside an aggregate', async () => {
    let most = 0;
    let running = 0;
    const users = ['x', 'y', 'z'].map((key) => ({ data: key, partitionKey: key }));
    const handle = async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
    };
    await consume(kinesisEvent([aggregateRecord(users)]), handle, options);
    expect(most).toBe(3);
  });
});

describe('isRetryable', () => {
  it('gives up only what says so', () => {
    expect(isRetryable(new RecordFault('BAD_JSON', ''))).toBe(false);
    expect(isRetryable(new FinalError(''))).toBe(false);
    expect(isRetryable(Object.assign(new Error(), { retryable: false }))).toBe(false);
    expect(isRetryable(Object.assign(new Error(), { retryable: true }))).toBe(true);
    const throttled = { name: 'ThrottlingException', $fault: 'client', $retryable: {} };
    for (const error of [throttled, new TypeError('a bug'), 'text', null, undefined]) {
      expect(isRetryable(error)).toBe(true);
    }
  });
});
