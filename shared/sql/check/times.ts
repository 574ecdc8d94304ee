import type * as Ast from '../ast.ts';
import type { SqlType } from '../types.ts';
import { castHint } from './calls.ts';
import { type Binder, bind } from './expressions.ts';
import { intervalSpan, type Span, unitSpan } from './literals.ts';
import { convert, isWhole, kindOf, typeText } from './type-rules.ts';
import {
  BIGINT,
  type Call,
  call,
  INTEGER,
  INTERVAL,
  literal,
  notBuilt,
  type Typed,
  VARCHAR,
  wrong,
} from './typed.ts';

type Bucket = Extract<Ast.Expr, { kind: 'bucket' }>;
type InUnit = Extract<Ast.Expr, { kind: 'inUnit' }>;

/** STEP and FLOOR become 'bucketTime' in all their forms, so that equal buckets are equal. */
export function bindBucket(b: Binder, e: Bucket): Typed {
  const since1970 = e.fn === 'floor' ? bindSince1970(b, e) : null;
  if (since1970 !== null) return since1970;
  const arg = bind(b, e.arg);
  const name = e.fn === 'step' ? 'STEP' : e.fn === 'floor' ? 'FLOOR' : 'CEIL';
  if (e.by !== null && e.by.kind !== 'interval') return stepWhole(b, e.at, arg, bind(b, e.by));
  const span = e.by === null ? unitSpan(e.unit ?? 'SECOND') : intervalSpan(b.ctx, e.by);
  const kind = kindOf(arg.type);
  if (kind === 'interval') {
    b.ctx.refuse(e.at, `${name} of an interval`, 'write STEP(time BY INTERVAL …)');
    return notBuilt(e.at, arg.type, [arg]);
  }
  if (kind !== 'timestamp' && kind !== 'date' && kind !== 'time' && kind !== 'null') {
    const message = `${name} takes a time here, not ${typeText(arg.type)}`;
    b.ctx.error('TYPE_MISMATCH', arg.at, message, castHint(b.ctx.text, arg, 'timestamp'));
    return wrong(e.at, [arg]);
  }
  if (span === null) return wrong(e.at, [arg]);
  if (span.size <= 0) {
    b.ctx.error('TYPE_MISMATCH', e.by?.at ?? e.at, `${name} takes an interval longer than zero`);
    return wrong(e.at, [arg]);
  }
  return bucketTime(e.at, e.fn === 'ceil' ? 'ceilTime' : 'bucketTime', arg, span, arg.type);
}

function bucketTime(
  at: number,
  fn: 'bucketTime' | 'ceilTime',
  arg: Typed,
  span: Span,
  type: SqlType,
): Call {
  const inner = fn === 'bucketTime' ? coarser(arg, span) : arg;
  const size = literal(at, BIGINT, span.size);
  return call(at, fn, type, [inner, size, literal(at, VARCHAR, span.unit)]);
}

/** A bucket of buckets that divide it is a bucket of the time itself. */
function coarser(arg: Typed, span: Span): Typed {
  if (arg.op !== 'call' || arg.fn !== 'bucketTime') return arg;
  const [time, size, unit] = arg.args;
  const divides =
    size?.op === 'literal' &&
    unit?.op === 'literal' &&
    unit.value === span.unit &&
    span.size % Number(size.value) === 0;
  return divides && time !== undefined ? time : arg;
}

/**
 * FLOOR((t - TIMESTAMP '1970-01-01 00:00:00') u / n TO u): whole periods of n units since 1970.
 * Null where it is not of this form.
 */
function bindSince1970(b: Binder, e: Bucket): Typed | null {
  const divided = e.arg.kind === 'binary' && e.arg.op === '/' ? e.arg : null;
  const elapsed = divided?.left ?? e.arg;
  if (elapsed.kind !== 'inUnit' || e.unit === null) return null;
  const difference = elapsed.arg;
  if (difference.kind !== 'binary' || difference.op !== '-') return null;
  if (difference.right.kind !== 'literal' || difference.right.type !== 'timestamp') return null;
  const time = bind(b, difference.left);
  const origin = bind(b, difference.right);
  if (origin.op !== 'literal') return wrong(e.at, [time]);
  if (kindOf(time.type) !== 'timestamp' && kindOf(time.type) !== 'null') {
    const message = `a TIMESTAMP is wanted here, not ${typeText(time.type)}`;
    b.ctx.error('TYPE_MISMATCH', time.at, message, castHint(b.ctx.text, time, 'timestamp'));
    return wrong(e.at, [time]);
  }
  const count = divided ? bind(b, divided.right) : literal(e.at, INTEGER, 1);
  const unit = unitSpan(e.unit);
  const size = count.op === 'literal' && count.value !== null ? unit.size * Number(count.value) : 0;
  const aligned =
    Number.isInteger(size) &&
    size > 0 &&
    (unit.unit === 'ms' ? Number(origin.value) % size === 0 : origin.value === 0);
  if (!aligned) {
    b.ctx.refuse(e.at, 'FLOOR over an interval that is not counted in whole periods from 1970');
    return notBuilt(e.at, INTERVAL, [time]);
  }
  return bucketTime(e.at, 'bucketTime', time, { ...unit, size }, INTERVAL);
}

