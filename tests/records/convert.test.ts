import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoder } from '../../shared/records/format.ts';
import { column, convertJson } from './columns.ts';

const fails = (why: string) => expect.stringMatching(new RegExp(`^BAD_TYPE: column C \\(.*${why}`));

describe('whole numbers', () => {
  it.each([
    ['INTEGER', '1', 1],
    ['INTEGER', '-0', 0],
    ['INTEGER', '-2147483648', -2147483648],
    ['INTEGER', '2147483648', fails('out of range')],
    ['TINYINT', '127', 127],
    ['TINYINT', '-128', -128],
    ['TINYINT', '128', fails('out of range')],
    ['SMALLINT', '-32769', fails('out of range')],
    ['BIGINT', '9007199254740991', 9007199254740991],
    ['BIGINT', '9007199254740992', 9007199254740992n],
    ['BIGINT', '9007199254740993', 9007199254740993n],
    ['BIGINT', '-9223372036854775808', -9223372036854775808n],
    ['BIGINT', '9223372036854775807', 9223372036854775807n],
    ['BIGINT', '9223372036854775808', fails('out of range')],
    ['BIGINT', '1e999', fails('out of range')],
    ['BIGINT', '1e999999999999', fails('out of range')],
    ['BIGINT', '1e-999999999999', fails('fraction')],
    ['BIGINT', '0e999', 0],
    ['INTEGER', '1.0', 1],
    ['INTEGER', '1.20e1', 12],
    ['INTEGER', '1e3', 1000],
    ['INTEGER', '1.5', fails('a number with a fraction')],
    ['INTEGER', '1.00000000000000000000001', fails('a number with a fraction')],
    ['BIGINT', '9007199254740993.0', 9007199254740993n],
    ['INTEGER', 'true', 1],
    ['INTEGER', 'false', 0],
    ['INTEGER', 'null', null],
    ['INTEGER', '"42"', 42],
    ['INTEGER', '"+42"', 42],
    ['INTEGER', '"\\u0034\\u0032"', 42],
    ['INTEGER', '"4 2"', fails('text that is no number')],
    ['INTEGER', '" 42"', fails('text that is no number')],
    ['INTEGER', '"0x10"', fails('text that is no number')],
    ['INTEGER', '"-"', fails('text that is no number')],
    ['INTEGER', '"."', fails('text that is no number')],
    ['INTEGER', '"４"', fails('text that is no number')],
    ['INTEGER', '""', fails('text that is no number')],
    ['INTEGER', '{}', fails('an object is no number')],
    ['INTEGER', '[1]', fails('a list is no number')],
  ])('%s from %s', (type, json, value) => {
    expect(convertJson(type, json)).toEqual(value);
  });

  it('stay exact over the whole of BIGINT, as numbers and as text', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.boolean(), (n, quoted) => {
        const value = convertJson('BIGINT', quoted ? `"${n}"` : `${n}`);
        expect(typeof value).toBe(Number.isSafeInteger(Number(n)) ? 'number' : 'bigint');
        expect(BigInt(value as number)).toBe(n);
      }),
      { numRuns: 300 },
    );
  });
});

describe('DECIMAL', () => {
  it.each([
    ['DECIMAL(5,2)', '1.5', 1.5],
    ['DECIMAL(5,2)', '999.99', 999.99],
    ['DECIMAL(5,2)', '1000', fails('out of range')],
    ['DECIMAL(5,2)', '999.995', fails('out of range')],
    ['DECIMAL(5,2)', '1.005', 1.01],
    ['DECIMAL(5,2)', '-1.005', -1.01],
    ['DECIMAL(5,2)', '0.004999999999999999999999', 0],
    ['DECIMAL(5,2)', '-1e-400', 0],
    ['DECIMAL(5,2)', '0.30000000000000004', 0.3],
    ['DECIMAL(5,2)', '1e1', 10],
    ['DECIMAL', '-1e-400', 0],
    ['DECIMAL', `1e-${'9'.repeat(400)}`, 0],
    ['DECIMAL', `1e${'9'.repeat(400)}`, fails('out of range')],
    ['DECIMAL(5,2)', '1e400000', fails('out of range')],
    ['DECIMAL(3)', '1.5', 2],
    ['DECIMAL(3)', '999', 999],
    ['DECIMAL(3)', '1000', fails('out of range')],
    ['DECIMAL(19,0)', '123456789012345', 123456789012345],
    ['DECIMAL(19,0)', '1234567890123456', fails('more than 15 significant digits')],
    ['DECIMAL(19,0)', '1234567890123450000', 1234567890123450000],
    ['DECIMAL', '0.1', 0.1],
    ['DECIMAL', '0.30000000000000004', fails('more than 15 significant digits')],
    ['DECIMAL(5,2)', '"12.34"', 12.34],
    ['DECIMAL(5,2)', 'true', 1],
    ['DECIMAL(5,2)', '"x"', fails('no number')],
    ['DECIMAL(5,2)', 'null', null],
  ])('%s from %s', (type, json, value) => {
    expect(convertJson(type, json)).toEqual(value);
  });
});

