import type * as Ast from '../ast.ts';
import { isCastable } from '../run/cast.ts';
import { alike, bindCall, bindKeywordCall, castHint } from './calls.ts';
import type { Context } from './context.ts';
import { bindInterval, bindLiteral, negated } from './literals.ts';
import { bindBetween, bindBinary, bindIn, bindLike, compare } from './operators.ts';
import { resolveName, type Scope } from './scope.ts';
import { bindBucket, bindExtract, bindInUnit, bindSpanCast } from './times.ts';
import { resolveType } from './type-names.ts';
import { kindOf, typeText, unify } from './type-rules.ts';
import {
  BOOLEAN,
  call,
  isNullLiteral,
  literal,
  NULL,
  notBuilt,
  sizeOf,
  some,
  type Typed,
  wrong,
} from './typed.ts';

/** Nodes of an expression that a CASE may repeat. */
const MAX_REPEATED = 2000;

/** Where an expression stands, and what it can see from there. */
export interface Binder {
  readonly ctx: Context;
  readonly scope: Scope;
  readonly windows: ReadonlyMap<string, Ast.WindowSpec>;
  readonly place: 'select' | 'where' | 'group' | 'having' | 'order' | 'aggregate';
  /** The select has GROUP BY or STAGGER, so aggregates may stand in its items. */
  readonly grouped: boolean;
}

/** Resolves and types an expression. Reports what is wrong and goes on. */
export function bind(b: Binder, e: Ast.Expr): Typed {
  switch (e.kind) {
    case 'literal':
      return bindLiteral(b.ctx, e);
    case 'interval':
      return bindInterval(b.ctx, e);
    case 'name':
      return resolveName(b.ctx, b.scope, e.parts);
    case 'unary':
      return bindUnary(b, e);
    case 'binary':
      return bindBinary(b, e);
    case 'is':
      return bindIs(b, e);
    case 'like':
      return bindLike(b, e);
    case 'similar': {
      const bound = bindLike(b, e);
      b.ctx.refuse(e.at, 'SIMILAR TO');
      return notBuilt(e.at, BOOLEAN, [bound]);
    }
    case 'between':
      return bindBetween(b, e);
    case 'in':
      return bindIn(b, e);
    case 'case':
      return bindCase(b, e);
    case 'cast':
      return bindCast(b, e);
    case 'bucket':
      return bindBucket(b, e);
    case 'inUnit':
      return bindInUnit(b, e);
    case 'extract':
      return bindExtract(b, e);
    case 'keywordCall':
      return bindKeywordCall(b, e);
    case 'call':
      return bindCall(b, e);
    case 'cursor':
      b.ctx.error(
        'TABLE_FUNCTION_ARGUMENT',
        e.at,
        'CURSOR can stand only as the first argument of a table function',
      );
      return wrong(e.at);
  }
}

/** Binds what has to be a condition. */
export function bindCondition(b: Binder, e: Ast.Expr): Typed {
  const bound = bind(b, e);
  checkBoolean(b, bound);
  return bound;
}

export function checkBoolean(b: Binder, e: Typed): void {
  const kind = kindOf(e.type);
  if (kind === 'boolean' || kind === 'null') return;
  const message = `a condition is wanted here, not ${typeText(e.type)}`;
  b.ctx.error('TYPE_MISMATCH', e.at, message);
}

function bindUnary(b: Binder, e: Extract<Ast.Expr, { kind: 'unary' }>): Typed {
  if (e.op === 'not') return call(e.at, 'not', BOOLEAN, [bindCondition(b, e.arg)]);
  const arg = bind(b, e.arg);
  const kind = kindOf(arg.type);
  if (kind !== 'number' && kind !== 'interval' && kind !== 'null') {
    const message = `${e.op} takes a number, not ${typeText(arg.type)}`;
    b.ctx.error('TYPE_MISMATCH', arg.at, message, castHint(b.ctx.text, arg, 'number'));
    return wrong(e.at, [arg]);
  }
  if (e.op === '+' || kind === 'null') return { ...arg, at: e.at };
  if (arg.op === 'literal') return negated(arg, e.at);
  return call(e.at, 'negate', arg.type, [arg]);
}

function bindIs(b: Binder, e: Extract<Ast.Expr, { kind: 'is' }>): Typed {
  const arg = e.what === 'null' ? bind(b, e.arg) : bindCondition(b, e.arg);
  const fn = ({ null: 'isNull', unknown: 'isNull', true: 'isTrue', false: 'isFalse' } as const)[
    e.what
  ];
  const test = call(e.at, fn, BOOLEAN, [arg]);
  return e.not ? call(e.at, 'not', BOOLEAN, [test]) : test;
}

function bindCase(b: Binder, e: Extract<Ast.Expr, { kind: 'case' }>): Typed {
  const base = e.base && bind(b, e.base);
  // The plan has the base once for each WHEN; nested in one another they would grow without end.
  if (base !== null && sizeOf(base, MAX_REPEATED) * e.whens.length > MAX_REPEATED) {
    b.ctx.refuse(
      e.at,
      'a CASE with so long an expression behind it',
      'select the expression in a subquery, and CASE its column',
    );
    return notBuilt(e.at, NULL);
  }
  const conditions = e.whens.map(([when]) => {
    if (base === null) return bindCondition(b, when);
    const value = bind(b, when);
    return compare(b, value.at, '=', base, value);
  });
  const values = [...e.whens.map(([, then]) => then), ...(e.otherwise ? [e.otherwise] : [])].map(
    (value) => bind(b, value),
  );
  const type = values.reduce((all, value) => {
    const both = unify(all, value.type);
    if (both !== null) return both;
    const message = `the branches of a CASE are ${typeText(all)} and ${typeText(value.type)}`;
    b.ctx.error('TYPE_MISMATCH', value.at, message, castHint(b.ctx.text, value, all));
    return all;
  }, NULL);
  const results = alike(values, type);
  return {
    op: 'case',
    at: e.at,
    type,
    whens: conditions.map((condition, i) => [condition, results[i]!] as const),
    otherwise: e.otherwise ? results.at(-1)! : literal(e.at, type, null),
  };
}

function bindCast(b: Binder, e: Extract<Ast.Expr, { kind: 'cast' }>): Typed {
  const type = resolveType(b.ctx, e.type);
  if (type === null) return wrong(e.at, [bind(b, e.arg)]);
  if (e.arg.kind === 'inUnit') return bindSpanCast(b, e.at, e.arg, type);
  const arg = bind(b, e.arg);
  if (isNullLiteral(arg) && arg.op === 'opaque') return { ...arg, type };
  if (!isCastable(arg.type, type)) {
    const message = `there is no CAST from ${typeText(arg.type)} to ${typeText(type)}`;
    b.ctx.error('TYPE_MISMATCH', e.at, message, castHint(b.ctx.text, arg, type));
    return { ...wrong(e.at, [arg]), type };
  }
  if (kindOf(arg.type) === 'interval' && !some(arg, (x) => x.op === 'opaque')) {
    b.ctx.refuse(
      e.at,
      'CAST of an INTERVAL without a unit',
      'write CAST((a - b) SECOND AS BIGINT), or TSDIFF(a, b)',
    );
  }
  return { op: 'cast', at: e.at, type, arg, implicit: false };
}