function stepWhole(b: Binder, at: number, arg: Typed, by: Typed): Typed {
  if (!isWhole(arg.type) && kindOf(arg.type) !== 'null') {
    const message =
      kindOf(arg.type) === 'timestamp'
        ? 'STEP of a time takes an interval'
        : `STEP(… BY n) takes a whole number, not ${typeText(arg.type)}`;
    const hint =
      kindOf(arg.type) === 'timestamp'
        ? "write BY INTERVAL '10' SECOND"
        : castHint(b.ctx.text, arg, 'whole');
    b.ctx.error('TYPE_MISMATCH', arg.at, message, hint);
    return wrong(at, [arg]);
  }
  if (by.op !== 'literal' || !isWhole(by.type) || Number(by.value) <= 0) {
    b.ctx.error('TYPE_MISMATCH', by.at, 'STEP(… BY n) takes a whole number from 1 as n');
    return wrong(at, [arg]);
  }
  return call(at, 'stepWhole', arg.type, [arg, by]);
}

/** (a - b) SECOND: the interval itself; the unit matters only where it becomes a number. */
export function bindInUnit(b: Binder, e: InUnit): Typed {
  const arg = bind(b, e.arg);
  if (kindOf(arg.type) === 'interval' || kindOf(arg.type) === 'null') return arg;
  const message = `only the difference of two times is in ${e.unit}S, not ${typeText(arg.type)}`;
  b.ctx.error('TYPE_MISMATCH', e.at, message);
  return wrong(e.at, [arg]);
}

/** CAST((a - b) SECOND AS BIGINT): how many whole units. */
export function bindSpanCast(b: Binder, at: number, e: InUnit, to: SqlType): Typed {
  const arg = bindInUnit(b, e);
  if (kindOf(to) !== 'number') {
    if (kindOf(to) === 'text') b.ctx.refuse(at, 'CAST of an INTERVAL to text');
    else {
      const message = `there is no CAST from INTERVAL to ${typeText(to)}`;
      b.ctx.error('TYPE_MISMATCH', at, message, castHint(b.ctx.text, arg, to));
    }
    return { ...wrong(at, [arg]), type: to };
  }
  const span = unitSpan(e.unit);
  if (span.unit === 'months' || e.to !== null) {
    b.ctx.refuse(at, 'CAST of an INTERVAL of months or of several units');
    return notBuilt(at, to, [arg]);
  }
  const ms: Typed = arg.op === 'call' ? { ...arg, type: BIGINT } : arg;
  const units = call(at, '/', BIGINT, [ms, literal(at, BIGINT, span.size)]);
  return convert(units, to);
}

export function bindExtract(b: Binder, e: Extract<Ast.Expr, { kind: 'extract' }>): Typed {
  const arg = bind(b, e.arg);
  const kind = kindOf(arg.type);
  if (kind === 'interval') {
    b.ctx.refuse(e.at, 'EXTRACT from an interval', 'TSDIFF(later, earlier) gives milliseconds');
    return notBuilt(e.at, INTEGER, [arg]);
  }
  if (kind !== 'timestamp' && kind !== 'date' && kind !== 'time' && kind !== 'null') {
    const message = `EXTRACT takes a time, not ${typeText(arg.type)}`;
    b.ctx.error('TYPE_MISMATCH', arg.at, message, castHint(b.ctx.text, arg, 'timestamp'));
    return { ...wrong(e.at, [arg]), type: INTEGER };
  }
  return call(e.at, 'extract', INTEGER, [literal(e.at, VARCHAR, e.unit), arg]);
}
