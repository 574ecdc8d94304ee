import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FirehoseEvent, FirehoseRecord } from '../../shared/firehose/event.ts';
import { dropped, keyed, TransformError, transformer } from '../../shared/firehose/transformer.ts';
import { encodeAggregate } from '../../shared/kpl/encode.ts';
import { RecordFault } from '../../shared/records/types.ts';
import { firehoseEvent, logOf, MINUTES, textsOf } from '../helpers/firehose.ts';

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
});

/** Whatever a function may do to a record. */
const deed: fc.Arbitrary<() => unknown> = fc.oneof(
  fc.anything().map((value) => () => value),
  fc.string({ maxLength: 3000 }).map((text) => () => text),
  fc.uint8Array({ maxLength: 3000 }).map((bytes) => () => bytes),
  fc.array(fc.string({ maxLength: 200 }), { maxLength: 20 }).map((lines) => () => lines),
  fc.object().map((value) => () => value),
  fc.object().map((value) => () => Promise.resolve(value)),
  fc
    .dictionary(fc.constantFrom('k', 'other'), fc.anything())
    .map((keys) => () => keyed('x', keys as never)),
  fc.string().map((reason) => () => dropped(reason)),
  fc.anything().map((value) => () => {
    throw value;
  }),
  fc.string().map((message) => async () => {
    throw new Error(message);
  }),
  fc.constantFrom(
    () => {
      throw new RecordFault('BAD_JSON', 'no');
    },
    () => {
      throw Object.defineProperty(new Error(), 'message', {
        get: () => {
          throw new Error('hostile');
        },
      });
    },
    () => ({ toJSON: () => undefined }),
    () => ({ big: 1n }),
  ),
);

const data: fc.Arbitrary<unknown> = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  fc
    .uint8Array({ maxLength: 40 })
    .map((bytes) => Buffer.from(`\0sluice/1${String.fromCharCode(...bytes)}`).toString('base64')),
  fc.string({ maxLength: 40 }),
  fc.constantFrom({ length: {} }, { length: -9 }, [], null, undefined),
  fc.anything(),
);

function eventOf(values: readonly unknown[]): FirehoseEvent {
  const event = firehoseEvent(values.map(() => ''));
  return {
    ...event,
    records: event.records.map((record, i) => ({ ...record, data: values[i] as string })),
  };
}

