import type {
  Aggregate,
  AggregateNode,
  Expr,
  Group,
  Plan,
  ProjectNode,
} from '../../shared/sql/plan.ts';
import type { Column, SqlType } from '../../shared/sql/types.ts';

/** Small plans by hand, for tests of the engine alone. */
export const TIMESTAMP: SqlType = { name: 'TIMESTAMP' };
export const BIGINT: SqlType = { name: 'BIGINT' };
export const TEXT: SqlType = { name: 'VARCHAR', length: 32 };

export const column = (index: number, type: SqlType): Expr => ({ op: 'column', index, type });

export const SOURCE: Column[] = [
  { name: 'at', type: TIMESTAMP },
  { name: 'who', type: TEXT },
  { name: 'n', type: BIGINT },
];

const MINUTE = { unit: 'ms', size: 60_000 } as const;
const key = (index: number, type: SqlType): Group => ({
  role: 'key',
  expr: column(index, type),
  type,
  keyed: true,
});
export const who = key(2, TEXT);
export const arrival = (keyed: boolean): Group => ({
  role: 'arrival',
  expr: column(0, TIMESTAMP),
  type: TIMESTAMP,
  bucket: MINUTE,
  keyed,
});
export const event: Group = {
  role: 'event',
  expr: column(1, TIMESTAMP),
  type: TIMESTAMP,
  bucket: MINUTE,
  keyed: true,
};

export const count: Aggregate = { fn: 'count', arg: null, type: BIGINT };
export const of = (fn: Aggregate['fn'], index = 3): Aggregate => ({
  fn,
  arg: column(index, BIGINT),
  type: BIGINT,
});

interface Part {
  node: AggregateNode | ProjectNode;
  readonly columns: readonly Column[];
}

/** GROUP BY: the groups, then the aggregates, all selected, named g0 … and a0 …. */
export function aggregate(
  id: string,
  from: string,
  groups: readonly Group[],
  aggregates: readonly Aggregate[],
  having: Expr | null = null,
): Part {
  const types = [...groups, ...aggregates].map(({ type }) => type);
  const select = types.flatMap((type, i) =>
    groups[i]?.keyed === false ? [] : [column(i + 1, type)],
  );
  const columns = select.map(({ type }, i) => ({ name: `c${i}`, type }));
  const node: AggregateNode = {
    ...{ kind: 'aggregate', id, pump: id, from, into: `${id}_OUT`, where: null },
    ...{ groups, aggregates, having, select, order: [] },
  };
  return { node, columns };
}

export function planOf(...parts: readonly Part[]): Plan {
  return {
    source: { name: 'SRC', columns: SOURCE },
    streams: Object.fromEntries(
      parts.map(({ node, columns }) => [node.into, { name: node.into, columns, declared: true }]),
    ),
    nodes: parts.map(({ node }) => node),
  };
}
