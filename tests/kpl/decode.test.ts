import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataEnd, dataStart, partitionKey, userData } from '../../shared/kpl/aggregate.ts';
import { decodeAggregate, looksAggregated } from '../../shared/kpl/decode.ts';
import {
  decodeAll,
  field,
  frame,
  hashKeyEntry,
  keyEntry,
  numberField,
  userRecord,
  varint,
} from './protobuf.ts';

const MAGIC = Buffer.from('f3899ac2', 'hex');

describe('looksAggregated', () => {
  test('agrees with the decoded bytes', () => {
    const afterMagic = fc.uint8Array({ maxLength: 8 }).map((tail) => Buffer.concat([MAGIC, tail]));
    const nearMagic = fc
      .tuple(fc.nat(3), fc.nat(7))
      .map(([byte, bit]) => MAGIC.map((value, i) => (i === byte ? value ^ (1 << bit) : value)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 8 }), afterMagic, nearMagic), (bytes) => {
        const data = Buffer.from(bytes);
        const begins = data.subarray(0, 4).equals(MAGIC);
        expect(looksAggregated(data.toString('base64'))).toBe(begins);
      }),
    );
  });

  test('knows both first fields the KPL writes', () => {
    expect(looksAggregated('84mawgoB')).toBe(true);
    expect(looksAggregated('84mawhoE')).toBe(true);
    expect(looksAggregated('84maw')).toBe(false);
    expect(looksAggregated('84mawf')).toBe(false);
    expect(looksAggregated('84maww')).toBe(false);
  });
});

describe('raw records', () => {
  test.each([0, 1, 3, 4, 19, 20])('%i bytes are too short for an aggregate', (length) => {
    const data = Buffer.alloc(length);
    MAGIC.copy(data);
    expect(decodeAggregate(data)).toBeNull();
  });

  test('20 bytes with the right MD5 of nothing are raw, as for the KCL', () => {
    expect(frame()).toHaveLength(20);
    expect(decodeAggregate(frame())).toBeNull();
  });

  test('other bytes are raw', () => {
    expect(decodeAggregate(Buffer.from('{"a":1,"text":"long enough for a frame"}'))).toBeNull();
  });

  test('a text that begins with the magic by accident is raw, with a reason to count', () => {
    const data = Buffer.concat([MAGIC, Buffer.from('some text of more than sixteen bytes')]);
    expect(decodeAggregate(data)).toMatchObject({ kind: 'damaged', reason: 'MD5' });
  });
});