describe('any records and any function', () => {
  it('are answered each once and in order, in a response of the allowed size', async () => {
    const runs = fc.array(fc.tuple(data, deed), { maxLength: 12 });
    const sizes = fc.integer({ min: 3000, max: 9000 });
    await fc.assert(
      fc.asyncProperty(
        runs,
        sizes,
        fc.constantFrom([], ['k'], ['date']),
        fc.integer({ min: 1, max: 4 }),
        async (list, responseBytes, keys, concurrency) => {
          const event = eventOf(list.map(([value]) => value));
          const ids = event.records.map(({ recordId }) => recordId);
          const handler = transformer(
            ({ recordId }) => list[ids.indexOf(recordId)]![1]() as never,
            { delivery: 'x', keys, concurrency, responseBytes, putBack: null },
          );
          let response = { records: [] } as Awaited<ReturnType<typeof handler>>;
          const log = await logOf(async () => {
            response = await handler(event, MINUTES);
          });
          expect(response.records.map(({ recordId }) => recordId)).toEqual(ids);
          expect(Buffer.byteLength(JSON.stringify(response))).toBeLessThanOrEqual(responseBytes);
          for (const { result, data: out, metadata } of response.records) {
            expect(['Ok', 'Dropped', 'ProcessingFailed']).toContain(result);
            if (result !== 'Ok') {
              expect(out).toBeUndefined();
              continue;
            }
            const bytes = Buffer.from(out!, 'base64');
            expect(bytes.toString('base64')).toBe(out);
            expect(bytes.at(-1)).toBe(0x0a);
            expect(Object.keys(metadata?.partitionKeys ?? {})).toEqual(keys);
            for (const value of Object.values(metadata?.partitionKeys ?? {})) {
              expect(value).toMatch(/^[\w.%~-]{1,128}$/);
            }
          }
          const { Records, Delivered, Dropped, Failed } = log[0] as Record<string, number>;
          expect(Records).toBe(list.length);
          expect(Delivered! + Dropped! + Failed!).toBe(list.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a function of a record', () => {
  const run = async (transform: Parameters<typeof transformer>[0], values: string[], more = {}) => {
    const handler = transformer(transform, { delivery: 'x', putBack: null, ...more });
    let texts: string[] = [];
    const log = await logOf(async () => {
      texts = textsOf(await handler(firehoseEvent(values), MINUTES));
    });
    return { texts, log };
  };
  const reasons = (log: Record<string, unknown>[]) => log.flatMap(({ Reason }) => Reason ?? []);

  it('gives lines as text, bytes or objects, one or several', async () => {
    const outputs = [{ a: 1 }, 'b', 'c\n', Buffer.from('d'), ['e', { f: 2 }], ['']];
    let turn = 0;
    const { texts } = await run(() => outputs[turn++]!, ['1', '2', '3', '4', '5', '6']);
    expect(texts).toEqual(['{"a":1}\n', 'b\n', 'c\n', 'd\n', 'e\n{"f":2}\n', 'Dropped']);
  });

  it('fails by itself, and the others go on', async () => {
    const { texts, log } = await run(
      (record) => record.json() as object,
      ['{"a":1}', '{"secret":', '{"b":2}'],
    );
    expect(texts).toEqual(['{"a":1}\n', 'ProcessingFailed', '{"b":2}\n']);
    expect(reasons(log)).toEqual(['BAD_JSON']);
    expect(JSON.stringify(log)).not.toContain('secret');
  });

  it('that gives nothing fails: dropping has to be said', async () => {
    const { texts, log } = await run((() => undefined) as never, ['1']);
    expect(texts).toEqual(['ProcessingFailed']);
    expect(reasons(log)).toEqual(['NO_RESULT']);
  });

  it('tells of an error that is not ours where it was thrown, never what it says', async () => {
    const { log } = await run((record) => JSON.parse(record.text()), ['{"name": secret}']);
    const line = log.find(({ level }) => level === 'error');
    expect(line).toMatchObject({
      reason: 'ERROR',
      first: expect.stringMatching(/^SyntaxError at JSON\.parse/),
    });
    expect(JSON.stringify(log)).not.toContain('secret');
  });

  it('counts what it drops by its reasons, of which data cannot make more than twenty', async () => {
    const values = Array.from({ length: 40 }, (_, i) => `R${i % 30}`);
    const { log } = await run((record) => dropped(record.text()), [...values, 'no reason!']);
    expect(new Set(reasons(log))).toEqual(
      new Set([...Array.from({ length: 20 }, (_, i) => `R${i}`), 'OTHER']),
    );
    const counted = log.filter(({ Reason }) => Reason !== undefined);
    expect(counted.reduce((sum, { Dropped }) => sum + Number(Dropped), 0)).toBe(41);
  });

  it('needs to give the partition keys that the prefix names, and no others are answered', async () => {
    const handler = transformer(
      (record) => keyed(record.text(), record.text() === 'a' ? { k: 'x/y', more: 1 } : {}),
      { delivery: 'x', keys: ['k', 'date', 'hour'], putBack: null },
    );
    const { records } = await handler(firehoseEvent(['a', 'b']), MINUTES);
    expect(records.map(({ result, metadata }) => [result, metadata?.partitionKeys])).toEqual([
      ['Ok', { k: 'x%2Fy', date: '2026-05-02', hour: '23' }],
      ['ProcessingFailed', undefined],
    ]);
  });

  it('that never ends fails its record when time runs out, and those behind it', async () => {
    const handler = transformer((record) => (record.text() === 'b' ? new Promise(() => {}) : 'x'), {
      delivery: 'x',
      putBack: null,
    });
    const context = { getRemainingTimeInMillis: () => 100 };
    const response = await handler(firehoseEvent(['a', 'b', 'c']), context);
    expect(textsOf(response)).toEqual(['x\n', 'ProcessingFailed', 'ProcessingFailed']);
  });

  it('may say itself why a record cannot be delivered', async () => {
    const { log } = await run(() => {
      throw new TransformError('NO_CUSTOMER', 'the order names no customer');
    }, ['1']);
    expect(log.at(-1)).toMatchObject({
      reason: 'NO_CUSTOMER',
      first: 'the order names no customer',
    });
  });
});

describe('an aggregate that Firehose has not taken apart', () => {
  const aggregate = (...texts: string[]) =>
    encodeAggregate(texts.map((text) => ({ partitionKey: text, data: Buffer.from(text) }))).data;
  const handler = transformer(
    (record) => {
      const text = record.text();
      if (text === 'none') return dropped('NONE');
      if (text === 'bad') throw new TransformError('BAD', 'it is bad');
      return keyed(`${text} of ${record.partitionKey}`, { k: text[0] });
    },
    { delivery: 'x', keys: ['k'], putBack: null },
  );

  it('has one answer for all of its user records', async () => {
    const event = firehoseEvent([
      aggregate('a1', 'none', 'a2'),
      aggregate('none', 'none'),
      aggregate('a1', 'bad'),
      aggregate('a1', 'b1'),
      'a3',
    ]);
    let texts: string[] = [];
    const log = await logOf(async () => {
      texts = textsOf(await handler(event, MINUTES));
    });
    expect(texts).toEqual([
      'a1 of a1\na2 of a2\n',
      'Dropped',
      'ProcessingFailed',
      'ProcessingFailed',
      'a3 of key-4\n',
    ]);
    expect(log.flatMap(({ Reason }) => Reason ?? [])).toEqual(['NONE', 'BAD', 'MIXED_KEYS']);
  });
});

describe('an event', () => {
  const handler = transformer(() => 'x', { delivery: 'x', putBack: null });

  it.each([
    ['of another service', { Records: [] }, 'it has no records'],
    ['whose record has no id', { records: [{ data: '' }] }, 'records[0] has no recordId'],
  ])('%s is refused as a whole', async (_, event, message) => {
    await expect(handler(event as never, MINUTES)).rejects.toThrow(message);
  });

  it.each<[string, Partial<FirehoseRecord>]>([
    ['no base64', { data: '*' }],
    ['no data, as of Kafka', { data: undefined as never }],
    ['no time of arrival', { approximateArrivalTimestamp: undefined as never }],
  ])('with a record of %s fails that record', async (_, wrong) => {
    const event = firehoseEvent(['a', 'b']);
    const records = [{ ...event.records[0]!, ...wrong }, event.records[1]!];
    const response = await handler({ ...event, records }, MINUTES);
    expect(textsOf(response)).toEqual(['ProcessingFailed', 'x\n']);
  });
});