describe('DOUBLE, REAL, BOOLEAN', () => {
  it.each([
    ['DOUBLE', '1.5', 1.5],
    ['DOUBLE', '-0', 0],
    ['DOUBLE', '-0.0', 0],
    ['REAL', '0.1', 0.1],
    ['DOUBLE', '5e-324', 5e-324],
    ['DOUBLE', '1e-999', 0],
    ['DOUBLE', '1e999', fails('out of range')],
    ['DOUBLE', '"1e999"', fails('out of range')],
    ['DOUBLE', '"-1.5e3"', -1500],
    ['DOUBLE', '"NaN"', fails('no number')],
    ['DOUBLE', 'true', 1],
    ['DOUBLE', '[]', fails('a list is no number')],
    ['BOOLEAN', 'true', true],
    ['BOOLEAN', 'false', false],
    ['BOOLEAN', '"TRUE"', true],
    ['BOOLEAN', '"false"', false],
    ['BOOLEAN', '"yes"', fails('text other than')],
    ['BOOLEAN', '1', fails('a number is no boolean')],
    ['BOOLEAN', 'null', null],
  ])('%s from %s', (type, json, value) => {
    expect(convertJson(type, json)).toEqual(value);
  });
});

describe('text', () => {
  it.each([
    ['VARCHAR(3)', '"abcd"', 'abc'],
    ['VARCHAR(3)', '"ab\\u0063d"', 'abc'],
    ['VARCHAR(2)', '"😀😀😀"', '😀😀'],
    ['VARCHAR(2)', '"\\ud83d\\ude00a😀"', '😀a'],
    ['VARCHAR(1)', '"\\ud83d"', '\ufffd'],
    ['CHAR(5)', '"ab"', 'ab'],
    ['VARCHAR(9)', '""', ''],
    ['VARCHAR(9)', '"\\u0000"', '\0'],
    ['VARCHAR(9)', '1.50e+01', '1.50e+01'],
    ['VARCHAR(3)', '12345', '123'],
    ['VARCHAR(9)', '1e999', '1e999'],
    ['VARCHAR(9)', 'true', 'true'],
    ['VARCHAR(2)', 'false', 'fa'],
    ['VARCHAR(99)', '{ "a": [1, "é"] }', '{ "a": [1, "é"] }'],
    ['VARCHAR(4)', '[1, 2]', '[1, '],
    ['VARCHAR(9)', 'null', null],
  ])('%s from %s', (type, json, value) => {
    expect(convertJson(type, json)).toBe(value);
  });
});

