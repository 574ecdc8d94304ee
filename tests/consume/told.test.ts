import { beforeEach, describe, expect, it, vi } from 'vitest';
import { consume, type RecordHandler } from '../../shared/consume/consume.ts';
import { createReader } from '../../shared/consume/consumed-record.ts';
import { eachLimit } from '../../shared/consume/each-limit.ts';
import { type FaultyRecord, faultKey } from '../../shared/consume/faults.ts';
import { FinalError } from '../../shared/consume/retryable.ts';
import { RecordFault } from '../../shared/records/types.ts';
import { memoryFaults } from '../aggregate/harness.ts';
import { aggregateRecord, FIRST_SEQUENCE, kinesisEvent, type WireRecord } from '../helpers/wire.ts';

const number = (i: number): string => String(FIRST_SEQUENCE + BigInt(i));
const SHARD = 'shardId-000000000000';
let logged: Record<string, unknown>[] = [];

beforeEach(() => {
  logged = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void logged.push(JSON.parse(line)));
});

/** Consumes with a place for faults: the response, and what was set aside. */
async function tell(records: readonly WireRecord[], handle: RecordHandler) {
  const store = memoryFaults();
  const faults = { store, application: 'mine', stream: 'clicks' };
  const order = 'partition-key' as const;
  const { batchItemFailures } = await consume(kinesisEvent(records), handle, { order, faults });
  return {
    failures: batchItemFailures,
    faults: [...store.objects.values()].flatMap((o) => o.faults),
  };
}

function fault(read: () => unknown): string {
  try {
    return `no fault: ${read()}`;
  } catch (error) {
    return error instanceof RecordFault ? `${error.reason}: ${error.message}` : String(error);
  }
}

function first(record: WireRecord) {
  return createReader(kinesisEvent([record])).next()!;
}

describe('what a record tells of its data', () => {
  it('in words that say what it is not', () => {
    const bad = Buffer.from([0x22, 0xff, 0x22]);
    expect(fault(() => first({ data: bad }).text())).toBe(
      'BAD_ENCODING: the data of the record is not UTF-8',
    );
    expect(fault(() => first({ data: '{' }).json())).toBe(
      'BAD_JSON: the data of the record is not JSON',
    );
    expect(fault(() => first({ data: '1' }).json((v): v is string => typeof v === 'string'))).toBe(
      'BAD_TYPE: the JSON of the record is not of the expected form',
    );
    const [record] = kinesisEvent([{ data: '' }]).Records;
    const Records = [{ ...record!, kinesis: { ...record!.kinesis, data: '%%%%' } }];
    const broken = createReader({ Records }).next()!;
    expect(fault(() => broken.data)).toBe(
      'BAD_BASE64: the data of the Kinesis record is not base64',
    );
    const cut = Buffer.from(aggregateRecord([{ data: 'a' }, { data: 'b' }]).data as Buffer);
    cut[9]! ^= 1;
    expect(first({ data: cut }).fault?.message).toBe(
      'begins like a KPL aggregate, but: The MD5 at the end does not match. It may have been changed on its way.',
    );
  });

  it('has JSON of up to 1,000 levels: what is deeper nobody can walk through', () => {
    const nested = (levels: number, open = '[', close = ']') =>
      fault(() => typeof first({ data: open.repeat(levels) + close.repeat(levels) }).json());
    expect(nested(1000)).toBe('no fault: object');
    expect(nested(1001)).toBe('BAD_JSON: the JSON of the record is nested deeper than 1000 levels');
    expect(nested(700, '{"a":[', '1]}')).toMatch('nested deeper');
    const flat = `[${'{"}[[\\"{":[]},'.repeat(2000)}1]`;
    expect(fault(() => typeof first({ data: flat }).json())).toBe('no fault: object');
  });

  it('takes a replacement character that was sent for what it is', () => {
    expect(first({ data: 'a\ufffdb' }).text()).toBe('a\ufffdb');
    const record = first({ data: 'a\ufffdb' });
    expect(record.data.toString()).toBe('a\ufffdb');
    expect(record.text()).toBe('a\ufffdb');
    const [inner] = [first(aggregateRecord([{ data: 'x\ufffd' }, { data: 'y' }]))];
    expect(inner.text()).toBe('x\ufffd');
  });

  it('has the data as bytes, the same at every look', () => {
    const record = first({ data: 'abc' });
    expect(record.data).toBe(record.data);
    expect(first({ data: '' }).data).toHaveLength(0);
    expect(first({ data: '' }).text()).toBe('');
  });
});

