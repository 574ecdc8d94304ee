import { expect } from 'vitest';
import { RowError } from '../../../shared/sql/errors.ts';
import type { Expr, Fn } from '../../../shared/sql/plan.ts';
import { compile } from '../../../shared/sql/run/compile.ts';
import type { Row, SqlType, TypeName, Value } from '../../../shared/sql/types.ts';

/** Expressions in short, for the tests of what they compile to. */
export const type = (name: TypeName, more: Partial<SqlType> = {}): SqlType => ({ name, ...more });
export const INTEGER = type('INTEGER');
export const BIGINT = type('BIGINT');
export const DOUBLE = type('DOUBLE');
export const BOOLEAN = type('BOOLEAN');
export const TIMESTAMP = type('TIMESTAMP');
export const TEXT = type('VARCHAR', { length: 100 });

export function lit(value: Exclude<Value, bigint>, of?: SqlType): Expr {
  return { op: 'literal', value, type: of ?? typeOf(value) };
}

/** A column: slot 0 is ROWTIME. */
export function col(index: number, of: SqlType): Expr {
  return { op: 'column', index, type: of };
}

export function call(fn: Fn, of: SqlType, ...args: Expr[]): Expr {
  return { op: 'call', fn, type: of, args };
}

export function castTo(of: SqlType, arg: Expr, implicit = false): Expr {
  return { op: 'cast', type: of, arg, implicit };
}

/**
 * What a function gives for these values: once with all of them as columns, once as literals, so
 * that every way of compiling it is tested. `fixed` arguments are always literals.
 */
export function apply(
  fn: Fn,
  of: SqlType,
  args: readonly (readonly [Value, SqlType])[],
  fixed: readonly number[] = [],
): Value {
  const row: Row = [0, ...args.map(([value]) => value)];
  const variants = [[], args.map((_, i) => i), ...args.map((_, i) => [i])].map((literals) =>
    args.map(([value, t], i) =>
      literals.includes(i) || fixed.includes(i) ? literal(value, t) : col(i + 1, t),
    ),
  );
  const results = variants.map((exprs) => outcome(() => compile(call(fn, of, ...exprs))(row)));
  for (const result of results) expect(result).toEqual(results[0]);
  const first = results[0];
  if (first instanceof RowError) throw first;
  return first as Value;
}

/** The code of the RowError that `run` throws. */
export function codeOf(run: () => unknown): string {
  const result = outcome(run);
  if (result instanceof RowError) return result.code;
  throw new Error(`no RowError, but ${String(result)}`);
}

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof RowError) return error;
    throw error;
  }
}

function literal(value: Value, of: SqlType): Expr {
  return lit(typeof value === 'bigint' ? String(value) : value, of);
}

function typeOf(value: Exclude<Value, bigint>): SqlType {
  if (value === null) return type('NULL');
  if (typeof value === 'string') return TEXT;
  if (typeof value === 'boolean') return BOOLEAN;
  return Number.isInteger(value) ? INTEGER : DOUBLE;
}