describe('TIMESTAMP', () => {
  const noon = Date.UTC(2024, 1, 29, 12, 34, 56);
  it.each([
    ['iso', '"2024-02-29T12:34:56Z"', noon],
    ['iso', '"2024-02-29 12:34:56"', noon],
    ['iso', '"2024-02-29 12:34:56.7"', noon + 700],
    ['iso', '"2024-02-29T12:34:56.7899999Z"', noon + 789],
    ['iso', '"2024-02-29T12:34:56"', noon],
    ['iso', '"2024-02-29T12:34Z"', noon - 56_000],
    ['iso', '"2024-02-29T14:04:56+01:30"', noon],
    ['iso', '"2024-02-29T14:04:56.250+0130"', noon + 250],
    ['iso', '"2024-02-29T11:34:56-01"', noon],
    ['iso', '"2024-02-29T12:34:56\\u005a"', noon],
    ['iso', '"0001-01-01T00:00:00Z"', -62135596800000],
    ['iso', '"9999-12-31T23:59:59.999Z"', 253402300799999],
    ['iso', '"0001-01-01T00:00:00+00:01"', fails('not a possible time')],
    ['iso', '"0000-01-01T00:00:00Z"', fails('not a possible time')],
    ['iso', '"2023-02-29T12:34:56Z"', fails('not a possible time')],
    ['iso', '"2024-02-30T12:34:56Z"', fails('not a possible time')],
    ['iso', '"2024-00-10T12:34:56Z"', fails('not a possible time')],
    ['iso', '"2024-13-10T12:34:56Z"', fails('not a possible time')],
    ['iso', '"2024-04-31T12:34:56Z"', fails('not a possible time')],
    ['iso', '"2024-02-29T24:00:00Z"', fails('not a possible time')],
    ['iso', '"2024-02-29T12:60:00Z"', fails('not a possible time')],
    ['iso', '"2024-02-29T12:34:60Z"', fails('not a possible time')],
    ['iso', '"2024-02-29T12:34:56.Z"', fails('not a possible time')],
    ['iso', '"2024-02-29T12:34:5Z"', fails('not a possible time')],
    ['iso', '"2024-02-29T12:34:56z"', fails('not a possible time')],
    ['iso', '"2024-02-29T12:34:56ZZ"', fails('not a possible time')],
    ['iso', '"2024-02-29T12:34:56+1:00"', fails('not a possible time')],
    ['iso', '"2024-02-29T12:34:56+01:"', fails('not a possible time')],
    ['iso', '"2024-02-29T12:34:56+24:00"', fails('not a possible time')],
    ['iso', '"2024-02-29T12:34:56+01:00x"', fails('not a possible time')],
    ['iso', '"2024-02-29"', fails('not a possible time')],
    ['iso', '"2024-2-29T12:34:56Z"', fails('not a possible time')],
    ['iso', '"2024-02-29X12:34:56Z"', fails('not a possible time')],
    ['iso', '""', fails('not a possible time')],
    ['iso', 'true', fails('not a possible time')],
    ['iso', '1709210096', fails('declare the unit')],
    ['iso', 'null', null],
    ['s', '1709210096', noon],
    ['s', '1709210096.123', noon + 123],
    ['s', '1709210096.1239', noon + 123],
    ['s', '1.709210096123E9', noon + 123],
    ['s', '"1709210096"', noon],
    ['s', '-0.0001', -1],
    ['s', '-0.001', -1],
    ['s', '0', 0],
    ['s', '1709210096000', fails('no time in unit s')],
    ['ms', '1709210096000', noon],
    ['ms', '1.709210096E12', noon],
    ['ms', '1709210096000.9', noon],
    ['ms', '1e999999', fails('no time in unit ms')],
    ['us', '1709210096000999', noon],
    ['us', '1709210096001000', noon + 1],
    ['us', '-1', -1],
    ['us', '"2024-02-29T12:34:56Z"', fails('no number')],
    ['ms', 'true', fails('true is no time')],
    ['ms', '{}', fails('an object')],
  ] as const)('unit %s from %s', (unit, json, value) => {
    expect(convertJson('TIMESTAMP', json, { unit })).toEqual(value);
  });

  it('reads every time that Date writes, with any offset', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -60_000_000_000_000, max: 250_000_000_000_000 }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (ms, minutes) => {
          const local = new Date(ms + minutes * 60_000).toISOString().slice(0, -1);
          const [h, m] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
          const offset = `${minutes < 0 ? '-' : '+'}${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`;
          expect(convertJson('TIMESTAMP', `"${local}${offset}"`)).toBe(ms);
          expect(convertJson('TIMESTAMP', String(ms), { unit: 'ms' })).toBe(ms);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['DATE', '"2024-02-29"', Date.UTC(2024, 1, 29)],
    ['DATE', '"2023-02-29"', fails('not a possible time in the form yyyy-MM-dd')],
    ['TIME', '"12:34:56.5"', 45_296_500],
    ['TIME', '"12:34:66"', fails('not a possible time in the form HH:mm:ss')],
  ])('%s from %s', (type, json, value) => {
    expect(convertJson(type, json)).toEqual(value);
  });
});

describe('columns', () => {
  it('NOT NULL refuses NULL', () => {
    expect(convertJson('INTEGER', 'null', { notNull: true })).toEqual(fails('NULL in a NOT NULL'));
    expect(convertJson('INTEGER', '0', { notNull: true })).toBe(0);
  });

  it.each(['BINARY', 'VARBINARY', 'INTERVAL', 'NULL'])('of type %s cannot be filled', (type) => {
    expect(() => createDecoder('json', [column(type, '$.v')])).toThrow(/^column C: .* cannot fill/);
  });

  it('of a refused value are named with their type, the value is not', () => {
    expect(convertJson('DECIMAL(5,2)', '"secret"')).toBe(
      'BAD_TYPE: column C (DECIMAL(5,2)): text that is no number',
    );
    expect(convertJson('TIMESTAMP', '"secret"')).not.toContain('secret');
  });
});
