import type * as Ast from '../ast.ts';
import { castHint } from './calls.ts';
import { type Binder, bind, checkBoolean } from './expressions.ts';
import { added, sized } from './functions.ts';
import { negated } from './literals.ts';
import { arithmeticType, compatible, kindOf, typeText } from './type-rules.ts';
import { BOOLEAN, call, INTERVAL, isWrong, NULL, type Typed, wrong } from './typed.ts';

type Binary = Extract<Ast.Expr, { kind: 'binary' }>;
type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

export function bindBinary(b: Binder, e: Binary): Typed {
  const left = bind(b, e.left);
  const right = bind(b, e.right);
  switch (e.op) {
    case 'and':
    case 'or':
      checkBoolean(b, left);
      checkBoolean(b, right);
      return call(e.at, e.op, BOOLEAN, [left, right]);
    case '||':
      return concatenate(b, e, left, right);
    case '+':
    case '-':
    case '*':
    case '/':
      return calculate(b, e.at, e.op, left, right);
    default:
      return compare(b, e.at, e.op, left, right);
  }
}

export function compare(b: Binder, at: number, op: Comparison, left: Typed, right: Typed): Typed {
  checkComparable(b, at, left, right);
  return call(at, op, BOOLEAN, [left, right]);
}

function checkComparable(b: Binder, at: number, left: Typed, right: Typed): void {
  if (compatible(left.type, right.type)) return;
  // The constant is the side that is most easily written otherwise.
  const [fixed, other] = left.op === 'literal' ? [right, left] : [left, right];
  b.ctx.error(
    'TYPE_MISMATCH',
    at,
    `${typeText(left.type)} cannot be compared with ${typeText(right.type)}`,
    castHint(b.ctx.text, fixed, other.type) ?? castHint(b.ctx.text, other, fixed.type),
  );
}

export function bindBetween(b: Binder, e: Extract<Ast.Expr, { kind: 'between' }>): Typed {
  const [arg, low, high] = [bind(b, e.arg), bind(b, e.low), bind(b, e.high)];
  checkComparable(b, e.at, arg, low);
  checkComparable(b, e.at, arg, high);
  return inverted(e, call(e.at, 'between', BOOLEAN, [arg, low, high]));
}

export function bindIn(b: Binder, e: Extract<Ast.Expr, { kind: 'in' }>): Typed {
  const arg = bind(b, e.arg);
  const list = e.list.map((value) => bind(b, value));
  for (const value of list) checkComparable(b, value.at, arg, value);
  return inverted(e, call(e.at, 'in', BOOLEAN, [arg, ...list]));
}

export function bindLike(b: Binder, e: Extract<Ast.Expr, { kind: 'like' | 'similar' }>): Typed {
  const args = [e.arg, e.pattern, ...(e.escape ? [e.escape] : [])].map((arg) => bind(b, arg));
  for (const arg of args) {
    if (kindOf(arg.type) === 'text' || kindOf(arg.type) === 'null') continue;
    const message = `${e.kind === 'like' ? 'LIKE' : 'SIMILAR TO'} takes texts, not ${typeText(arg.type)}`;
    b.ctx.error('TYPE_MISMATCH', arg.at, message, castHint(b.ctx.text, arg, 'text'));
  }
  return inverted(e, call(e.at, 'like', BOOLEAN, args));
}

function inverted(e: { readonly at: number; readonly not: boolean }, test: Typed): Typed {
  return e.not ? call(e.at, 'not', BOOLEAN, [test]) : test;
}

function concatenate(b: Binder, e: Binary, left: Typed, right: Typed): Typed {
  for (const side of [left, right]) {
    const kind = kindOf(side.type);
    if (kind === 'text' || kind === 'null') continue;
    const message = `|| joins texts, not ${typeText(side.type)}`;
    b.ctx.error('TYPE_MISMATCH', e.at, message, castHint(b.ctx.text, side, 'text'));
    return { ...wrong(e.at, [left, right]), type: sized(undefined) };
  }
  const type = sized(added(left.type.length, right.type.length));
  return call(e.at, '||', type, [left, right]);
}

function calculate(
  b: Binder,
  at: number,
  op: '+' | '-' | '*' | '/',
  left: Typed,
  right: Typed,
): Typed {
  const [l, r] = [kindOf(left.type), kindOf(right.type)];
  if (isWrong(left) || isWrong(right)) return wrong(at, [left, right]);
  const numeric = (kind: typeof l) => kind === 'number' || kind === 'null';
  if (numeric(l) && numeric(r)) {
    return call(at, op, arithmeticType(left.type, right.type), [left, right]);
  }
  const times = op === '+' || op === '-' ? shift(at, op, left, right) : scale(at, op, left, right);
  if (times !== null) return times;
  const odd = numeric(l) ? right : left;
  b.ctx.error(
    'TYPE_MISMATCH',
    at,
    `${typeText(left.type)} ${op} ${typeText(right.type)} is not defined`,
    kindOf(odd.type) === 'text' && op === '+'
      ? `write a || b to join texts, or ${castHint(b.ctx.text, odd, 'number')?.slice('write '.length)}`
      : castHint(b.ctx.text, odd, 'number'),
  );
  return wrong(at, [left, right]);
}

/** t + INTERVAL, t - INTERVAL, t - t, and intervals among themselves; null where it is none. */
function shift(at: number, op: '+' | '-', left: Typed, right: Typed): Typed | null {
  const [l, r] = [kindOf(left.type), kindOf(right.type)];
  if (l === 'interval' && (r === 'interval' || r === 'null')) {
    return compatible(left.type, right.type) ? call(at, op, left.type, [left, right]) : null;
  }
  if (op === '+' && isMoment(r) && l === 'interval') return shift(at, op, right, left);
  if (!isMoment(l) && !(l === 'null' && (isMoment(r) || r === 'interval'))) return null;
  if (isMoment(l) && r === 'null') return call(at, 'addMs', left.type, [left, right]);
  if (r === 'interval') {
    if (l === 'null') return call(at, 'addMs', NULL, [left, right]);
    const fn = right.type.unit === 'months' ? 'addMonths' : 'addMs';
    return call(at, fn, left.type, [left, op === '-' ? opposite(right) : right]);
  }
  if (op === '-' && compatible(left.type, right.type)) {
    return call(at, 'tsdiff', INTERVAL, [left, right]);
  }
  return null;
}

/** INTERVAL * n, n * INTERVAL, INTERVAL / n. */
function scale(at: number, op: '*' | '/', left: Typed, right: Typed): Typed | null {
  const [l, r] = [kindOf(left.type), kindOf(right.type)];
  const fits = (r === 'number' || r === 'null') && l === 'interval';
  if (fits) return call(at, op, left.type, [left, right]);
  return op === '*' && l !== 'interval' && r === 'interval' ? scale(at, op, right, left) : null;
}

function isMoment(kind: ReturnType<typeof kindOf>): boolean {
  return kind === 'timestamp' || kind === 'date' || kind === 'time';
}

function opposite(e: Typed): Typed {
  return e.op === 'literal' ? negated(e, e.at) : call(e.at, 'negate', e.type, [e]);
}
