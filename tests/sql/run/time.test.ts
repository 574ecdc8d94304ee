import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fn } from '../../../shared/sql/plan.ts';
import { compile } from '../../../shared/sql/run/compile.ts';
import { parseTimestamp, timestampText } from '../../../shared/sql/run/iso-time.ts';
import type { SqlType, Value } from '../../../shared/sql/types.ts';
import { apply, BIGINT, call, codeOf, col, INTEGER, lit, TEXT, TIMESTAMP, type } from './build.ts';

const at = parseTimestamp;
const SECOND = 1000;
const DAY = 86_400_000;
const INTERVAL = type('INTERVAL', { unit: 'ms' });
const MONTHS = type('INTERVAL', { unit: 'months' });

function bucket(fn: 'bucketTime' | 'ceilTime', text: string, size: number, unit: string): string {
  const args = [at(text), size, unit] as const;
  const typed = [
    [args[0], TIMESTAMP],
    [size, INTEGER],
    [unit, TEXT],
  ] as const;
  return timestampText(apply(fn, TIMESTAMP, typed, [1, 2]) as number);
}

function part(unit: string, time: Value, of: SqlType, result = BIGINT): Value {
  return apply(
    'extract',
    result,
    [
      [unit, TEXT],
      [time, of],
    ],
    [0],
  );
}

