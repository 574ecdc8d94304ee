import type { AggregateNode, Expr } from '../../shared/sql/plan.ts';
import type { Column } from '../../shared/sql/types.ts';
import { type Address, outputAddress, sortKeyPrefix, stateAddress } from './address.ts';
import type { Context } from './context.ts';

/** How an aggregate node's partials lie in its table. */
export interface Placement {
  readonly address: Address;
  readonly sortKeyPrefix: string;
  /** The item is the result itself: its columns stand in it under the names the SQL gives. */
  readonly isResult: boolean;
  /** Counts and sums alone: DynamoDB adds them up, no read is needed. */
  readonly additive: boolean;
  /** Per aggregate the attribute with its count, sum or extreme. */
  readonly attribute: readonly string[];
  /** Per column of the stream: the aggregate it shows as it is, or null. */
  readonly direct: readonly (number | null)[];
  readonly columns: readonly Column[];
}

/** Without HAVING a node's own item is the result; with it, the result is published apart. */
export function placementOf(
  node: AggregateNode,
  context: Pick<Context, 'application' | 'tables' | 'graph'>,
): Placement {
  const { application, tables, graph } = context;
  const columns = graph.plan.streams[node.into]!.columns;
  const isResult = node.having === null && application.outputs[node.into] !== undefined;
  const isSource = !graph.readsChangelog(node);
  const direct = node.select.map((expr) => directAggregate(expr, node));
  const plain = node.select.every(
    (expr, i) => direct[i] !== null || !looksAtAggregates(expr, node),
  );
  const addable = node.aggregates.every(({ fn }) => fn === 'count' || fn === 'sum');
  const additive = isSource && node.having === null && addable && (plain || !isResult);
  return {
    address: isResult
      ? outputAddress(application, tables, graph, node.into)
      : stateAddress(application, tables, graph, node),
    sortKeyPrefix: isResult ? sortKeyPrefix(graph, node.into, node.id) : '',
    isResult,
    additive,
    attribute: node.aggregates.map((_, index) => {
      const column = additive && isResult ? direct.indexOf(index) : -1;
      return column < 0 ? `_a${index}` : columns[column]!.name;
    }),
    direct,
    columns,
  };
}

function directAggregate(expr: Expr, node: AggregateNode): number | null {
  if (expr.op !== 'column') return null;
  const index = expr.index - 1 - node.groups.length;
  return index >= 0 ? index : null;
}

function looksAtAggregates(expr: Expr, node: AggregateNode): boolean {
  if (expr.op === 'column') return expr.index > node.groups.length;
  if (expr.op === 'cast') return looksAtAggregates(expr.arg, node);
  if (expr.op === 'call') return expr.args.some((arg) => looksAtAggregates(arg, node));
  if (expr.op === 'literal') return false;
  return [...expr.whens.flat(), expr.otherwise].some((part) => looksAtAggregates(part, node));
}
