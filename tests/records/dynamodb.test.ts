import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoder } from '../../shared/records/format.ts';
import { column, decodeAll, refusal } from './columns.ts';
import { change } from './samples.ts';

const read = (type: string, path: string, record: unknown = change) =>
  decodeAll('dynamodb', [column(type, path)], JSON.stringify(record)).map((row) => row[1]);
const withNew = (image: object, rest: object = {}) => ({
  ...change,
  dynamodb: { ...change.dynamodb, NewImage: image, ...rest },
});

describe('columns of a change', () => {
  it.each<[string, string, unknown]>([
    ['VARCHAR(9)', '$.eventName', 'MODIFY'],
    ['VARCHAR(9)', '$.tableName', 'orders'],
    ['VARCHAR(9)', '$.userIdentity.type', null],
    ['BIGINT', '$.size', 99],
    ['VARCHAR(9)', '$.keys.id', 'o-1'],
    ['DECIMAL(9,2)', '$.new.price', 12.5],
    ['VARCHAR(9)', '$.new.price', '12.50'],
    ['DOUBLE', '$.old.price', 10],
    ['BOOLEAN', '$.new.paid', true],
    ['BIGINT', '$.new.note', null],
    ['BIGINT', '$.new.nothing', null],
    ['BIGINT', '$.old.paid', null],
    ['VARCHAR(9)', '$.new.lines[0].sku', 'x'],
    ['BIGINT', '$.new.lines[0].count', 2],
    ['VARCHAR(9)', '$.new.id.x', null],
    ['VARCHAR(99)', '$.new.tags', '["a","é"]'],
    ['VARCHAR(99)', '$.new.lines', '[{"sku":"x","count":2},{"sku":"y"}]'],
    ['VARCHAR(99)', '$.new.lines[1]', '{"sku":"y"}'],
    ['VARCHAR(99)', '$.old', '{"id":"o-1","price":10}'],
    ['VARCHAR(99)', '$.dynamodb.NewImage.price.N', '12.50'],
    ['TIMESTAMP', '$.time', Date.UTC(2026, 4, 2, 12, 0, 0, 123)],
    ['BIGINT', '$.time', 1_777_723_200_123_456],
  ])('%s at %s', (type, path, value) => {
    expect(read(type, path)).toEqual([value]);
  });

  it('a row for each element of a list', () => {
    expect(read('VARCHAR(9)', '$.new.lines[0:].sku')).toEqual(['x', 'y']);
  });

  it.each([
    ['MILLISECOND', 1_777_723_200_123],
    [undefined, 1_777_723_200_123],
  ])('time in precision %s', (precision, time) => {
    const rest = {
      ApproximateCreationDateTime: time,
      ApproximateCreationDateTimePrecision: precision,
    };
    expect(read('TIMESTAMP', '$.time', withNew({}, rest))).toEqual([1_777_723_200_123]);
  });

  it('times of attributes in their units', () => {
    const record = withNew({ at: { N: '1777723200' }, iso: { S: '2026-05-02T12:00:00Z' } });
    const wanted = [
      column('TIMESTAMP', '$.new.at', { unit: 's' }),
      column('TIMESTAMP', '$.new.iso'),
    ];
    const noon = Date.UTC(2026, 4, 2, 12);
    expect(decodeAll('dynamodb', wanted, JSON.stringify(record))).toEqual([[0, noon, noon]]);
  });

  it('numbers keep their digits as text and as BIGINT', () => {
    const digits = '12345678901234567890123456789012345678';
    const record = withNew({
      n: { N: digits },
      big: { N: '9007199254740993' },
      l: { L: [{ N: digits }] },
    });
    expect(read('VARCHAR(40)', '$.new.n', record)).toEqual([digits]);
    expect(read('BIGINT', '$.new.big', record)).toEqual([9_007_199_254_740_993n]);
    expect(read('VARCHAR(60)', '$.new.l', record)).toEqual([`[${digits}]`]);
  });

  it('any attribute value comes back as the JSON it stands for', () => {
    interface Pair {
      readonly value: object;
      readonly plain: unknown;
    }
    const text = fc.string({ maxLength: 5 }).map((one) => one.toWellFormed());
    const leaf: fc.Arbitrary<Pair> = fc.oneof(
      text.map((S) => ({ value: { S }, plain: S })),
      fc.integer().map((n) => ({ value: { N: String(n) }, plain: n })),
      fc.boolean().map((BOOL) => ({ value: { BOOL }, plain: BOOL })),
      fc.constant({ value: { NULL: true }, plain: null }),
      fc.base64String().map((B) => ({ value: { B }, plain: B })),
      fc.array(text).map((SS) => ({ value: { SS }, plain: SS })),
      fc.array(fc.integer()).map((list) => ({ value: { NS: list.map(String) }, plain: list })),
    );
    const { any } = fc.letrec<{ any: Pair }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('any'), { maxLength: 3 }).map((list) => ({
          value: { L: list.map(({ value }) => value) },
          plain: list.map(({ plain }) => plain),
        })),
        fc.dictionary(text, tie('any'), { maxKeys: 3 }).map((map) => ({
          value: { M: mapped(map, ({ value }) => value) },
          plain: mapped(map, ({ plain }) => plain),
        })),
      ),
    }));
    fc.assert(
      fc.property(any, ({ value, plain }) => {
        const record = withNew({ v: value });
        const [got] = read('VARCHAR(65535)', '$.new.v', record);
        const isText = typeof plain === 'string';
        expect(isText ? got : JSON.parse(String(got))).toEqual(plain);
        expect(JSON.parse(read('VARCHAR(65535)', '$.new', record)[0] as string)).toEqual({
          v: plain,
        });
      }),
      { numRuns: 500 },
    );
  });
});

