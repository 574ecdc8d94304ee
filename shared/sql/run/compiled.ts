import type { Fn } from '../plan.ts';
import type { Row, SqlType, Value } from '../types.ts';

export type RowFn = (row: Row) => Value;

/** A compiled expression, with what is known of it before the first row. */
export interface Compiled {
  readonly type: SqlType;
  readonly run: RowFn;
  /** Of a condition: TRUE or not. Cheaper than three values where NULL counts as FALSE. */
  readonly test?: (row: Row) => boolean;
  /** The value, if it is the same for every row. */
  readonly constant?: Value;
  /** The slot, if it is a column. */
  readonly column?: number;
}

/** A function or operator with its compiled arguments. */
export interface Call {
  readonly fn: Fn;
  readonly type: SqlType;
  readonly args: readonly Compiled[];
}

/** Compiles a call, as a row function or as a condition with its test. */
export type Build = (call: Call) => RowFn | Condition;

export interface Condition {
  readonly run: RowFn;
  readonly test: (row: Row) => boolean;
}

export function testOf(arg: Compiled): (row: Row) => boolean {
  const { run, test } = arg;
  return test ?? ((row) => run(row) === true);
}

/**
 * A function of values that are not NULL as a row function: a NULL argument gives NULL. Arguments
 * after the first that are constant are read once.
 */
export function lift(args: readonly Compiled[], f: (...values: never[]) => Value): RowFn {
  const call = f as (...values: Value[]) => Value;
  if (args.some((arg) => arg.constant === null)) return () => null;
  const [a, b, c] = args;
  if (args.length === 1) return lift1(a!, call);
  if (args.length === 2) return lift2(a!, b!, call);
  if (args.length === 3) return lift3(a!.run, b!.run, c!.run, call);
  const runs = args.map((arg) => arg.run);
  return (row) => {
    const values = runs.map((run) => run(row));
    return values.includes(null) ? null : call(...values);
  };
}

function lift1(a: Compiled, call: (x: Value) => Value): RowFn {
  const { run, column } = a;
  if (column !== undefined) {
    return (row) => {
      const x = row[column] as Value;
      return x === null ? null : call(x);
    };
  }
  return (row) => {
    const x = run(row);
    return x === null ? null : call(x);
  };
}

function lift2(a: Compiled, b: Compiled, call: (x: Value, y: Value) => Value): RowFn {
  const left = a.run;
  const right = b.run;
  const constant = b.constant;
  if (constant !== undefined) {
    return (row) => {
      const x = left(row);
      return x === null ? null : call(x, constant);
    };
  }
  return (row) => {
    const x = left(row);
    if (x === null) return null;
    const y = right(row);
    return y === null ? null : call(x, y);
  };
}

function lift3(a: RowFn, b: RowFn, c: RowFn, call: (x: Value, y: Value, z: Value) => Value): RowFn {
  return (row) => {
    const x = a(row);
    if (x === null) return null;
    const y = b(row);
    if (y === null) return null;
    const z = c(row);
    return z === null ? null : call(x, y, z);
  };
}

/**
 * A function with a cache of its last results, for what is costly to make and is mostly made from
 * the same text. At most `limit` are held; then it starts anew.
 */
export function remembering<T>(limit: number, make: (key: string) => T): (key: string) => T {
  const held = new Map<string, T>();
  return (key) => {
    const found = held.get(key);
    if (found !== undefined) return found;
    const made = make(key);
    if (held.size >= limit) held.clear();
    held.set(key, made);
    return made;
  };
}
