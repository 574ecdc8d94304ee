import type { Aggregate, Bucket, Group } from '../plan.ts';
import { type Context, writtenAt } from './context.ts';
import {
  type Call,
  type ColumnRef,
  isTime,
  keyOf,
  lower,
  mapOperands,
  some,
  TIMESTAMP,
  type Typed,
} from './typed.ts';

/** The group row under construction: slot 0 the end of the bucket, then groups, then aggregates. */
export interface Grouping {
  readonly groups: readonly Group[];
  readonly aggregates: Aggregate[];
  /** An expression over the input rows as one over the group row; NOT_GROUPED where it is none. */
  readonly regroup: (e: Typed) => Typed;
  /** The same for an item of ORDER BY, where the start of a bucket stands for any form of it. */
  readonly regroupOrder: (e: Typed) => Typed;
}

export function newGrouping(ctx: Context, bound: readonly Typed[]): Grouping {
  const groups = bound.map((e) => toGroup(ctx, e));
  const keys = bound.map(keyOf);
  const aggregates: Aggregate[] = [];
  const aggregateKeys: string[] = [];

  const groupSlot = (e: Typed): ColumnRef | null => {
    const i = keys.indexOf(keyOf(e));
    return i < 0 ? null : slot(e, i + 1);
  };
  const aggregateSlot = (e: Extract<Typed, { op: 'aggregate' }>): ColumnRef => {
    const key = JSON.stringify([e.fn, e.arg && keyOf(e.arg)]);
    let i = aggregateKeys.indexOf(key);
    if (i < 0) {
      i = aggregateKeys.push(key) - 1;
      aggregates.push({ fn: e.fn, arg: e.arg && lower(ctx, e.arg), type: e.type });
    }
    return slot(e, 1 + groups.length + i);
  };
  const regroup = (e: Typed): Typed => {
    const grouped = groupSlot(e);
    if (grouped !== null) {
      if (isSince1970(e)) {
        ctx.refuse(
          e.at,
          'the interval FLOOR((… - TIMESTAMP …) … TO …) as a value',
          'group by STEP(…ROWTIME BY INTERVAL …) instead: it makes the same buckets, and gives their start',
        );
      }
      return grouped;
    }
    if (e.op === 'aggregate') return aggregateSlot(e);
    if (e.op !== 'column') return mapOperands(e, regroup);
    if (e.index === 0 && e.out !== null) return slot(e, 0);
    notGrouped(ctx, e);
    return e;
  };
  const regroupOrder = (e: Typed): Typed => {
    const start = isSince1970(e) ? groupSlot(e) : null;
    return start === null ? regroup(e) : { ...start, type: TIMESTAMP };
  };
  return { groups, aggregates, regroup, regroupOrder };
}

function slot(e: Typed, index: number): ColumnRef {
  return { op: 'column', at: e.at, type: e.type, source: 0, index, time: null, out: null };
}

function notGrouped(ctx: Context, e: ColumnRef): void {
  const written = writtenAt(ctx.text, e.at);
  const hint =
    e.index === 0
      ? 'ROWTIME without a qualifier is the time of the row that comes out'
      : `add ${written} to GROUP BY, or write MAX(${written})`;
  ctx.error('NOT_GROUPED', e.at, `${written} is neither grouped nor inside an aggregate`, hint);
}

/** All tumbling idioms are one 'bucketTime' by now; the time inside says which clock they follow. */
function toGroup(ctx: Context, e: Typed): Group {
  const bucket = bucketOf(e);
  const time = bucket && (e as Call).args[0]!;
  const key: Group = { role: 'key', expr: lowerKey(ctx, e), type: keyType(e), keyed: true };
  if (bucket === null || time === null || time.type.name !== 'TIMESTAMP') return key;
  if (time.op === 'column' && time.time === 'arrival') {
    return { role: 'arrival', expr: lower(ctx, time), type: TIMESTAMP, bucket, keyed: true };
  }
  // A shifted ROWTIME, a time of an aggregated subquery: no clock of their own.
  if (isTime(time) || !some(time, (x) => x.op === 'column')) return key;
  return { role: 'event', expr: lower(ctx, time), type: TIMESTAMP, bucket, keyed: true };
}

function bucketOf(e: Typed): Bucket | null {
  if (e.op !== 'call' || e.fn !== 'bucketTime') return null;
  const [, size, unit] = e.args;
  if (size?.op !== 'literal' || unit?.op !== 'literal') return null;
  return { unit: unit.value === 'months' ? 'months' : 'ms', size: Number(size.value) };
}

function isSince1970(e: Typed): boolean {
  return e.op === 'call' && e.fn === 'bucketTime' && e.type.name === 'INTERVAL';
}

function keyType(e: Typed): Group['type'] {
  return isSince1970(e) ? TIMESTAMP : e.type;
}

function lowerKey(ctx: Context, e: Typed): Group['expr'] {
  return lower(ctx, isSince1970(e) ? { ...e, type: TIMESTAMP } : e);
}
