import { existsSync, readFileSync } from 'node:fs';
import type { KinesisStreamEvent } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, decodedSize, scratchFor } from '../../shared/records/base64.ts';
import { readEvent, userRecords } from '../../shared/records/event.ts';
import {
  aggregateRecord,
  FIRST_ARRIVAL,
  FIRST_SEQUENCE,
  kinesisEvent,
  windowEvent,
} from '../helpers/wire.ts';

const shardId = 'shardId-000000000007';

describe('userRecords', () => {
  it('gives identity, arrival and bytes of plain records', () => {
    const event: KinesisStreamEvent = kinesisEvent(
      [
        { data: 'é', partitionKey: 'a' },
        { data: '', arrival: FIRST_ARRIVAL + 1 },
      ],
      { shardId },
    );
    expect(userRecords(event)).toEqual([
      {
        shardId,
        sequenceNumber: String(FIRST_SEQUENCE),
        subSequenceNumber: 0,
        aggregated: false,
        partitionKey: 'a',
        arrival: FIRST_ARRIVAL,
        data: Buffer.from('é'),
        fault: null,
      },
      {
        shardId,
        sequenceNumber: String(FIRST_SEQUENCE + 1n),
        subSequenceNumber: 0,
        aggregated: false,
        partitionKey: 'key',
        arrival: FIRST_ARRIVAL + 1,
        data: Buffer.alloc(0),
        fault: null,
      },
    ]);
  });

  it('takes aggregates apart, each with the keys it was put with', () => {
    const event = kinesisEvent([
      { data: 'plain' },
      aggregateRecord([
        { data: 'one', partitionKey: 'a' },
        { data: '', partitionKey: 'b', explicitHashKey: '5' },
        { data: { x: 1 }, partitionKey: 'a' },
      ]),
      { data: 'after' },
    ]);
    const brief = userRecords(event).map((r) => [
      Number(BigInt(r.sequenceNumber) - FIRST_SEQUENCE),
      r.subSequenceNumber,
      r.aggregated,
      r.partitionKey,
      r.explicitHashKey,
      r.data.toString(),
    ]);
    expect(brief).toEqual([
      [0, 0, false, 'key', undefined, 'plain'],
      [1, 0, true, 'a', undefined, 'one'],
      [1, 1, true, 'b', '5', ''],
      [1, 2, true, 'a', undefined, '{"x":1}'],
      [2, 0, false, 'key', undefined, 'after'],
    ]);
  });

  it('hands out a damaged aggregate as it is, with the reason', () => {
    const aggregate = aggregateRecord([{ data: 'one' }, { data: 'two' }]).data as Buffer;
    const damaged = Buffer.from(aggregate);
    damaged[aggregate.length - 1]! ^= 1;
    const [record, next] = userRecords(kinesisEvent([{ data: damaged }, { data: 'x' }]));
    expect(record).toMatchObject({ aggregated: false, data: damaged, partitionKey: 'key' });
    expect(record?.fault).toMatchObject({ reason: 'DAMAGED_AGGREGATE' });
    expect(record?.fault?.message).toContain('MD5');
    expect(next).toMatchObject({ fault: null, data: Buffer.from('x') });
  });

  it('marks what is no base64, with the text as it came, and goes on', () => {
    const event = kinesisEvent([{ data: 'a' }, { data: 'b' }]);
    event.Records[0]!.kinesis.data = 'no base64!';
    const [bad, good] = userRecords(event);
    expect(bad).toMatchObject({ data: Buffer.from('no base64!'), aggregated: false });
    expect(bad?.fault).toMatchObject({ reason: 'BAD_BASE64' });
    expect(good).toMatchObject({ fault: null, data: Buffer.from('b') });
  });

  it('reads window events, empty ones too', () => {
    const window = { start: '2020-12-09T07:04:00Z', end: '2020-12-09T07:06:00Z' };
    const event = windowEvent([{ data: 'x' }], window, { shardId });
    for (const record of event.Records) record.eventID = 'not looked at';
    expect(userRecords(event).map((record) => record.shardId)).toEqual([shardId]);
    expect(userRecords(windowEvent([], window))).toEqual([]);
    expect(userRecords({ shardId })).toEqual([]);
  });

  it('gives every millisecond back exactly', () => {
    // 1.001 * 1000 is 1000.9999999999999
    expect(userRecords(kinesisEvent([{ data: '', arrival: 1001 }]))[0]?.arrival).toBe(1001);
    fc.assert(
      fc.property(fc.oneof(fc.nat(99_999), fc.nat(4_102_444_800_000)), (arrival) => {
        expect(userRecords(kinesisEvent([{ data: '', arrival }]))[0]?.arrival).toBe(arrival);
      }),
      { numRuns: 300 },
    );
  });

  it('gives back whatever was put, of any size', () => {
    const data = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    const put = fc.record({ data, partitionKey: fc.string({ minLength: 1, maxLength: 9 }) });
    const record = fc.array(put, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), (batch) => {
        const got = userRecords(kinesisEvent(batch.map((users) => aggregateRecord(users))));
        expect(got.map((r) => r.data)).toEqual(batch.flat().map((user) => user.data));
        expect(got.map((r) => r.partitionKey)).toEqual(
          batch.flat().map((user) => Buffer.from(user.partitionKey).toString()),
        );
      }),
      { numRuns: 200 },
    );
    const large = Buffer.alloc(3 << 20, 'x');
    expect(
      userRecords(kinesisEvent([{ data: large }, { data: 'y' }])).map((r) => r.data.length),
    ).toEqual([large.length, 1]);
  });

  it('refuses what is not of Kinesis', () => {
    const [record] = kinesisEvent([{ data: 'x' }]).Records;
    const read = (broken: object) => () => userRecords({ Records: [{ ...record!, ...broken }] });
    expect(read({ eventID: 'x' })).toThrow('not a Kinesis event: Records[0] has no eventID');
    expect(read({ kinesis: undefined })).toThrow('not a Kinesis event: Records[0] has no kinesis');
    expect(read({ kinesis: { ...record!.kinesis, data: undefined } })).toThrow('kinesis.data');
    for (const approximateArrivalTimestamp of [
      Number.NaN,
      253_402_300_800,
      -62_135_596_800.001,
      1e300,
    ]) {
      const kinesis = { ...record!.kinesis, approximateArrivalTimestamp };
      expect(read({ kinesis })).toThrow('has no kinesis.approximateArrivalTimestamp');
    }
  });
});

