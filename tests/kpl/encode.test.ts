import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAggregate } from '../../shared/kpl/decode.ts';
import { aggregateBuilder, encodeAggregate, type NewUserRecord } from '../../shared/kpl/encode.ts';
import { InvalidUserRecord } from '../../shared/kpl/errors.ts';
import { hashKeyOf } from '../../shared/kpl/hash-key.ts';
import { severalRecords } from './arbitrary.ts';
import {
  decodeAll,
  field,
  frame,
  hashKeyEntry,
  keyEntry,
  numberField,
  userRecord,
} from './protobuf.ts';

const put = (partitionKey: string, data = 'x', explicitHashKey?: string): NewUserRecord => ({
  partitionKey,
  data: Buffer.from(data),
  ...(explicitHashKey === undefined ? {} : { explicitHashKey }),
});

describe('encodeAggregate', () => {
  test('decode gives back what was encoded', () => {
    fc.assert(
      fc.property(severalRecords, (records) => {
        const encoded = encodeAggregate(records);
        expect(decodeAll(encoded.data)).toEqual(records);
        expect(encoded.partitionKey).toBe('a');
        const first = records[0] as NewUserRecord;
        const hashKey = hashKeyOf(first.partitionKey, first.explicitHashKey);
        expect(encoded.explicitHashKey).toBe(hashKey.toString());
      }),
    );
  });

  test('the bytes, field by field', () => {
    const records = [
      put('10', 'one'),
      put('2', '', '0'),
      put('10', 'three', '7'),
      put('é', 'x', '0'),
    ];
    const expected = frame(
      keyEntry('10'),
      keyEntry('2'),
      keyEntry('é'),
      hashKeyEntry('0'),
      hashKeyEntry('7'),
      userRecord(0n, 'one'),
      userRecord(1n, '', 0n),
      userRecord(0n, 'three', 1n),
      userRecord(2n, 'x', 0n),
    );
    expect(encodeAggregate(records).data).toEqual(expected);
  });

  test('one record stays raw with its own keys', () => {
    expect(encodeAggregate([put('k', 'data')])).toStrictEqual({
      partitionKey: 'k',
      data: Buffer.from('data'),
    });
    expect(encodeAggregate([put('k', 'data', '0')])).toEqual({
      partitionKey: 'k',
      explicitHashKey: '0',
      data: Buffer.from('data'),
    });
  });

  test('takes any Uint8Array, also a part of one', () => {
    const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    const record = { partitionKey: 'k', data: bytes };
    expect([...encodeAggregate([record]).data]).toEqual([2, 3]);
    expect([...(decodeAll(encodeAggregate([record, record]).data)[1]?.data ?? [])]).toEqual([2, 3]);
  });

  test('nothing is an error', () => {
    expect(() => encodeAggregate([])).toThrow(new RangeError('There is no user record to encode.'));
  });
});

describe("the KPL's own shapes", () => {
  const pattern = 'a b b a a c b a d e e'.split(' ');
  const hashPattern = '1 2 2 1 1 3 2 1 4 5 5'.split(' ');
  const shapes: [string, NewUserRecord[]][] = [
    ['one key, 900 times', range(900).map((i) => put('key', `data ${i}`))],
    ['900 keys', range(900).map((i) => put(`key-${i}`, `data ${i}`))],
    ['900 integer-like keys, falling', range(900).map((i) => put(String(900 - i), `data ${i}`))],
    ['repeated keys', pattern.map((key, i) => put(key, `data ${i}`))],
    ['repeated hash keys', hashPattern.map((hash, i) => put('k', `data ${i}`, hash))],
    ['keys of 1 to 256', range(256).map((i) => put('k'.repeat(i + 1), `data ${i}`))],
    ['data of 1 to 64 KiB', range(64).map((i) => put('k', 'x'.repeat((i + 1) * 1024)))],
  ];

  test.each(shapes)('%s', (_, records) => {
    expect(decodeAll(encodeAggregate(records).data)).toEqual(records);
  });

  test('one table entry per key, in order of first use', () => {
    const tables = frame(
      ...['a', 'b', 'c', 'd', 'e'].map(keyEntry),
      ...['1', '2', '3', '4', '5'].map(hashKeyEntry),
      ...pattern.map((key, i) =>
        field(
          3,
          numberField(1, BigInt('abcde'.indexOf(key))),
          numberField(2, BigInt(Number(hashPattern[i]) - 1)),
          field(3, 'x'),
        ),
      ),
    );
    const records = pattern.map((key, i) => put(key, 'x', hashPattern[i]));
    expect(encodeAggregate(records).data).toEqual(tables);
  });
});

