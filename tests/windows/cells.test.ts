import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowError } from '../../shared/sql/errors.ts';
import type { Aggregate } from '../../shared/sql/plan.ts';
import type { SqlType, Value } from '../../shared/sql/types.ts';
import { addStored, addValue, cellValue, newCell, storeCell } from '../../shared/windows/cells.ts';
import { compareValues } from '../../shared/windows/order.ts';

const FUNCTIONS = ['count', 'sum', 'avg', 'min', 'max'] as const;
const column = { op: 'column', index: 1, type: { name: 'BIGINT' } } as const;

function aggregate(fn: Aggregate['fn'], name: SqlType['name'] = 'BIGINT'): Aggregate {
  return { fn, arg: column, type: { name } };
}

/** The aggregate over all values, each in a cell of its own that is stored and merged. */
function merged(one: Aggregate, values: readonly Value[]): Value {
  const cell = newCell(one.fn);
  for (const value of values) {
    const part = newCell(one.fn);
    addValue(one.fn, part, value);
    // By way of JSON, as between two engines.
    const stored = storeCell(one.fn, part);
    const { extreme } = stored;
    const text = JSON.stringify({ ...stored, extreme: undefined });
    addStored(
      one.fn,
      cell,
      extreme === undefined ? JSON.parse(text) : { ...JSON.parse(text), extreme },
    );
  }
  return cellValue(one, cell, values.length);
}

function folded(one: Aggregate, values: readonly Value[]): Value {
  const cell = newCell(one.fn);
  for (const value of values) addValue(one.fn, cell, value);
  return cellValue(one, cell, values.length);
}

describe('cells', () => {
  it.each<[Aggregate['fn'], SqlType['name'], Value[], Value]>([
    ['count', 'BIGINT', [1, null, 1], 2],
    ['count', 'BIGINT', [null], 0],
    ['sum', 'BIGINT', [1, null, -3], -2],
    ['sum', 'BIGINT', [9_007_199_254_740_991, 1], 9_007_199_254_740_992n],
    ['sum', 'INTEGER', [1, 2], 3],
    ['sum', 'DOUBLE', [0.1, 0.2], 0.3],
    ['sum', 'DOUBLE', [], null],
    ['sum', 'BIGINT', [null], null],
    ['avg', 'INTEGER', [1, 2, null], 1],
    ['avg', 'BIGINT', [-1, -2], -1],
    ['avg', 'BIGINT', [2n ** 62n, 2n ** 62n], 2n ** 62n],
    ['avg', 'DOUBLE', [1, 2], 1.5],
    ['avg', 'DECIMAL', [0.5], 0.5],
    ['min', 'BIGINT', [3, null, 1, 2], 1],
    ['max', 'BIGINT', [1, 3, null, 2], 3],
    ['min', 'VARCHAR', ['b', 'a', 'c'], 'a'],
    ['max', 'VARCHAR', ['b', 'c', 'a'], 'c'],
    ['min', 'VARCHAR', [null], null],
    ['max', 'BOOLEAN', [false, true], true],
    ['max', 'BIGINT', [2n ** 60n, 7], 2n ** 60n],
    ['min', 'BIGINT', [0, -5], -5],
  ])('%s of %s %o', (fn, type, values, expected) => {
    const one = aggregate(fn, type);
    expect(folded(one, values)).toBe(expected);
    expect(merged(one, values)).toBe(expected);
  });

  it('COUNT(*) counts rows, whatever is in them', () => {
    const star: Aggregate = { fn: 'count', arg: null, type: { name: 'BIGINT' } };
    expect(cellValue(star, newCell('count'), 7)).toBe(7);
  });

  it('keep what their function needs, and no more', () => {
    const stored = (fn: Aggregate['fn']) => {
      const cell = newCell(fn);
      for (const value of [2, 1, null]) addValue(fn, cell, value);
      return storeCell(fn, cell);
    };
    expect(FUNCTIONS.map(stored)).toStrictEqual([
      { n: 2 },
      { n: 2, sum: '3' },
      { n: 2, sum: '3' },
      { n: 2, extreme: 1 },
      { n: 2, extreme: 2 },
    ]);
  });

  it('an extreme of nothing, stored, changes nothing', () => {
    for (const fn of ['min', 'max'] as const) {
      const cell = newCell(fn);
      addValue(fn, cell, 5);
      addStored(fn, cell, { n: 0, extreme: null });
      addStored(fn, cell, { n: 0 });
      expect(cellValue(aggregate(fn), cell, 1)).toBe(5);
    }
  });

  it('refuse what is no number to add', () => {
    expect(() => addValue('sum', newCell('sum'), Number.NaN)).toThrow(RowError);
  });

  it('come to the same in any order and in any parts', () => {
    const value = fc.oneof(
      fc.constant(null),
      fc.integer(),
      fc.integer({ min: -99, max: 99 }).map((n) => n / 8),
    );
    fc.assert(
      fc.property(fc.constantFrom(...FUNCTIONS), fc.array(value), (fn, values) => {
        const one = aggregate(fn, 'DOUBLE');
        const expected = folded(one, values);
        expect(folded(one, values.toReversed())).toBe(expected);
        expect(merged(one, values)).toBe(expected);
      }),
    );
  });
});

describe('compareValues', () => {
  it('orders the values of a type, NULL last', () => {
    const sorted = (values: Value[]) => values.toSorted(compareValues);
    expect(sorted([2, null, -1, 10n, 9])).toEqual([-1, 2, 9, 10n, null]);
    expect(sorted(['b', null, 'a', 'ab', ''])).toEqual(['', 'a', 'ab', 'b', null]);
    expect(sorted([true, null, false])).toEqual([false, true, null]);
    // By character, as the dialect and DynamoDB do, not by UTF-16 unit.
    expect(compareValues('\uffff', '🔑')).toBeLessThan(0);
    expect(compareValues(null, null)).toBe(0);
    expect(compareValues(1, 1n)).toBe(0);
    expect(compareValues('a', 'a')).toBe(0);
    expect([compareValues(1, null), compareValues(null, 1)]).toEqual([-1, 1]);
    expect([compareValues(1, 2), compareValues(2, 1)]).toEqual([-1, 1]);
  });
});
