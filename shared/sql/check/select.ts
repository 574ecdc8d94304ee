import type * as Ast from '../ast.ts';
import type { Order } from '../plan.ts';
import { type Binder, bind, bindCondition } from './expressions.ts';
import { checkFrom, type Input } from './from.ts';
import { type Grouping, newGrouping } from './grouping.ts';
import { intervalSpan } from './literals.ts';
import type { Item, Target } from './query.ts';
import { expandStar, type ScopeColumn } from './scope.ts';
import { addAnonymous, type PumpState } from './state.ts';
import { isTime, isWrong, lower, some, TIMESTAMP, type Typed } from './typed.ts';
import { checkWindow } from './windows.ts';

/** What comes out of a select. */
export interface Selected {
  /** Null: not known, because of an error. */
  readonly columns: readonly ScopeColumn[] | null;
  /** The stream that its node writes; null if it has none. */
  readonly stream: string | null;
}

/** A select with all its expressions resolved, before it becomes a node. */
interface Bound {
  readonly select: Ast.Select;
  readonly input: Input;
  readonly where: Typed | null;
  readonly groups: readonly Typed[];
  readonly having: Typed | null;
  /** Null: `*` of something unknown. */
  readonly items: readonly Item[] | null;
  readonly order: readonly { readonly typed: Typed; readonly descending: boolean }[];
}

export function checkSelect(
  state: PumpState,
  select: Ast.Select,
  order: Ast.OrderBy | null,
  target: Target | null,
): Selected {
  const bound = bindSelect(state, select, order);
  checkHaving(state, bound);
  checkGroupTime(state, bound);
  checkDistinct(state, bound);
  checkOrder(state, bound, order);
  const grouped = select.group !== null || select.stagger !== null;
  const columns = bound.items?.map((item) => outColumn(item, grouped, bound.input)) ?? null;
  const stream = emit(state, bound, columns, target);
  return { columns, stream };
}

function bindSelect(state: PumpState, select: Ast.Select, order: Ast.OrderBy | null): Bound {
  const { ctx } = state;
  const windows = new Map(select.windows.map(({ name, spec }) => [name.text, spec]));
  const input = checkFrom(state, select.from, windows);
  const grouped = select.group !== null || select.stagger !== null;
  const labels = new Set(
    select.items.flatMap((item) => (item.kind === 'expr' && item.alias ? [item.alias.text] : [])),
  );
  const scope = { sources: input.sources, aliases: null, labels };
  const b: Binder = { ctx, scope, windows, place: 'select', grouped };
  for (const { spec } of select.windows) checkWindow(b, spec);
  const where = select.where && bindCondition({ ...b, place: 'where' }, select.where);
  const by = select.group?.exprs ?? select.stagger?.partition ?? [];
  const groups = by.map((e) => bind({ ...b, place: 'group' }, e));
  checkStagger(state, select);
  const items = bindItems(b, select.items);
  const having = select.having && bindCondition({ ...b, place: 'having' }, select.having);
  const aliases = new Map(
    (items ?? []).flatMap(({ alias, typed }) => (alias === null ? [] : [[alias, typed] as const])),
  );
  const orderBinder: Binder = { ...b, place: 'order', scope: { ...scope, aliases } };
  const ordered = (order?.items ?? []).map(({ expr, descending }) => ({
    typed: orderItem(orderBinder, expr, items),
    descending,
  }));
  return { select, input, where, groups, having, items, order: ordered };
}

function bindItems(
  b: Binder,
  items: readonly Ast.Item[],
): (Item & { alias: string | null })[] | null {
  const bound = items.map((item, i) => {
    if (item.kind === 'star') {
      const columns = expandStar(b.ctx, b.scope, item.qualifier, item.at);
      return columns?.map((column) => ({ ...column, alias: null })) ?? null;
    }
    const typed = bind(b, item.expr);
    const alias = item.alias?.text ?? null;
    return [{ name: alias ?? ownName(item.expr, i), typed, alias }];
  });
  return bound.includes(null) ? null : bound.flatMap((columns) => columns ?? []);
}

/** A column keeps its name; other expressions get one that no one can write by accident. */
function ownName(e: Ast.Expr, index: number): string {
  return e.kind === 'name' ? e.parts.at(-1)!.text : `EXPR$${index}`;
}

/** An expression, an alias, or the number of an item. */
function orderItem(b: Binder, e: Ast.Expr, items: readonly Item[] | null): Typed {
  if (e.kind !== 'literal' || e.type !== 'number' || !/^\d+$/.test(e.text)) return bind(b, e);
  const item = items?.[Number(e.text) - 1];
  if (item !== undefined || items === null) return item?.typed ?? bind(b, e);
  b.ctx.error('UNKNOWN_COLUMN', e.at, `there is no item ${e.text}: the select has ${items.length}`);
  return bind(b, e);
}

function checkStagger({ ctx }: PumpState, { stagger }: Ast.Select): void {
  if (stagger === null) return;
  intervalSpan(ctx, stagger.range);
  if (stagger.partition.length === 0) {
    const hint = "WINDOWED BY STAGGER (PARTITION BY column RANGE INTERVAL '1' MINUTE)";
    ctx.error('STAGGER_PARTITION', stagger.at, 'STAGGER needs PARTITION BY', hint);
  }
  ctx.refuse(stagger.at, 'WINDOWED BY STAGGER');
}

