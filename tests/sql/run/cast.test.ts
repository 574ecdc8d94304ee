import { describe, expect, it } from 'vitest';
import { cast, isCastable } from '../../../shared/sql/run/cast.ts';
import { compile } from '../../../shared/sql/run/compile.ts';
import type { SqlType, Value } from '../../../shared/sql/types.ts';
import {
  BIGINT,
  BOOLEAN,
  castTo,
  codeOf,
  col,
  DOUBLE,
  INTEGER,
  lit,
  TEXT,
  TIMESTAMP,
  type,
} from './build.ts';

const DATE = type('DATE');
const TIME = type('TIME');
const VARCHAR3 = type('VARCHAR', { length: 3 });
const DECIMAL52 = type('DECIMAL', { precision: 5, scale: 2 });
const AT = Date.UTC(2026, 4, 2, 13, 5, 9, 250);

function convert(value: Value, from: SqlType, to: SqlType, implicit = false): Value {
  return compile(castTo(to, col(1, from), implicit))([0, value]);
}

describe('CAST', () => {
  it.each<[Value, SqlType, SqlType, Value]>([
    // to whole numbers: half away from zero
    [2.5, DOUBLE, INTEGER, 3],
    [-2.5, DOUBLE, INTEGER, -3],
    [2.4999, DOUBLE, INTEGER, 2],
    [0.49999999999999994, DOUBLE, INTEGER, 0],
    [-0.4, DOUBLE, INTEGER, 0],
    [-1.5, DECIMAL52, INTEGER, -2],
    [1e18, DOUBLE, BIGINT, 10n ** 18n],
    [127, BIGINT, type('TINYINT'), 127],
    ['42', TEXT, INTEGER, 42],
    ['-007', TEXT, INTEGER, -7],
    ['+5', TEXT, INTEGER, 5],
    ['-0', TEXT, INTEGER, 0],
    ['9223372036854775807', TEXT, BIGINT, 2n ** 63n - 1n],
    ['-2147483648', TEXT, INTEGER, -(2 ** 31)],
    [true, BOOLEAN, INTEGER, 1],
    // to DECIMAL and DOUBLE
    [1.005, DOUBLE, DECIMAL52, 1.01],
    [-1.005, DOUBLE, DECIMAL52, -1.01],
    [7, INTEGER, DECIMAL52, 7],
    ['12.345', TEXT, DECIMAL52, 12.35],
    ['1.5e2', TEXT, DOUBLE, 150],
    ['.5', TEXT, DOUBLE, 0.5],
    ['5.', TEXT, DOUBLE, 5],
    [2n ** 60n, BIGINT, DOUBLE, 2 ** 60],
    // to text
    [2n ** 60n, BIGINT, TEXT, '1152921504606846976'],
    [-12, INTEGER, VARCHAR3, '-12'],
    [1.5, DECIMAL52, TEXT, '1.50'],
    [0.1, DOUBLE, TEXT, '0.1'],
    [1e21, DOUBLE, TEXT, '1E+21'],
    [true, BOOLEAN, TEXT, 'TRUE'],
    [AT, TIMESTAMP, TEXT, '2026-05-02 13:05:09.250'],
    [AT - 250, TIMESTAMP, TEXT, '2026-05-02 13:05:09'],
    [-1, TIMESTAMP, TEXT, '1969-12-31 23:59:59.999'],
    [Date.UTC(2026, 4, 2), DATE, TEXT, '2026-05-02'],
    [3_723_000, TIME, TEXT, '01:02:03'],
    ['😀😀😀', TEXT, VARCHAR3, '😀😀😀'],
    // to times
    ['2026-05-02 13:05:09', TEXT, TIMESTAMP, AT - 250],
    ['2026-05-02 13:05:09.25', TEXT, TIMESTAMP, AT],
    ['2026-05-02 13:05:09.2509999', TEXT, TIMESTAMP, AT],
    ['0001-01-01 00:00:00', TEXT, TIMESTAMP, Date.parse('0001-01-01T00:00:00Z')],
    ['2024-02-29', TEXT, DATE, Date.UTC(2024, 1, 29)],
    ['23:59:59.5', TEXT, TIME, 86_399_500],
    [AT, TIMESTAMP, DATE, Date.UTC(2026, 4, 2)],
    [AT, TIMESTAMP, TIME, 13 * 3_600_000 + 5 * 60_000 + 9250],
    [-1, TIMESTAMP, TIME, 86_399_999],
    [Date.UTC(2026, 4, 2), DATE, TIMESTAMP, Date.UTC(2026, 4, 2)],
    // to BOOLEAN and BINARY
    ['true', TEXT, BOOLEAN, true],
    ['False', TEXT, BOOLEAN, false],
    [0, INTEGER, BOOLEAN, false],
    ['0aFF', TEXT, type('VARBINARY', { length: 2 }), '0aFF'],
  ])('%s from %o to %o', (value, from, to, expected) => {
    expect(convert(value, from, to)).toBe(expected);
    expect(convert(value, from, to, true)).toBe(expected);
    expect(convert(null, from, to)).toBe(null);
    if (typeof value !== 'bigint') expect(compile(castTo(to, lit(value, from)))([])).toBe(expected);
  });

  it.each<[Value, SqlType, SqlType, string]>([
    ['many', TEXT, INTEGER, 'CAST'],
    ['', TEXT, INTEGER, 'CAST'],
    [' 1', TEXT, INTEGER, 'CAST'],
    ['1.5', TEXT, INTEGER, 'CAST'],
    ['0x10', TEXT, DOUBLE, 'CAST'],
    ['Infinity', TEXT, DOUBLE, 'CAST'],
    ['1e999', TEXT, DOUBLE, 'OVERFLOW'],
    ['2147483648', TEXT, INTEGER, 'OVERFLOW'],
    ['9223372036854775808', TEXT, BIGINT, 'OVERFLOW'],
    ['9'.repeat(1000), TEXT, BIGINT, 'OVERFLOW'],
    [128, INTEGER, type('TINYINT'), 'OVERFLOW'],
    [-32769, INTEGER, type('SMALLINT'), 'OVERFLOW'],
    [2n ** 60n, BIGINT, INTEGER, 'OVERFLOW'],
    [1e19, DOUBLE, BIGINT, 'OVERFLOW'],
    [999.995, DOUBLE, DECIMAL52, 'OVERFLOW'],
    [1000, INTEGER, VARCHAR3, 'TOO_LONG'],
    ['abcd', TEXT, VARCHAR3, 'TOO_LONG'],
    ['😀😀😀😀', TEXT, VARCHAR3, 'TOO_LONG'],
    ['2026-05-02', TEXT, TIMESTAMP, 'CAST'],
    ['2026-05-02T13:05:09', TEXT, TIMESTAMP, 'CAST'],
    ['2026-05-02 13:05', TEXT, TIMESTAMP, 'CAST'],
    ['2026-02-29 00:00:00', TEXT, TIMESTAMP, 'CAST'],
    ['2026-13-01 00:00:00', TEXT, TIMESTAMP, 'CAST'],
    ['2026-05-02 24:00:00', TEXT, TIMESTAMP, 'CAST'],
    ['2026-05-02 13:05:09 ', TEXT, TIMESTAMP, 'CAST'],
    ['0000-01-01', TEXT, DATE, 'CAST'],
    ['25:00:00', TEXT, TIME, 'CAST'],
    ['yes', TEXT, BOOLEAN, 'CAST'],
    ['0a0', TEXT, type('BINARY', { length: 2 }), 'CAST'],
    ['0a0b0c', TEXT, type('BINARY', { length: 2 }), 'TOO_LONG'],
  ])('%s from %o to %o is refused: %s', (value, from, to, code) => {
    expect(codeOf(() => convert(value, from, to))).toBe(code);
    expect(codeOf(() => convert(value, from, to, true))).toBe(code);
  });

  it('fills up CHAR(n) only where CAST is written', () => {
    const char5 = type('CHAR', { length: 5 });
    expect(convert('ab', TEXT, char5)).toBe('ab   ');
    expect(convert('ab', TEXT, char5, true)).toBe('ab');
    expect(codeOf(() => convert('abcdef', TEXT, char5))).toBe('TOO_LONG');
  });

  it('knows what does not convert', () => {
    expect(isCastable(TIMESTAMP, INTEGER)).toBe(false);
    expect(isCastable(type('NULL'), INTEGER)).toBe(true);
    expect(isCastable(TEXT, TIMESTAMP)).toBe(true);
    expect(() => cast(TIMESTAMP, INTEGER, false)).toThrow('no CAST from TIMESTAMP to INTEGER');
    expect(convert(null, type('NULL'), INTEGER)).toBe(null);
  });
});
