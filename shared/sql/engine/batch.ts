import { countDistinct, mergeDistinct } from '../../windows/distinct.ts';
import { compareValues } from '../../windows/order.ts';
import { mergeTop } from '../../windows/top.ts';
import type { AggregateNode, Node, Order, Plan } from '../plan.ts';
import { compile } from '../run/compile.ts';
import type { Row } from '../types.ts';
import { compileFinish, groupRow } from './finish.ts';
import { createFolder, type Rejection } from './fold.ts';
import { arrange } from './graph.ts';
import type { Group } from './groups.ts';

export interface BatchResult {
  /** Rows per stream, by ROWTIME (slot 0), as windows close; with the source's own. */
  readonly streams: ReadonlyMap<string, readonly Row[]>;
  /** Rows that a pump could not take: the dialect's ERROR_STREAM. */
  readonly rejections: readonly Rejection[];
}

/**
 * Runs a program over rows as a whole, in memory: every node sees all its input at once, windows
 * close with the last row. Late rows are merged into the group they belong to (dialect section
 * 12).
 */
export function runBatch(plan: Plan, source: Iterable<Row>): BatchResult {
  const streams = new Map<string, Row[]>([[plan.source.name, [...source]]]);
  const rejections: Rejection[] = [];
  for (const node of plan.nodes) {
    const rows = runNode(plan, node, streams.get(node.from) ?? [], rejections);
    const before = streams.get(node.into);
    streams.set(node.into, before === undefined ? rows : byRowtime([...before, ...rows]));
  }
  return { streams, rejections };
}

/** A plan of this one node: its input is the source. */
function runNode(plan: Plan, node: Node, input: readonly Row[], rejections: Rejection[]): Row[] {
  const columns = plan.streams[node.from]?.columns ?? plan.source.columns;
  const graph = arrange({ ...plan, source: { name: node.from, columns }, nodes: [node] });
  const keep = new Set([node.into]);
  const folder = createFolder(graph, { latenessMs: null, skewMs: null, keep });
  const ordered = node.kind === 'project' ? sortRows(input, node.order) : input;
  for (const [index, row] of ordered.entries()) folder.take(row, index, 0);
  const folded = folder.finish();
  for (const rejection of folded.rejections) rejections.push(rejection);
  const groups = [...(folded.groups.get(node.id)?.list ?? [])].sort(
    (a, b) => a.rowtime - b.rowtime,
  );
  if (node.kind === 'project') return folded.appended.map(({ values }) => values);
  if (node.kind === 'aggregate') return aggregateRows(node, groups, rejections);
  if (node.kind === 'distinct') {
    return groups.map((g) => [g.rowtime, countDistinct(mergeDistinct(null, g.items!))]);
  }
  return topRows(groups, node.k);
}

function aggregateRows(
  node: AggregateNode,
  groups: readonly Group[],
  rejections: Rejection[],
): Row[] {
  const finish = compileFinish(node);
  const rows = groups.map((group) => groupRow(node, group, group.cells));
  return sortRows(rows, node.order).flatMap((row) => {
    const { present, row: out, error } = finish(row);
    if (error !== null) {
      const { code, message } = error;
      const rowtime = row[0] as number;
      const reason = 'ROW_ERROR';
      rejections.push({ record: -1, sub: 0, row: 0, node, reason, code, message, rowtime });
    }
    return present ? [out] : [];
  });
}

function topRows(groups: readonly Group[], k: number): Row[] {
  const windows = new Map<number, [string, number][]>();
  for (const { rowtime, key, rows } of groups) {
    const counts = windows.get(rowtime) ?? [];
    counts.push([key, rows]);
    windows.set(rowtime, counts);
  }
  return [...windows].flatMap(([rowtime, counts]) =>
    mergeTop([], counts, k).map(([item, count]): Row => [rowtime, item, count]),
  );
}

/** NULLs last in ascending order, as the grammar's ASC and DESC are each other's reverse. */
function sortRows(rows: readonly Row[], order: readonly Order[]): readonly Row[] {
  if (order.length === 0) return rows;
  const keys = order.map(({ expr, descending }) => ({
    of: compile(expr),
    sign: descending ? -1 : 1,
  }));
  return rows
    .map((row) => ({ row, values: keys.map(({ of }) => of(row)) }))
    .sort((a, b) => {
      for (let i = 0; i < keys.length; i++) {
        const difference = compareValues(a.values[i]!, b.values[i]!) * keys[i]!.sign;
        if (difference !== 0) return difference;
      }
      return 0;
    })
    .map(({ row }) => row);
}

function byRowtime(rows: Row[]): Row[] {
  return rows.sort((a, b) => (a[0] as number) - (b[0] as number));
}
