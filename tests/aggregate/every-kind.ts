import type { DistinctNode, Expr, Plan, ProjectNode, TopNode } from '../../shared/sql/plan.ts';
import type { SqlType } from '../../shared/sql/types.ts';
import {
  aggregate,
  arrival,
  BIGINT,
  column,
  count,
  event,
  of,
  planOf,
  TEXT,
  TIMESTAMP,
  who,
} from '../engine/plans.ts';

const atLeastTwo = {
  op: 'call',
  type: { name: 'BOOLEAN' },
  fn: '>=',
  args: [column(3, BIGINT), { op: 'literal', type: BIGINT, value: 2 }],
} as const;

const BOOLEAN: SqlType = { name: 'BOOLEAN' };
const lessThan = (n: number): Expr => ({
  ...{ op: 'call', type: BOOLEAN, fn: '<' },
  args: [column(3, BIGINT), { op: 'literal', type: BIGINT, value: n }],
});
const not = (arg: Expr): Expr => ({ op: 'call', type: BOOLEAN, fn: 'not', args: [arg] });
const EVERYTHING = [column(1, TIMESTAMP), column(2, TEXT), column(3, BIGINT)];
const ADDED = [column(1, TEXT), column(3, BIGINT)];

/** 100 / (COUNT(*) - 2) */
const hundredBy: Expr = {
  ...{ op: 'call', type: BIGINT, fn: '/' },
  args: [
    { op: 'literal', type: BIGINT, value: 100 },
    {
      ...{ op: 'call', type: BIGINT, fn: '-' },
      args: [column(3, BIGINT), { op: 'literal', type: BIGINT, value: 2 }],
    },
  ],
};

const top: TopNode = {
  ...{ kind: 'top', id: 'TOP', pump: 'TOP', from: 'SRC', into: 'TOP/1', where: null },
  ...{ item: column(2, TEXT), k: 2, seconds: 60 },
};
const distinct: DistinctNode = {
  ...{ kind: 'distinct', id: 'WHO', pump: 'WHO', from: 'SRC', into: 'WHO/1', where: null },
  ...{ item: column(2, TEXT), seconds: 60 },
};
const pass = (from: string, into: string, select: ProjectNode['select']): ProjectNode => ({
  ...{ kind: 'project', id: into, pump: into, from, into, where: null, select, order: [] },
});

/** One of each way a result is kept. */
export function everyKind(): Plan {
  // A column that fails while a group has two rows: its result comes, goes and comes again.
  const failing = aggregate('FAILING', 'SRC', [who, arrival(true)], [count]);
  failing.node = { ...failing.node, select: [column(1, TEXT), column(2, TIMESTAMP), hundredBy] };
  const plan = planOf(
    aggregate('ADDED', 'SRC', [who, arrival(true)], [count, of('sum')]),
    aggregate(
      'MERGED',
      'SRC',
      [event, arrival(false), who],
      [of('min'), of('max'), of('avg'), of('count')],
    ),
    aggregate('FILTERED', 'SRC', [who, arrival(true)], [count], atLeastTwo),
    aggregate('CHAINED', 'ADDED_OUT', [arrival(true)], [count, of('sum'), of('max')]),
    failing,
    aggregate('BEHIND', 'FAILING_OUT', [arrival(true)], [count, of('sum')]),
  );
  const counted = aggregate('FANNED', 'BOTH', [who, arrival(true)], [count]);
  const anonymous = (name: string, columns: Plan['source']['columns']) => ({
    name,
    columns,
    declared: false,
  });
  const [item, n] = [
    { name: 'ITEM', type: TEXT },
    { name: 'N', type: BIGINT },
  ];
  return {
    ...plan,
    streams: {
      ...plan.streams,
      'TOP/1': anonymous('TOP/1', [item, n]),
      'WHO/1': anonymous('WHO/1', [n]),
      BEST: { name: 'BEST', columns: [item, n], declared: true },
      DISTINCT: { name: 'DISTINCT', columns: [n], declared: true },
      RAW: { name: 'RAW', columns: [item], declared: true },
      BOTH: { name: 'BOTH', columns: plan.source.columns, declared: true },
      FANNED_OUT: { name: 'FANNED_OUT', columns: counted.columns, declared: true },
      SPLIT: { name: 'SPLIT', columns: [item, n], declared: true },
    },
    nodes: [
      ...plan.nodes,
      top,
      distinct,
      pass('TOP/1', 'BEST', [column(1, TEXT), column(2, BIGINT)]),
      pass('WHO/1', 'DISTINCT', [column(1, BIGINT)]),
      pass('SRC', 'RAW', [column(2, TEXT)]),
      // Two pumps into one stream, counted behind it, and two ways of results into another.
      { ...pass('SRC', 'BOTH', EVERYTHING), id: 'SMALL', pump: 'SMALL', where: lessThan(10) },
      { ...pass('SRC', 'BOTH', EVERYTHING), id: 'LARGE', pump: 'LARGE', where: not(lessThan(10)) },
      counted.node,
      { ...pass('ADDED_OUT', 'SPLIT', ADDED), id: 'ONE', pump: 'ONE' },
      { ...pass('ADDED_OUT', 'SPLIT', ADDED), id: 'TWO', pump: 'TWO' },
    ],
  };
}
