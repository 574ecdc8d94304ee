import { RowError } from '../errors.ts';
import type { Expr } from '../plan.ts';
import type { Row, Value } from '../types.ts';
import { cast } from './cast.ts';
import { type Compiled, lift, testOf } from './compiled.ts';
import { FUNCTIONS } from './functions.ts';
import { OPERATORS } from './operators.ts';

/**
 * Compiles a plan expression to a function of a row. The function throws RowError for a row that
 * the expression cannot process. Throws Error (a fault of the plan) for an impossible cast.
 */
export function compile(expr: Expr): (row: Row) => Value {
  return compileNode(expr).run;
}

/** Compiles a condition: true only where it is TRUE, not where it is NULL. No condition: always. */
export function compilePredicate(expr: Expr | null): (row: Row) => boolean {
  return expr === null ? () => true : testOf(compileNode(expr));
}

function compileNode(expr: Expr): Compiled {
  switch (expr.op) {
    case 'literal':
      return constant(expr, literalValue(expr));
    case 'column': {
      const { type, index } = expr;
      return { type, column: index, run: (row) => row[index] as Value };
    }
    case 'cast':
      return folded(compileCast(expr), [expr.arg]);
    case 'case': {
      const inner = [...expr.whens.flat(), expr.otherwise];
      return folded(compileCase(expr), inner);
    }
    case 'call':
      return folded(compileCall(expr), expr.args);
  }
}

function compileCall(expr: Expr & { op: 'call' }): Compiled {
  const { fn, type } = expr;
  const call = { fn, type, args: expr.args.map(compileNode) };
  const built = (OPERATORS[fn] ?? FUNCTIONS[fn])?.(call);
  if (built === undefined) throw new Error(`no function ${fn}`);
  return typeof built === 'function' ? { type, run: built } : { type, ...built };
}

function compileCast(expr: Expr & { op: 'cast' }): Compiled {
  const { type } = expr;
  const arg = compileNode(expr.arg);
  const convert = cast(arg.type, type, expr.implicit);
  return convert === null ? { ...arg, type } : { type, run: lift([arg], convert) };
}

function compileCase(expr: Expr & { op: 'case' }): Compiled {
  const { type } = expr;
  const tests = expr.whens.map(([when]) => testOf(compileNode(when)));
  const values = expr.whens.map(([, then]) => compileNode(then).run);
  const otherwise = compileNode(expr.otherwise).run;
  const count = tests.length;
  return {
    type,
    run: (row) => {
      for (let i = 0; i < count; i++) if (tests[i]!(row)) return values[i]!(row);
      return otherwise(row);
    },
  };
}

/** Calculates now what is the same for every row; what fails for every row fails row by row. */
function folded(compiled: Compiled, inner: readonly Expr[]): Compiled {
  if (!inner.every(isConstant)) return compiled;
  try {
    return constant(compiled, compiled.run([]));
  } catch (error) {
    if (error instanceof RowError) return compiled;
    throw error;
  }
}

function isConstant(expr: Expr): boolean {
  switch (expr.op) {
    case 'literal':
      return true;
    case 'column':
      return false;
    case 'cast':
      return isConstant(expr.arg);
    case 'case':
      return isConstant(expr.otherwise) && expr.whens.flat().every(isConstant);
    case 'call':
      return expr.args.every(isConstant);
  }
}

function constant(from: Pick<Compiled, 'type'>, value: Value): Compiled {
  return { type: from.type, constant: value, run: () => value };
}

/** A BIGINT literal beyond 2^53 is its decimal text. */
function literalValue(expr: Expr & { op: 'literal' }): Value {
  const { type, value } = expr;
  if (type.name !== 'BIGINT' || typeof value !== 'string') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}