describe('buckets of time', () => {
  it.each([
    ['2026-05-02 13:05:09.250', 10 * SECOND, 'ms', '2026-05-02 13:05:00'],
    ['2026-05-02 13:05:09.250', DAY, 'ms', '2026-05-02 00:00:00'],
    ['1969-12-31 23:59:59.999', 60 * SECOND, 'ms', '1969-12-31 23:59:00'],
    ['1969-12-31 23:59:00', 60 * SECOND, 'ms', '1969-12-31 23:59:00'],
    ['2024-02-29 12:00:00', 1, 'months', '2024-02-01 00:00:00'],
    ['2024-02-29 12:00:00', 12, 'months', '2024-01-01 00:00:00'],
    ['2024-12-31 12:00:00', 5, 'months', '2024-08-01 00:00:00'],
    ['1969-12-31 12:00:00', 12, 'months', '1969-01-01 00:00:00'],
    ['0050-06-15 12:00:00', 1, 'months', '0050-06-01 00:00:00'],
  ])('%s in buckets of %d %s starts at %s', (time, size, unit, start) => {
    expect(bucket('bucketTime', time, size, unit)).toBe(start);
  });

  it.each([
    ['2026-05-02 13:05:09.250', 10 * SECOND, 'ms', '2026-05-02 13:05:10'],
    ['2026-05-02 13:05:10', 10 * SECOND, 'ms', '2026-05-02 13:05:10'],
    ['1969-12-31 23:59:59.999', 60 * SECOND, 'ms', '1970-01-01 00:00:00'],
    ['2024-02-29 12:00:00', 1, 'months', '2024-03-01 00:00:00'],
    ['2024-02-01 00:00:00', 1, 'months', '2024-02-01 00:00:00'],
    ['2024-02-01 00:00:00', 12, 'months', '2025-01-01 00:00:00'],
  ])('CEIL of %s in %d %s is %s', (time, size, unit, end) => {
    expect(bucket('ceilTime', time, size, unit)).toBe(end);
  });

  it('months stay right from row to row', () => {
    const expr = call('bucketTime', TIMESTAMP, col(0, TIMESTAMP), lit(1), lit('months'));
    const start = compile(expr);
    const time = fc.integer({ min: at('1900-01-01 00:00:00'), max: at('2100-01-01 00:00:00') });
    fc.assert(
      fc.property(time, fc.integer({ min: 0, max: 40 * DAY }), (value, more) => {
        for (const t of [value, value + more, value]) {
          const month = `${timestampText(t).slice(0, 7)}-01 00:00:00`;
          expect(start([t])).toBe(at(month));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('STEP by 5 days follows the formula, not the printed table (dialect section 14)', () => {
    const start = bucket('bucketTime', '2004-09-27 00:00:00', 5 * DAY, 'ms');
    expect((at(start) / DAY) % 5).toBe(0);
  });

  it('are NULL for NULL, and refuse a size that is no literal', () => {
    expect(
      apply(
        'bucketTime',
        TIMESTAMP,
        [
          [null, TIMESTAMP],
          [1, INTEGER],
          ['ms', TEXT],
        ],
        [1, 2],
      ),
    ).toBe(null);
    const open = call('bucketTime', TIMESTAMP, col(1, TIMESTAMP), col(2, INTEGER), lit('ms'));
    expect(() => compile(open)).toThrow('must be literals');
  });
});

describe('time arithmetic', () => {
  it('adds milliseconds and months', () => {
    const time = at('2024-01-31 10:30:00');
    const plus = (months: number) =>
      timestampText(
        apply('addMonths', TIMESTAMP, [
          [time, TIMESTAMP],
          [months, MONTHS],
        ]) as number,
      );
    expect(plus(1)).toBe('2024-02-29 10:30:00');
    expect(plus(13)).toBe('2025-02-28 10:30:00');
    expect(plus(-2)).toBe('2023-11-30 10:30:00');
    expect(plus(12)).toBe('2025-01-31 10:30:00');
    expect(
      apply('addMs', TIMESTAMP, [
        [time, TIMESTAMP],
        [-1, INTERVAL],
      ]),
    ).toBe(time - 1);
    expect(
      apply('addMs', TIMESTAMP, [
        [time, TIMESTAMP],
        [null, INTERVAL],
      ]),
    ).toBe(null);
  });

  it('stays in the years 1 to 9999', () => {
    const far = [[at('9999-12-31 23:59:59'), TIMESTAMP] as const];
    expect(codeOf(() => apply('addMs', TIMESTAMP, [...far, [1000, INTERVAL]]))).toBe('OVERFLOW');
    expect(codeOf(() => apply('addMonths', TIMESTAMP, [...far, [1, MONTHS]]))).toBe('OVERFLOW');
    expect(codeOf(() => apply('toTimestamp', TIMESTAMP, [[-1e14, BIGINT]]))).toBe('OVERFLOW');
    expect(codeOf(() => apply('toTimestamp', TIMESTAMP, [[2n ** 60n, BIGINT]]))).toBe('OVERFLOW');
  });

  it('counts milliseconds', () => {
    const a = at('2026-05-02 13:05:09.250');
    expect(apply('unixTimestamp', BIGINT, [[a, TIMESTAMP]])).toBe(1777727109250);
    expect(apply('toTimestamp', TIMESTAMP, [[1777727109250, BIGINT]])).toBe(a);
    expect(
      apply('tsdiff', BIGINT, [
        [a, TIMESTAMP],
        [a - 2250, TIMESTAMP],
      ]),
    ).toBe(2250);
    expect(
      apply('tsdiff', BIGINT, [
        [a, TIMESTAMP],
        [null, TIMESTAMP],
      ]),
    ).toBe(null);
  });
});

describe('EXTRACT', () => {
  it('takes parts of times', () => {
    const time = at('2026-05-02 13:05:09.250');
    const units = ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND'];
    expect(units.map((unit) => part(unit, time, TIMESTAMP))).toEqual([2026, 5, 2, 13, 5, 9]);
    const old = at('1968-02-29 23:59:59.999');
    expect(units.map((unit) => part(unit, old, TIMESTAMP))).toEqual([1968, 2, 29, 23, 59, 59]);
    expect(part('SECOND', time, TIMESTAMP, type('DECIMAL', { precision: 5, scale: 3 }))).toBe(9.25);
    expect(part('YEAR', null, TIMESTAMP)).toBe(null);
  });

  it('takes parts of intervals', () => {
    const value = 2 * DAY + 3 * 3_600_000 + 4 * 60_000 + 5678;
    const units = ['DAY', 'HOUR', 'MINUTE', 'SECOND'];
    expect(units.map((unit) => part(unit, value, INTERVAL))).toEqual([2, 3, 4, 5]);
    expect(units.map((unit) => part(unit, -value, INTERVAL))).toEqual([-2, -3, -4, -5]);
    expect(['YEAR', 'MONTH'].map((unit) => part(unit, 14, MONTHS))).toEqual([1, 2]);
    expect(() => part('YEAR', value, INTERVAL)).toThrow('no EXTRACT of YEAR');
  });
});

describe('times as text', () => {
  const reads = (fn: Fn, pattern: string, text: string) =>
    apply(fn, TIMESTAMP, [
      [pattern, TEXT],
      [text, TEXT],
    ]) as number;

  it('CHAR_TO_… and …_TO_CHAR', () => {
    const iso = "yyyy-MM-dd'T'HH:mm:ss";
    expect(reads('charToTimestamp', iso, '2026-05-02T13:05:07.9Z')).toBe(at('2026-05-02 13:05:07'));
    expect(reads('charToDate', iso, '2026-05-02T13:05:07')).toBe(at('2026-05-02 00:00:00'));
    expect(reads('charToTime', iso, '2026-05-02T13:05:07')).toBe(at('1970-01-01 13:05:07'));
    const time = [at('2026-05-02 13:05:09.250'), TIMESTAMP] as const;
    for (const fn of ['timestampToChar', 'dateToChar', 'timeToChar'] as const) {
      expect(apply(fn, TEXT, [['EEE d MMM yyyy, h:mm a', TEXT], time])).toBe(
        'Sat 2 May 2026, 1:05 PM',
      );
      expect(apply(fn, TEXT, [[null, TEXT], time])).toBe(null);
    }
  });

  it('fail row by row, also with a wrong literal pattern', () => {
    expect(codeOf(() => reads('charToTimestamp', 'dd/MM/yyyy', '2026-05-02'))).toBe('CAST');
    expect(codeOf(() => reads('charToTimestamp', 'YYYY', '2026'))).toBe('PATTERN');
    const wrong = call('charToTimestamp', TIMESTAMP, lit('q'), col(1, TEXT));
    expect(compile(wrong)([0, null])).toBe(null);
  });

  it('TIMESTAMP text reads back', () => {
    const time = fc.integer({ min: at('0001-01-01 00:00:00'), max: at('9999-12-31 23:59:59.999') });
    fc.assert(
      fc.property(time, (value) => {
        expect(at(timestampText(value))).toBe(value);
        const iso = new Date(value).toISOString().replace('T', ' ').replace('Z', '');
        expect(timestampText(value)).toBe(iso.replace('.000', ''));
      }),
      { numRuns: 300 },
    );
  });
});