describe('what an event must have', () => {
  const [record] = kinesisEvent([{ data: 'x' }]).Records;
  const { kinesis } = record!;
  it.each<[string, object]>([
    ['kinesis.data', { kinesis: { ...kinesis, data: 7 } }],
    ['kinesis.sequenceNumber', { kinesis: { ...kinesis, sequenceNumber: undefined } }],
    [
      'kinesis.approximateArrivalTimestamp',
      { kinesis: { ...kinesis, approximateArrivalTimestamp: '1' } },
    ],
    [
      'kinesis.approximateArrivalTimestamp',
      { kinesis: { ...kinesis, approximateArrivalTimestamp: 1e12 } },
    ],
    ['eventID with the shard', { eventID: undefined }],
    ['eventID with the shard', { eventID: SHARD }],
    ['eventID with the shard', { eventID: ':1' }],
  ])('%s', (missing, change) => {
    const Records = [{ ...record!, ...change }];
    expect(() => createReader({ Records })).toThrow(
      `not a Kinesis event: Records[0] has no ${missing}. Is the function subscribed to a stream?`,
    );
  });
});

describe('what is logged', () => {
  it('of records that were set aside: their number, once for a batch', async () => {
    const handle = () => {
      throw new FinalError('never');
    };
    expect((await tell([{ data: 'a' }, { data: 'b' }], handle)).failures).toEqual([]);
    expect(logged).toEqual([
      { level: 'warn', message: 'records were set aside', shardId: SHARD, records: 2 },
    ]);
  });

  it('of records that could not be set aside: the first; of the others their number', async () => {
    const refuse = (refused: readonly number[]) => ({
      put: async ({ sequenceNumber }: FaultyRecord) => {
        if (refused.some((i) => sequenceNumber === number(i))) throw new Error('no bucket');
      },
    });
    const run = async (refused: readonly number[]) => {
      logged = [];
      const faults = { store: refuse(refused), application: 'mine', stream: 'clicks' };
      const event = kinesisEvent([{ data: 'a' }, { data: 'b' }, { data: 'c' }]);
      const never = () => {
        throw new FinalError('never');
      };
      const { batchItemFailures } = await consume(event, never, { faults });
      return batchItemFailures;
    };
    const failed = (i: number) => ({
      level: 'error',
      message: 'a record could not be set aside; it is delivered again',
      error: 'Error',
      reason: 'no bucket',
      shardId: SHARD,
      sequenceNumber: number(i),
    });
    expect(await run([1])).toEqual([{ itemIdentifier: number(1) }]);
    expect(logged).toEqual([
      { level: 'warn', message: 'records were set aside', shardId: SHARD, records: 2 },
      failed(1),
    ]);
    expect(await run([0, 1, 2])).toEqual([{ itemIdentifier: number(0) }]);
    expect(logged).toEqual([failed(0)]);
  });

  it('of an error that isRetryable cannot judge: it stops the scope, nothing is given up', async () => {
    const store = memoryFaults();
    const isRetryable = () => {
      throw new Error('no judgement');
    };
    const faults = { store, application: 'mine', stream: 'clicks' };
    const fails = () => {
      throw new FinalError('never');
    };
    const event = kinesisEvent([{ data: 'a' }]);
    const { batchItemFailures } = await consume(event, fails, { faults, isRetryable });
    expect(batchItemFailures).toEqual([{ itemIdentifier: number(0) }]);
    expect(store.objects.size).toBe(0);
  });

  it('of a batch without faults: nothing', async () => {
    await tell([{ data: 'a' }], () => {});
    expect(logged).toEqual([]);
  });

  it('of a failure: the record, and why; of several the first', async () => {
    const handle: RecordHandler = async (record) => {
      if (record.text() === 'a') return;
      if (record.text() === 'b') await Promise.resolve();
      throw new Error(record.text());
    };
    const records = ['a', 'b', 'c'].map((data) => ({ data, partitionKey: data }));
    expect((await tell(records, handle)).failures).toEqual([{ itemIdentifier: number(1) }]);
    expect(logged).toEqual([
      {
        level: 'error',
        message: 'a record failed; it and all behind it are delivered again',
        error: 'Error',
        reason: 'b',
        shardId: SHARD,
        sequenceNumber: number(1),
      },
    ]);
  });

  it('of several failures of one Kinesis record: the first', async () => {
    const users = ['a', 'b'].map((data) => ({ data, partitionKey: data }));
    await tell([aggregateRecord(users)], async (record) => {
      await Promise.resolve();
      throw new Error(record.text());
    });
    expect(logged).toMatchObject([{ reason: 'a' }]);
  });

  it('of an error that may quote the record: its name alone', async () => {
    await tell([{ data: '{"a":secret}' }], (record) => JSON.parse(record.text()));
    const reason = 'not told, it may quote the record';
    expect(logged).toMatchObject([{ error: 'SyntaxError', reason }]);
  });

  it('of a final error that cannot be read: it is set aside, and the batch ends', async () => {
    const cause = new Error('x');
    const get = () => {
      throw new Error('closed');
    };
    Object.defineProperty(cause, 'message', { get });
    const { failures, faults } = await tell([{ data: 'a' }], async () => {
      throw new FinalError('never', { cause });
    });
    expect(failures).toEqual([]);
    expect(faults).toMatchObject([
      { reason: 'REFUSED', message: 'Error: what was thrown cannot be read' },
    ]);
  });

  it('of what cannot be read: that', async () => {
    const closed = Object.create(null);
    const { failures } = await tell([{ data: 'a' }], () => {
      throw closed;
    });
    expect(failures).toEqual([{ itemIdentifier: number(0) }]);
    expect(logged).toMatchObject([{ reason: 'what was thrown cannot be read' }]);
  });
});