describe('aggregateBuilder', () => {
  test('predicts the exact size that Kinesis counts', () => {
    fc.assert(
      fc.property(severalRecords, (records) => {
        const builder = aggregateBuilder();
        for (const [i, record] of records.entries()) {
          const predicted = builder.sizeWith(record);
          builder.add(record);
          const { data, partitionKey } = builder.build();
          expect(predicted).toBe(data.length + Buffer.byteLength(partitionKey));
          expect(builder.count()).toBe(i + 1);
        }
      }),
    );
  });

  test.each([127, 128, 16_383, 16_384, 2_097_151, 2_097_152])(
    'across the varint step at %i',
    (n) => {
      const builder = aggregateBuilder();
      builder.add(put('k'));
      for (const length of [n - 8, n - 6, n - 5, n - 4, n]) {
        const record = put('k', 'x'.repeat(length));
        const predicted = builder.sizeWith(record);
        expect(predicted).toBe(encodeAggregate([put('k'), record]).data.length + 1);
      }
    },
  );

  test('with so many keys that their indexes take two bytes', () => {
    const builder = aggregateBuilder();
    for (const i of range(300)) builder.add(put(`k${i}`, 'x', String(i)));
    const predicted = builder.sizeWith(put('new', 'x', '999'));
    builder.add(put('new', 'x', '999'));
    expect(predicted).toBe(builder.build().data.length + 1);
  });

  test('asking changes nothing', () => {
    const builder = aggregateBuilder();
    builder.add(put('k'));
    const size = builder.sizeWith(put('l', 'y', '1'));
    expect(builder.sizeWith(put('l', 'y', '1'))).toBe(size);
    expect(builder.count()).toBe(1);
  });
});

describe('records that Kinesis would refuse', () => {
  const refused: [string, string, NewUserRecord][] = [
    ['no partition key', 'PARTITION_KEY', put('')],
    ['257 characters', 'PARTITION_KEY', put('k'.repeat(257))],
    ['257 characters beyond UTF-16 units', 'PARTITION_KEY', put('🔑'.repeat(257))],
    ['half a surrogate pair', 'PARTITION_KEY', put('\ud83d')],
    ['an empty hash key', 'EXPLICIT_HASH_KEY', put('k', 'x', '')],
    ['a hash key of text', 'EXPLICIT_HASH_KEY', put('k', 'x', 'undefined')],
    ['a leading zero', 'EXPLICIT_HASH_KEY', put('k', 'x', '01')],
    ['a negative hash key', 'EXPLICIT_HASH_KEY', put('k', 'x', '-1')],
    ['2^128', 'EXPLICIT_HASH_KEY', put('k', 'x', String(2n ** 128n))],
    ['10 MiB and a key', 'TOO_LARGE', { partitionKey: 'k', data: Buffer.alloc(10_485_760) }],
  ];

  const said: Readonly<Record<string, RegExp>> = {
    PARTITION_KEY:
      /^The partition key (has (0|257) characters; Kinesis takes 1 to 256|contains half)/,
    EXPLICIT_HASH_KEY: /^The explicit hash key must be a decimal number/,
    TOO_LARGE: /^Data and partition key have 10485761 bytes; Kinesis takes at most 10485760\.$/,
  };

  test.each(refused)('%s', (_, reason, record) => {
    const builder = aggregateBuilder();
    expect(() => builder.add(record)).toThrow(InvalidUserRecord);
    expect(() => builder.add(record)).toThrow(
      expect.objectContaining({
        name: 'InvalidUserRecord',
        reason,
        retryable: false,
        message: expect.stringMatching(said[reason]!),
      }),
    );
    expect(builder.count()).toBe(0);
  });

  test('256 characters of four bytes and the largest record are fine', () => {
    const key = '🔑'.repeat(256);
    expect(decodeAll(encodeAggregate([put(key), put(key)]).data)[1]?.partitionKey).toBe(key);
    const largest = { partitionKey: 'k', data: Buffer.alloc(10_485_759) };
    expect(encodeAggregate([largest]).data).toHaveLength(10_485_759);
  });

  test('an aggregate may have 10 MiB with its key, and not a byte more', () => {
    const builder = aggregateBuilder();
    builder.add(put('k'));
    const long = { partitionKey: 'k', data: Buffer.alloc(3_000_000) };
    const most = 10_485_760 - (builder.sizeWith(long) - long.data.length);
    const fits = encodeAggregate([put('k'), { ...long, data: Buffer.alloc(most) }]);
    expect(fits.data.length + 1).toBe(10_485_760);
    const over = { ...long, data: Buffer.alloc(most + 1) };
    expect(() => encodeAggregate([put('k'), over])).toThrow('Kinesis takes 10485760');
  });

  test('an aggregate over 10 MiB is not built', () => {
    const half = { partitionKey: 'k', data: Buffer.alloc(5 * 1024 * 1024) };
    expect(() => encodeAggregate([half, half])).toThrow('Kinesis takes 10485760');
  });

  test('10 MiB of 100,000 records', () => {
    const data = Buffer.alloc(97, 'x');
    const records = range(100_000).map((i) => ({ partitionKey: `k${i % 100}`, data }));
    const encoded = encodeAggregate(records);
    expect(decodeAggregate(encoded.data)).toMatchObject({ kind: 'aggregate', count: 100_000 });
  });
});

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