function mapped<T, U>(map: Record<string, T>, of: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, of(value)]));
}

describe('refuses', () => {
  const wanted = [column('VARCHAR(99)', '$.new.v')];
  it.each<[string, unknown, string]>([
    ['another object', { a: 1 }, 'BAD_FORMAT'],
    ['no change', { ...change, dynamodb: null }, 'BAD_FORMAT'],
    ['no name of an event', { ...change, eventName: null }, 'BAD_FORMAT'],
    ['a bare value', withNew({ v: 'x' }), 'BAD_FORMAT'],
    ['an unknown type', withNew({ v: { T: 'x' } }), 'BAD_FORMAT'],
    ['two types', withNew({ v: { S: 'x', N: '1' } }), 'BAD_FORMAT'],
    ['no type', withNew({ v: {} }), 'BAD_FORMAT'],
    ['a type with another value', withNew({ v: { S: 1 } }), 'BAD_FORMAT'],
    ['a bare value in a list', withNew({ v: { L: ['x'] } }), 'BAD_FORMAT'],
    ['two types in a list', withNew({ v: { L: [{ S: 'x', N: '1' }] } }), 'BAD_FORMAT'],
    ['no type in a list', withNew({ v: { L: [{}] } }), 'BAD_FORMAT'],
    ['a text that is none in a map', withNew({ v: { M: { a: { S: 1 } } } }), 'BAD_FORMAT'],
    ['a map that is a list', withNew({ v: { M: { a: { M: [] } } } }), 'BAD_FORMAT'],
    ['a number that is an object', withNew({ v: { L: [{ N: { toString: 1 } }] } }), 'BAD_FORMAT'],
    ['a set that is none', withNew({ v: { L: [{ SS: 'x' }] } }), 'BAD_FORMAT'],
  ])('%s', (_, record, reason) => {
    expect(refusal('dynamodb', wanted, JSON.stringify(record))).toBe(reason);
  });

  it('a map larger than an item can be', () => {
    const long = (bytes: number) =>
      JSON.stringify(withNew({ v: { L: [{ S: 'x'.repeat(bytes) }] } }));
    expect(refusal('dynamodb', wanted, long(4_000_000))).toBeNull();
    expect(refusal('dynamodb', wanted, long(5_000_000))).toBe('BAD_FORMAT');
  });

  it('a value that does not fit its column', () => {
    const wrong = JSON.stringify(change);
    expect(refusal('dynamodb', [column('BIGINT', '$.new.id')], wrong)).toBe('BAD_TYPE');
    expect(refusal('dynamodb', [column('BIGINT', '$.new.lines')], wrong)).toBe('BAD_TYPE');
  });

  it.each([
    ['VARCHAR(9)', '$.price', {}, "has no 'price'; it has keys, new, old"],
    ['VARCHAR(9)', '$.time.x', {}, "has no 'time'"],
    ['TIMESTAMP', '$.time', { unit: 'ms' }, 'the record tells the unit'],
  ] as const)('%s at %s, when the decoder is made', (type, path, rest, message) => {
    expect(() => createDecoder('dynamodb', [column(type, path, rest)])).toThrow(message);
  });
});
