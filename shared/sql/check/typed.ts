import type { Aggregate, Expr, Fn } from '../plan.ts';
import type { SqlType, Value } from '../types.ts';
import type { Context } from './context.ts';

/**
 * A resolved and typed expression that still knows where it was written and what it was: the
 * form between the syntax tree and the plan. Aggregates stand where they were written; the
 * grouping (grouping.ts) turns them into slots of the group row.
 */
export type Typed = Literal | ColumnRef | Cast | Case | Call | AggregateCall | Opaque;

interface Base {
  readonly at: number;
  readonly type: SqlType;
}

export interface Literal extends Base {
  readonly op: 'literal';
  readonly value: Exclude<Value, bigint>;
}

export interface ColumnRef extends Base {
  readonly op: 'column';
  /** Which source of FROM; always 0 without joins. */
  readonly source: number;
  /** The slot in the source's row: 0 is ROWTIME. */
  readonly index: number;
  /** 'arrival': ROWTIME or APPROXIMATE_ARRIVAL_TIME itself; 'derived': made from it in a subquery. */
  readonly time: 'arrival' | 'derived' | null;
  /** ROWTIME without qualifier, CURRENT_TIMESTAMP …: in a grouped list, of the row that comes out. */
  readonly out: 'rowtime' | 'now' | null;
}

export interface Cast extends Base {
  readonly op: 'cast';
  readonly arg: Typed;
  readonly implicit: boolean;
}

export interface Case extends Base {
  readonly op: 'case';
  readonly whens: readonly (readonly [Typed, Typed])[];
  readonly otherwise: Typed;
}

/** A 'bucketTime' of type INTERVAL is the FLOOR((t - TIMESTAMP '1970-…') … TO …) idiom. */
export interface Call extends Base {
  readonly op: 'call';
  readonly fn: Fn;
  readonly args: readonly Typed[];
}

export interface AggregateCall extends Base {
  readonly op: 'aggregate';
  readonly fn: Aggregate['fn'];
  readonly arg: Typed | null;
}

/** What has been reported already, as wrong or as not built: it fits wherever it stands. */
export interface Opaque extends Base {
  readonly op: 'opaque';
  readonly args: readonly Typed[];
  /** MONOTONIC(…): a time expression. */
  readonly time: boolean;
  /** The result of a log-parse function: it has fields. */
  readonly record: boolean;
  /** Wrong rather than not built: no further errors because of it. */
  readonly wrong: boolean;
}

export const BOOLEAN: SqlType = { name: 'BOOLEAN' };
export const INTEGER: SqlType = { name: 'INTEGER' };
export const BIGINT: SqlType = { name: 'BIGINT' };
export const DOUBLE: SqlType = { name: 'DOUBLE' };
export const VARCHAR: SqlType = { name: 'VARCHAR' };
export const TIMESTAMP: SqlType = { name: 'TIMESTAMP' };
export const INTERVAL: SqlType = { name: 'INTERVAL', unit: 'ms' };
export const NULL: SqlType = { name: 'NULL' };

export function call(at: number, fn: Fn, type: SqlType, args: readonly Typed[]): Call {
  return { op: 'call', at, fn, type, args };
}

export function literal(at: number, type: SqlType, value: Literal['value']): Literal {
  return { op: 'literal', at, type, value };
}

/** Stands for an expression that has an error, so that nothing follows from it. */
export function wrong(at: number, args: readonly Typed[] = []): Opaque {
  return { op: 'opaque', at, type: NULL, args, time: false, record: false, wrong: true };
}

/** Stands for a valid expression whose execution is not built. */
export function notBuilt(at: number, type: SqlType, args: readonly Typed[] = []): Opaque {
  return { op: 'opaque', at, type, args, time: false, record: false, wrong: false };
}

export function isNullLiteral(e: Typed): boolean {
  return e.type.name === 'NULL';
}

/** The direct operands; an aggregate's argument is over other rows and is no operand. */
export function operands(e: Typed): readonly Typed[] {
  switch (e.op) {
    case 'cast':
      return [e.arg];
    case 'case':
      return [...e.whens.flat(), e.otherwise];
    case 'call':
    case 'opaque':
      return e.args;
    default:
      return [];
  }
}

/** True if `test` holds for the expression or an operand at any depth. */
export function some(e: Typed, test: (e: Typed) => boolean): boolean {
  return test(e) || operands(e).some((operand) => some(operand, test));
}

/** Something in it is reported already. */
export function isWrong(e: Typed): boolean {
  return some(e, (x) => x.op === 'opaque' && x.wrong);
}

/** How many nodes the expression has; beyond `limit` it stops counting. */
export function sizeOf(e: Typed, limit: number): number {
  let size = 1;
  for (const operand of operands(e)) {
    if (size > limit) break;
    size += sizeOf(operand, limit - size);
  }
  return size;
}

/** A copy with every operand replaced. */
export function mapOperands(e: Typed, map: (e: Typed) => Typed): Typed {
  switch (e.op) {
    case 'cast':
      return { ...e, arg: map(e.arg) };
    case 'case':
      return {
        ...e,
        whens: e.whens.map(([when, then]) => [map(when), map(then)] as const),
        otherwise: map(e.otherwise),
      };
    case 'call':
    case 'opaque':
      return { ...e, args: e.args.map(map) };
    default:
      return e;
  }
}

/** An expression on ROWTIME or MONOTONIC: what closes groups and what ORDER BY begins with. */
export function isTime(e: Typed): boolean {
  return some(e, (x) => (x.op === 'column' && x.time !== null) || (x.op === 'opaque' && x.time));
}

/**
 * Equal keys: the same expression after resolution, however it was written. ROWTIME is the same with
 * and without a qualifier; CURRENT_TIMESTAMP is never the input's.
 */
export function keyOf(e: Typed): string {
  return JSON.stringify(e, (name, value: unknown) =>
    name === 'at' || name === 'time' || (name === 'out' && value !== 'now') ? undefined : value,
  );
}

/** The plan's form. What the plan cannot say is refused and becomes NULL. */
export function lower(ctx: Context, e: Typed): Expr {
  switch (e.op) {
    case 'literal':
      return { op: 'literal', type: e.type, value: e.value };
    case 'column':
      return { op: 'column', type: e.type, index: e.index };
    case 'cast':
      return { op: 'cast', type: e.type, arg: lower(ctx, e.arg), implicit: e.implicit };
    case 'case':
      return {
        op: 'case',
        type: e.type,
        whens: e.whens.map(([when, then]) => [lower(ctx, when), lower(ctx, then)] as const),
        otherwise: lower(ctx, e.otherwise),
      };
    case 'call':
      if (e.fn === 'bucketTime' && e.type.name === 'INTERVAL') {
        ctx.refuse(
          e.at,
          'FLOOR of an interval as a value',
          'STEP(…ROWTIME BY INTERVAL …) gives the start of the bucket',
        );
      }
      return { op: 'call', type: e.type, fn: e.fn, args: e.args.map((arg) => lower(ctx, arg)) };
    default:
      return { op: 'literal', type: NULL, value: null };
  }
}
