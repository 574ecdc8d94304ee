import { describe, expect, it } from 'vitest';
import type { Fn } from '../../../shared/sql/plan.ts';
import { compile, compilePredicate } from '../../../shared/sql/run/compile.ts';
import type { SqlType, Value } from '../../../shared/sql/types.ts';
import {
  apply,
  BIGINT,
  BOOLEAN,
  call,
  codeOf,
  col,
  DOUBLE,
  INTEGER,
  lit,
  TEXT,
  type,
} from './build.ts';

const TRUTH: readonly Value[] = [true, false, null];
const bools = (...values: Value[]) => values.map((v) => [v, BOOLEAN] as const);
const ints = (...values: Value[]) => values.map((v) => [v, INTEGER] as const);

/** Every condition also has to hold as a predicate exactly where it is TRUE. */
function holds(fn: Fn, args: readonly (readonly [Value, SqlType])[]): Value {
  const result = apply(fn, BOOLEAN, args);
  const row = [0, ...args.map(([value]) => value)];
  const columns = call(fn, BOOLEAN, ...args.map(([, t], i) => col(i + 1, t)));
  expect(compilePredicate(columns)(row)).toBe(result === true);
  const literals = args.map(([value, t], i) =>
    i === 0 ? col(1, t) : lit(typeof value === 'bigint' ? String(value) : value, t),
  );
  expect(compilePredicate(call(fn, BOOLEAN, ...literals))(row)).toBe(result === true);
  return result;
}

describe('three-valued logic', () => {
  it('AND', () => {
    const table = TRUTH.map((a) => TRUTH.map((b) => holds('and', bools(a, b))));
    expect(table).toEqual([
      [true, false, null],
      [false, false, false],
      [null, false, null],
    ]);
    expect(holds('and', bools(true, true, null))).toBe(null);
    expect(holds('and', bools(true, null, false))).toBe(false);
  });

  it('OR', () => {
    const table = TRUTH.map((a) => TRUTH.map((b) => holds('or', bools(a, b))));
    expect(table).toEqual([
      [true, true, true],
      [true, false, null],
      [true, null, null],
    ]);
    expect(holds('or', bools(false, null, true))).toBe(true);
  });

  it.each([
    ['not', [false, true, null]],
    ['isNull', [false, false, true]],
    ['isTrue', [true, false, false]],
    ['isFalse', [false, true, false]],
  ] as const)('%s', (fn, expected) => {
    expect(TRUTH.map((a) => holds(fn, bools(a)))).toEqual(expected);
  });

  it('does not run what cannot change the outcome', () => {
    const divides = call('>', BOOLEAN, call('/', INTEGER, lit(1), col(1, INTEGER)), lit(0));
    const isZero = call('=', BOOLEAN, col(1, INTEGER), lit(0));
    expect(compile(call('or', BOOLEAN, isZero, divides))([0, 0])).toBe(true);
    expect(codeOf(() => compile(call('or', BOOLEAN, divides, isZero))([0, 0]))).toBe(
      'DIVISION_BY_ZERO',
    );
  });
});

describe('comparisons', () => {
  it.each([
    ['=', [false, true, false]],
    ['<>', [true, false, true]],
    ['<', [true, false, false]],
    ['<=', [true, true, false]],
    ['>', [false, false, true]],
    ['>=', [false, true, true]],
  ] as const)('%s', (fn, expected) => {
    expect([1, 2, 3].map((a) => holds(fn, ints(a, 2)))).toEqual(expected);
    expect(holds(fn, ints(null, 2))).toBe(null);
    expect(holds(fn, ints(1, null))).toBe(null);
    const texts = ['a', 'b', 'c'].map((a) =>
      holds(fn, [
        [a, TEXT],
        ['b', TEXT],
      ]),
    );
    expect(texts).toEqual(expected);
    const big = [10n ** 17n - 1n, 10n ** 17n, 10n ** 17n + 1n];
    expect(
      big.map((a) =>
        holds(fn, [
          [a, BIGINT],
          [10n ** 17n, BIGINT],
        ]),
      ),
    ).toEqual(expected);
    const mixed = big.map((a) =>
      holds(fn, [
        [a, BIGINT],
        [1e17, DOUBLE],
      ]),
    );
    expect(mixed).toEqual(expected);
    expect([false, true].map((a) => holds(fn, bools(a, true)))).toEqual(expected.slice(0, 2));
  });

  it('orders text by code points', () => {
    expect(
      holds('<', [
        ['\uffff', TEXT],
        ['😀', TEXT],
      ]),
    ).toBe(true);
  });

  it('BETWEEN takes both ends; an end that is NULL can still refuse', () => {
    expect([0, 1, 2, 3, 4].map((x) => holds('between', ints(x, 1, 3)))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(holds('between', ints(2, 3, 1))).toBe(false);
    expect(holds('between', ints(4, null, 3))).toBe(false);
    expect(holds('between', ints(2, null, 3))).toBe(null);
    expect(holds('between', ints(0, 1, null))).toBe(false);
    expect(holds('between', ints(null, 1, 3))).toBe(null);
  });

  it('IN is NULL where NULL could be the one', () => {
    expect(holds('in', ints(2, 1, 2))).toBe(true);
    expect(holds('in', ints(3, 1, 2))).toBe(false);
    expect(holds('in', ints(3, 1, null))).toBe(null);
    expect(holds('in', ints(1, 1, null))).toBe(true);
    expect(holds('in', ints(null, 1, 2))).toBe(null);
    expect(
      holds('in', [
        ['b', TEXT],
        ['a', TEXT],
        ['b', TEXT],
      ]),
    ).toBe(true);
    expect(
      holds('in', [
        [10n ** 17n, BIGINT],
        [1, INTEGER],
        [1e17, DOUBLE],
      ]),
    ).toBe(true);
    expect(
      holds('in', [
        [10n ** 17n, BIGINT],
        [1, INTEGER],
        [10n ** 17n, BIGINT],
      ]),
    ).toBe(true);
  });

  it('COALESCE and NULLIF', () => {
    expect(apply('coalesce', INTEGER, ints(null, 2, 3))).toBe(2);
    expect(apply('coalesce', INTEGER, ints(null, null))).toBe(null);
    expect(apply('nullif', INTEGER, ints(1, 1))).toBe(null);
    expect(apply('nullif', INTEGER, ints(1, 2))).toBe(1);
    expect(apply('nullif', INTEGER, ints(1, null))).toBe(1);
    expect(apply('nullif', INTEGER, ints(null, 1))).toBe(null);
    expect(
      apply('nullif', TEXT, [
        ['n/a', type('CHAR', { length: 3 })],
        ['n/a', TEXT],
      ]),
    ).toBe(null);
  });
});
