import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fn } from '../../../shared/sql/plan.ts';
import type { SqlType, TypeName, Value } from '../../../shared/sql/types.ts';
import { apply, BIGINT, codeOf, DOUBLE, INTEGER, type } from './build.ts';

const LIMITS = { TINYINT: 8n, SMALLINT: 16n, INTEGER: 32n, BIGINT: 64n } as const;
const EXACT = {
  '+': (a: bigint, b: bigint) => a + b,
  '-': (a: bigint, b: bigint) => a - b,
  '*': (a: bigint, b: bigint) => a * b,
  '/': (a: bigint, b: bigint) => a / b,
  mod: (a: bigint, b: bigint) => a % b,
  stepWhole: (a: bigint, b: bigint) => (a / b) * b,
} as const;

function value(exact: bigint): number | bigint {
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact;
}

function of(t: SqlType, ...values: Value[]): (readonly [Value, SqlType])[] {
  return values.map((v) => [v, t] as const);
}

function decimal(precision: number, scale: number): SqlType {
  return type('DECIMAL', { precision, scale });
}

describe('whole numbers', () => {
  it('calculate exactly in their range, and fail outside of it', () => {
    for (const [name, bits] of Object.entries(LIMITS)) {
      const max = 2n ** (bits - 1n) - 1n;
      const near = fc.bigInt({ min: -3n, max: 3n });
      const operand = fc.oneof(
        near,
        near.map((n) => (n > 0n ? -max - 2n + n : max + n)),
        fc.bigInt({ min: -max - 1n, max }),
        near.map((n) => (max > 2n ** 53n ? (n > 0n ? 1n : -1n) * (2n ** 53n + n) : n)),
      );
      const whole = type(name as TypeName);
      fc.assert(
        fc.property(operand, operand, fc.constantFrom(...Object.keys(EXACT)), (a, b, name) => {
          const fn = name as keyof typeof EXACT;
          const run = () => apply(fn as Fn, whole, of(whole, value(a), value(b)));
          if (b === 0n && (fn === '/' || fn === 'mod' || fn === 'stepWhole')) {
            expect(codeOf(run)).toBe('DIVISION_BY_ZERO');
            return;
          }
          const exact = EXACT[fn](a, b);
          if (exact > max || exact < -max - 1n) expect(codeOf(run)).toBe('OVERFLOW');
          else expect(run()).toBe(value(exact));
        }),
        { numRuns: 200 },
      );
    }
  });

  it.each([
    ['/', -7, 2, -3],
    ['/', 7, -2, -3],
    ['/', 1, -2, 0],
    ['mod', -7, 3, -1],
    ['mod', 7, -3, 1],
    ['mod', -4, 2, 0],
    ['*', 0, -5, 0],
    ['stepWhole', 17, 5, 15],
    ['stepWhole', -17, 5, -15],
  ] as const)('%s of %d and %d is %d', (fn, a, b, expected) => {
    expect(apply(fn, INTEGER, of(INTEGER, a, b))).toBe(expected);
  });

  it('intervals count whole units', () => {
    const interval = type('INTERVAL', { unit: 'ms' });
    const scaled = (fn: Fn, by: number, t: SqlType) =>
      apply(fn, interval, [
        [-999, interval],
        [by, t],
      ]);
    expect(scaled('*', 3, INTEGER)).toBe(-2997);
    expect(scaled('/', 2, INTEGER)).toBe(-499);
    expect(scaled('*', 1.5, DOUBLE)).toBe(-1498);
    expect(scaled('/', 0.5, decimal(3, 1))).toBe(-1998);
    expect(scaled('+', 1000, interval)).toBe(1);
    expect(codeOf(() => scaled('/', 0, DOUBLE))).toBe('DIVISION_BY_ZERO');
  });

  it('negate', () => {
    expect(apply('negate', INTEGER, of(INTEGER, 0))).toBe(0);
    expect(apply('negate', INTEGER, of(INTEGER, 5))).toBe(-5);
    expect(codeOf(() => apply('negate', INTEGER, of(INTEGER, -(2 ** 31))))).toBe('OVERFLOW');
    expect(apply('negate', BIGINT, of(BIGINT, -(2n ** 60n)))).toBe(2n ** 60n);
    expect(codeOf(() => apply('negate', BIGINT, of(BIGINT, -(2n ** 63n))))).toBe('OVERFLOW');
  });
});

