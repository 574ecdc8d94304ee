import type { Fn } from '../plan.ts';
import type { Row, Value } from '../types.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { type Comparison, comparer, isLoose, MIRRORED } from './compare.ts';
import { type Build, type Compiled, type Condition, lift, type RowFn, testOf } from './compiled.ts';
import { like } from './like.ts';

/**
 * Conditions in three-valued logic (dialect section 3) and arithmetic. The left side runs first, and
 * what cannot change the outcome does not run: `b <> 0 AND a / b > 1` divides by no zero.
 */
export const OPERATORS: Readonly<Partial<Record<Fn, Build>>> = {
  ...ARITHMETIC,
  and: ({ args }) => chain(args, false),
  or: ({ args }) => chain(args, true),
  not: ({ args }) => {
    const run = args[0]!.run;
    return {
      run: lift(args, (x: boolean) => !x),
      test: (row) => run(row) === false,
    };
  },
  '=': ({ args }) => compare('=', args[0]!, args[1]!),
  '<>': ({ args }) => compare('<>', args[0]!, args[1]!),
  '<': ({ args }) => compare('<', args[0]!, args[1]!),
  '<=': ({ args }) => compare('<=', args[0]!, args[1]!),
  '>': ({ args }) => compare('>', args[0]!, args[1]!),
  '>=': ({ args }) => compare('>=', args[0]!, args[1]!),
  between: ({ args }) => between(args[0]!, args[1]!, args[2]!),
  in: ({ args }) => isIn(args[0]!, args.slice(1)),
  isNull: ({ args }) => {
    const { run, column } = args[0]!;
    if (column !== undefined) return condition((row) => row[column] === null);
    return condition((row) => run(row) === null);
  },
  isTrue: ({ args }) => condition(testOf(args[0]!)),
  isFalse: ({ args }) => {
    const { run } = args[0]!;
    return condition((row) => run(row) === false);
  },
  like,
};

/** A condition that is never NULL. */
function condition(test: (row: Row) => boolean): Condition {
  return { run: test, test };
}

/** AND (decided by a FALSE) or OR (decided by a TRUE). */
function chain(args: readonly Compiled[], decider: boolean): Condition {
  const runs = args.map((arg) => arg.run);
  const tests = args.map(testOf);
  const count = args.length;
  const run = (row: Row): Value => {
    let unknown = false;
    for (let i = 0; i < count; i++) {
      const value = runs[i]!(row);
      if (value === decider) return decider;
      if (value === null) unknown = true;
    }
    return unknown ? null : !decider;
  };
  const [first, second] = tests as [Condition['test'], Condition['test']];
  if (count === 2 && decider) return { run, test: (row) => first(row) || second(row) };
  if (count === 2) return { run, test: (row) => first(row) && second(row) };
  if (decider) return { run, test: (row) => tests.some((test) => test(row)) };
  return { run, test: (row) => tests.every((test) => test(row)) };
}

function compare(fn: Comparison, left: Compiled, right: Compiled): Condition {
  if (left.constant !== undefined && right.constant === undefined) {
    return compare(MIRRORED[fn], right, left);
  }
  const holds = comparer(fn, left.type, right.type) as (a: Value, b: Value) => boolean;
  return { run: lift([left, right], holds as never), test: compareTest(fn, holds, left, right) };
}

function compareTest(
  fn: Comparison,
  holds: (a: Value, b: Value) => boolean,
  left: Compiled,
  right: Compiled,
): Condition['test'] {
  const a = left.run;
  const b = right.run;
  const constant = right.constant;
  if (constant === null) return () => false;
  if (constant === undefined) {
    return (row) => {
      const x = a(row);
      if (x === null) return false;
      const y = b(row);
      return y !== null && holds(x, y);
    };
  }
  const column = left.column;
  if (column === undefined) {
    return (row) => {
      const x = a(row);
      return x !== null && holds(x, constant);
    };
  }
  if (fn === '=' && !isLoose(left.type, right.type)) return (row) => row[column] === constant;
  return (row) => {
    const x = row[column] as Value;
    return x !== null && holds(x, constant);
  };
}

/** x >= low AND x <= high. */
function between(x: Compiled, low: Compiled, high: Compiled): Condition {
  const value = x.run;
  const lowest = low.run;
  const highest = high.run;
  const isFrom = comparer('>=', x.type, low.type) as (a: Value, b: Value) => boolean;
  const isTo = comparer('<=', x.type, high.type) as (a: Value, b: Value) => boolean;
  const run = (row: Row): Value => {
    const v = value(row);
    if (v === null) return null;
    const from = lowest(row);
    if (from !== null && !isFrom(v, from)) return false;
    const to = highest(row);
    if (to !== null && !isTo(v, to)) return false;
    return from === null || to === null ? null : true;
  };
  return { run, test: (row) => run(row) === true };
}

/** NULL where nothing in the list is equal, but something is NULL. */
function isIn(x: Compiled, list: readonly Compiled[]): Condition {
  const simple = list.every((item) => item.constant !== undefined && !isLoose(x.type, item.type));
  if (!simple) return isInRow(x.run, x, list);
  const values = new Set(list.map((item) => item.constant as Value));
  const missing = values.delete(null) ? null : false;
  const run = x.run;
  return {
    run: lift([x], (value: Value) => (values.has(value) ? true : missing)),
    // NULL is not in the set, and without a match it is never TRUE.
    test: (row) => values.has(run(row)),
  };
}

function isInRow(value: RowFn, x: Compiled, list: readonly Compiled[]): Condition {
  const items = list.map((item) => ({
    run: item.run,
    equals: comparer('=', x.type, item.type) as (a: Value, b: Value) => boolean,
  }));
  const run = (row: Row): Value => {
    const v = value(row);
    if (v === null) return null;
    let missing: Value = false;
    for (const item of items) {
      const w = item.run(row);
      if (w === null) missing = null;
      else if (item.equals(v, w)) return true;
    }
    return missing;
  };
  return { run, test: (row) => run(row) === true };
}