describe('what an aggregate may look like', () => {
  test('an absent explicit hash key stays absent beside a table', () => {
    const data = frame(
      keyEntry('k'),
      hashKeyEntry('5'),
      userRecord(0n, 'x'),
      userRecord(0n, 'y', 0n),
    );
    expect(decodeAll(data)).toEqual([
      { partitionKey: 'k', data: Buffer.from('x') },
      { partitionKey: 'k', explicitHashKey: '5', data: Buffer.from('y') },
    ]);
  });

  test('records may come before the tables, fields of a record in any order', () => {
    const data = frame(
      field(3, field(3, 'x'), numberField(2, 0n), numberField(1, 1n)),
      hashKeyEntry('0'),
      keyEntry('unused'),
      keyEntry('k'),
    );
    expect(decodeAll(data)).toEqual([
      { partitionKey: 'k', explicitHashKey: '0', data: Buffer.from('x') },
    ]);
  });

  test('no records at all', () => {
    expect(decodeAggregate(frame(keyEntry('a')))).toMatchObject({ kind: 'aggregate', count: 0 });
  });

  test('empty data, also at the very end', () => {
    expect(decodeAll(frame(keyEntry('k'), userRecord(0n, '')))).toEqual([
      { partitionKey: 'k', data: Buffer.alloc(0) },
    ]);
  });

  test('tags and unknown fields of every type are ignored', () => {
    const group = Buffer.concat([varint(75n), numberField(1, 7n), field(2, 'in'), varint(76n)]);
    const fixed = Buffer.concat([varint(81n), Buffer.alloc(8), varint(93n), Buffer.alloc(4)]);
    const known = numberField(3, 1n); // the number of 'records', but of another type
    const tags = Buffer.concat([field(4, field(1, 'name'), field(2, 'value')), field(4, field(1))]);
    const unknown = Buffer.concat([
      group,
      fixed,
      numberField(1000, 2n ** 64n - 1n),
      field(12, 'x'),
    ]);
    const data = frame(
      unknown,
      known,
      field(3, unknown, numberField(1, 0n), tags, field(3, 'x'), unknown),
      keyEntry('k'),
    );
    expect(decodeAll(data)).toEqual([{ partitionKey: 'k', data: Buffer.from('x') }]);
  });

  test('a field that comes twice counts as last written', () => {
    const twice = field(3, numberField(1, 9n), field(3, 'no'), numberField(1, 0n), field(3, 'yes'));
    expect(decodeAll(frame(keyEntry('k'), twice))).toEqual([
      { partitionKey: 'k', data: Buffer.from('yes') },
    ]);
  });

  test('an aggregate inside stays as it is', () => {
    const inner = frame(keyEntry('k'), userRecord(0n, 'x'));
    const data = frame(keyEntry('outer'), field(3, numberField(1, 0n), field(3, inner)));
    expect(decodeAll(data)).toEqual([{ partitionKey: 'outer', data: inner }]);
  });

  test('numbers longer than they need be', () => {
    const record = Buffer.concat([
      Buffer.from('088080808080808080800', 'hex'),
      Buffer.from('00', 'hex'),
      Buffer.from('1a8100', 'hex'),
      Buffer.from('x'),
    ]);
    expect(decodeAll(frame(keyEntry('k'), field(3, record)))).toEqual([
      { partitionKey: 'k', data: Buffer.from('x') },
    ]);
  });

  test('invalid UTF-8 in a key becomes the replacement character', () => {
    const data = frame(field(1, Buffer.from([0x61, 0xff])), userRecord(0n, 'x'));
    expect(decodeAll(data)).toEqual([{ partitionKey: 'a\ufffd', data: Buffer.from('x') }]);
  });

  test('a text "undefined" as explicit hash key is handed on', () => {
    const data = frame(keyEntry('k'), hashKeyEntry('undefined'), userRecord(0n, 'x', 0n));
    expect(decodeAll(data)[0]).toMatchObject({ explicitHashKey: 'undefined' });
  });
});

describe('views', () => {
  const data = frame(keyEntry('k'), userRecord(0n, 'first'), userRecord(0n, 'second'));
  const aggregate = decodeAggregate(data);
  if (aggregate?.kind !== 'aggregate') throw new Error('no aggregate');

  test('share the memory of the record', () => {
    const view = userData(aggregate, 1);
    expect(view.toString()).toBe('second');
    expect(view.buffer).toBe(data.buffer);
    expect(data.toString('utf8', dataStart(aggregate, 0), dataEnd(aggregate, 0))).toBe('first');
  });

  test.each([-1, 2, Number.NaN])('user record %d does not exist', (i) => {
    expect(() => userData(aggregate, i)).toThrow(RangeError);
    expect(() => partitionKey(aggregate, i)).toThrow('the aggregate has 2');
  });
});

test('10 MiB and 100,000 user records', () => {
  const key = keyEntry('k');
  const payload = 'x'.repeat(98);
  const many = Array.from({ length: 100_000 }, () => userRecord(0n, payload));
  const records = decodeAll(frame(key, ...many));
  expect(records).toHaveLength(100_000);
  expect(records.every((record) => record.data.length === 98)).toBe(true);
  const big = decodeAll(frame(key, userRecord(0n, 'y'.repeat(10 * 1024 * 1024 - 64))));
  expect(big[0]?.data.length).toBe(10 * 1024 * 1024 - 64);
});