describe('readEvent', () => {
  it('visits in order with the position in the event, and passes on what the visitor throws', () => {
    const event = kinesisEvent([{ data: 'x' }, aggregateRecord([{ data: '1' }, { data: '2' }])]);
    const seen: [number, number][] = [];
    readEvent(event, ({ index, subSequenceNumber }) => seen.push([index, subSequenceNumber]));
    expect(seen).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
    ]);
    const stop = () => {
      throw new Error('stop');
    };
    expect(() => readEvent(event, stop)).toThrow('stop');
  });

  const vectors = new URL('../../../shared/data/kpl-vectors.json', import.meta.url);
  it.skipIf(!existsSync(vectors))('reads real KPL records (../shared/data, else skipped)', () => {
    const text = readFileSync(vectors, 'utf8');
    const samples = [...text.matchAll(/"(84maw[A-Za-z0-9+/=]+)"/g)].map(
      ([, base64 = '']) => base64,
    );
    expect(samples.length).toBeGreaterThan(3);
    const records = userRecords(
      kinesisEvent(samples.map((base64) => ({ data: Buffer.from(base64, 'base64') }))),
    );
    expect(records.filter((record) => record.aggregated).length).toBeGreaterThan(10);
  });
});

describe('decodeBase64', () => {
  const decode = (text: string): Buffer | null => {
    const into = scratchFor(decodedSize(text));
    const length = decodeBase64(text, into);
    return length < 0 ? null : Buffer.from(into.subarray(0, length));
  };
  const strict =
    /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

  it('gives back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decode(Buffer.from(bytes).toString('base64'))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('takes canonical base64 and nothing else', () => {
    const character = fc.constantFrom(...'AQgwEB+/-_= \n\u00e9\u0141zZ09');
    const chunks = fc.string({ unit: character, maxLength: 12 });
    fc.assert(
      fc.property(
        fc.oneof(
          chunks,
          chunks.map((s) => s.padEnd(Math.ceil(s.length / 4) * 4, '=')),
        ),
        (text) => {
          expect(decode(text) !== null).toBe(strict.test(text));
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    'A',
    'AA',
    'AAA',
    'AA=',
    'AB==',
    'AAB=',
    '====',
    'A===',
    'AA==AAAA',
    'AA-A',
    'AA_A',
    'AAA\n',
    'AA A',
    'AAAé',
    'AAAŁ',
  ])('refuses %j', (text) => expect(decode(text)).toBe(null));
});