describe('all numbers', () => {
  it('give NULL for NULL, also over zero', () => {
    for (const t of [INTEGER, BIGINT, DOUBLE, decimal(9, 2)]) {
      for (const fn of ['+', '-', '*', '/', 'mod'] as const) {
        expect(apply(fn, t, of(t, null, 0))).toBe(null);
        expect(apply(fn, t, of(t, 1, null))).toBe(null);
      }
      expect(codeOf(() => apply('/', t, of(t, 1, 0)))).toBe('DIVISION_BY_ZERO');
      expect(codeOf(() => apply('mod', t, of(t, 1, 0)))).toBe('DIVISION_BY_ZERO');
    }
  });

  it('DOUBLE is binary, and finite', () => {
    expect(apply('/', DOUBLE, of(DOUBLE, 7, 2))).toBe(3.5);
    expect(
      apply('+', DOUBLE, [
        [0.5, DOUBLE],
        [2n ** 60n, BIGINT],
      ]),
    ).toBe(2 ** 60 + 0.5);
    expect(apply('*', DOUBLE, of(DOUBLE, 0, -1))).toBe(0);
    expect(codeOf(() => apply('*', DOUBLE, of(DOUBLE, 1e300, 1e300)))).toBe('OVERFLOW');
  });

  it('DECIMAL is rounded to its scale, half away from zero', () => {
    const two = decimal(10, 2);
    expect(apply('+', two, of(two, 0.1, 0.2))).toBe(0.3);
    expect(apply('/', two, of(two, 1, 3))).toBe(0.33);
    expect(apply('*', two, of(two, 1.005, 1))).toBe(1.01);
    expect(apply('*', two, of(two, -1.005, 1))).toBe(-1.01);
    expect(apply('*', two, of(two, -0.001, 1))).toBe(0);
    expect(codeOf(() => apply('*', decimal(4, 2), of(two, 10, 10)))).toBe('OVERFLOW');
    expect(apply('+', type('DECIMAL'), of(two, 0.1, 0.2))).toBe(0.3);
  });

  it('DECIMAL adds any two decimals of its scale exactly', () => {
    const two = decimal(15, 2);
    const cents = fc.integer({ min: -(10 ** 12), max: 10 ** 12 });
    fc.assert(
      fc.property(cents, cents, (a, b) => {
        expect(apply('+', two, of(two, a / 100, b / 100))).toBe((a + b) / 100 + 0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('number functions', () => {
  it.each([
    ['abs', -5, 5],
    ['ceil', 1.2, 2],
    ['ceil', -1.2, -1],
    ['ceil', -0.5, 0],
    ['floor', -1.2, -2],
    ['floor', 1.9, 1],
    ['exp', 0, 1],
    ['ln', 1, 0],
    ['log10', 1000, 3],
    ['sqrt', 9, 3],
  ] as const)('%s(%d) is %d', (fn, x, expected) => {
    expect(apply(fn, DOUBLE, of(DOUBLE, x))).toBe(expected);
    expect(apply(fn, DOUBLE, of(DOUBLE, null))).toBe(null);
  });

  it('power, and whole numbers', () => {
    expect(apply('power', DOUBLE, of(DOUBLE, 2, 10))).toBe(1024);
    expect(apply('abs', BIGINT, of(BIGINT, -(2n ** 60n)))).toBe(2n ** 60n);
    expect(apply('floor', BIGINT, of(BIGINT, 2n ** 60n))).toBe(2n ** 60n);
    expect(apply('floor', INTEGER, of(DOUBLE, 7.9))).toBe(7);
    expect(codeOf(() => apply('floor', INTEGER, of(DOUBLE, 1e10)))).toBe('OVERFLOW');
  });

  it('fail outside of their domain', () => {
    expect(codeOf(() => apply('ln', DOUBLE, of(DOUBLE, 0)))).toBe('DOMAIN');
    expect(codeOf(() => apply('log10', DOUBLE, of(DOUBLE, -1)))).toBe('DOMAIN');
    expect(codeOf(() => apply('sqrt', DOUBLE, of(DOUBLE, -1)))).toBe('DOMAIN');
    expect(codeOf(() => apply('power', DOUBLE, of(DOUBLE, -1, 0.5)))).toBe('DOMAIN');
    expect(codeOf(() => apply('exp', DOUBLE, of(DOUBLE, 1000)))).toBe('OVERFLOW');
  });
});