describe('faults', () => {
  it('of one record stand in its order, whatever ended first', async () => {
    const users = ['0', '1', '2'].map((data) => ({ data, partitionKey: data }));
    const { faults } = await tell([aggregateRecord(users)], async (record) => {
      for (let i = record.subSequenceNumber; i < 3; i++) await Promise.resolve();
      throw new FinalError(record.text());
    });
    expect(faults).toEqual(
      [0, 1, 2].map((sub) => ({
        subSequenceNumber: sub,
        reason: 'REFUSED',
        message: `FinalError: ${sub}`,
      })),
    );
  });

  it('lie under application, shard and number; those of a result under its digest too', () => {
    const record: FaultyRecord = {
      application: 'mine',
      stream: 'clicks',
      shardId: SHARD,
      sequenceNumber: '49',
      partitionKey: 'k',
      arrival: '2024-01-02T03:04:05.000Z',
      faults: [],
      data: '',
    };
    const result = { pump: 'P', window: '2024-01-02T03:04:00Z', key: 'x' };
    expect(faultKey(record)).toBe(`faults/mine/${SHARD}/49.json`);
    expect(faultKey({ ...record, result })).toBe(`faults/mine/${SHARD}/49.11cf6466d28742be.json`);
  });
});

describe('eachLimit', () => {
  it('has at most so many at work, and not a runner too many', async () => {
    let atWork = 0;
    let most = 0;
    const done: number[] = [];
    const work = async (item: number): Promise<void> => {
      most = Math.max(most, ++atWork);
      await Promise.resolve();
      atWork--;
      done.push(item);
    };
    await eachLimit([1, 2, 3, 4, 5], 2, work);
    expect([most, done.length]).toEqual([2, 5]);
    most = 0;
    await eachLimit([1, 2], 9, work);
    expect(most).toBe(2);
  });
});