const ADD_TIME =
  "add STEP(stream.ROWTIME BY INTERVAL '1' MINUTE), or FLOOR(stream.ROWTIME TO MINUTE)";

function checkHaving({ ctx }: PumpState, { select, having }: Bound): void {
  if (having === null || select.group !== null || select.stagger !== null || isWrong(having))
    return;
  ctx.error(
    'AGGREGATE_WITHOUT_GROUP',
    having.at,
    'HAVING needs GROUP BY',
    'use WHERE to choose rows',
  );
}

function checkGroupTime({ ctx }: PumpState, { select, groups }: Bound): void {
  if (select.group === null || groups.some((e) => isTime(e) || isWrong(e))) return;
  const message = 'GROUP BY needs an expression on ROWTIME: without it no group ever closes';
  ctx.error('NO_TIME_GROUPING', select.group.at, message, ADD_TIME);
}

function checkDistinct({ ctx }: PumpState, { select, items }: Bound): void {
  if (!select.distinct) return;
  ctx.refuse(select.at, 'SELECT DISTINCT');
  if (items === null || items.some(({ typed }) => isTime(typed) || isWrong(typed))) return;
  ctx.error(
    'DISTINCT_TIME',
    select.at,
    'SELECT DISTINCT needs a time expression in its list',
    ADD_TIME,
  );
}

function checkOrder({ ctx }: PumpState, { order }: Bound, ast: Ast.OrderBy | null): void {
  const [first] = order;
  if (first === undefined || isTime(first.typed) || isWrong(first.typed)) return;
  ctx.error(
    'ORDER_BY_TIME',
    ast?.items[0]?.expr.at ?? first.typed.at,
    'ORDER BY has to begin with a time: a stream has no other end',
    'put FLOOR(stream.ROWTIME TO SECOND), or the STEP of GROUP BY, in front',
  );
}

/** A subquery that keeps its rows keeps their ROWTIME: what is made from it is known outside too. */
function outColumn({ name, typed }: Item, grouped: boolean, { stream }: Input): ScopeColumn {
  const column: ScopeColumn = { name, type: typed.type, at: typed.at };
  if (typed.op === 'opaque' && typed.record) return { ...column, record: true };
  if (!isTime(typed)) return column;
  const derived = { ...column, time: 'derived' } as const;
  const time = typed.op === 'call' && typed.fn === 'bucketTime' ? typed.args[0]! : typed;
  const known =
    !grouped &&
    stream !== null &&
    typed.type.name === 'TIMESTAMP' &&
    time.op === 'column' &&
    time.time === 'arrival';
  return known ? { ...derived, same: typed } : derived;
}

function emit(
  state: PumpState,
  bound: Bound,
  columns: readonly ScopeColumn[] | null,
  target: Target | null,
): string | null {
  const { ctx } = state;
  const { select, input, items } = bound;
  const fitted = items && (target ? target.fit(items, select.at) : items.map((i) => i.typed));
  const grouping = select.group || select.stagger ? newGrouping(ctx, bound.groups) : null;
  const selected = (fitted ?? items?.map((item) => item.typed) ?? []).map(
    (e) => grouping?.regroup(e) ?? e,
  );
  const having = bound.having && (grouping?.regroup(bound.having) ?? bound.having);
  const order = orderOf(state, bound, grouping);
  if (grouping !== null) checkArrival(state, bound, grouping);
  if (input.stream === null || fitted === null || columns === null) return null;
  const into = target?.into ?? addAnonymous(state, columns);
  const base = {
    id: target ? state.pump : into,
    pump: state.pump,
    from: input.stream,
    into,
    where: bound.where && lower(ctx, bound.where),
    select: selected.map((e) => lower(ctx, e)),
    order,
  };
  const node = grouping
    ? ({
        ...base,
        kind: 'aggregate',
        groups: grouping.groups,
        aggregates: grouping.aggregates,
        having: having && lower(ctx, having),
      } as const)
    : ({ ...base, kind: 'project' } as const);
  state.drafts.push({ node, fromAt: input.at, groupAts: bound.groups.map((e) => e.at) });
  return into;
}

function orderOf({ ctx }: PumpState, { order }: Bound, grouping: Grouping | null): Order[] {
  return order.map(({ typed, descending }) => {
    const e = grouping?.regroupOrder(typed) ?? typed;
    // The interval since 1970 orders rows as the start of its bucket does.
    const since = e.op === 'call' && e.fn === 'bucketTime' && e.type.name === 'INTERVAL';
    return { expr: lower(ctx, since ? { ...e, type: TIMESTAMP } : e), descending };
  });
}

/** A valid time expression is not always a bucket with an end. */
function checkArrival({ ctx }: PumpState, { select, groups }: Bound, grouping: Grouping): void {
  // What is refused or wrong already needs no second word.
  if (select.group === null || groups.some((e) => some(e, (x) => x.op === 'opaque'))) return;
  if (!groups.some(isTime)) return;
  if (grouping.groups.some((group) => group.role === 'arrival')) return;
  ctx.refuse(select.group.at, 'GROUP BY on a time that is no bucket of ROWTIME', ADD_TIME);
}
