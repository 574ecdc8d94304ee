import type { Node, Plan } from '../plan.ts';
import { generationOf } from './generation.ts';

/** The plan's nodes with what the engines ask about them. */
export interface Graph {
  readonly plan: Plan;
  readonly nodes: readonly Node[];
  /** The nodes that read a stream, in the plan's order. */
  readonly readers: (stream: string) => readonly Node[];
  readonly writers: (stream: string) => readonly Node[];
  /** In how many ways a row of a record can come to the node; 1 where it reads results. */
  readonly ways: (node: Node) => number;
  /** True where the node's rows are results that may still change, not records. */
  readonly readsChangelog: (node: Node) => boolean;
  /** A short name of what computes this stream: another program, another generation. */
  readonly generation: (stream: string) => string;
}

/**
 * Splits the plan into the part that runs record by record and the part behind the aggregates,
 * which runs on changelogs of merged rows (design section 3).
 */
export function arrange(plan: Plan): Graph {
  const readers = groupBy(plan.nodes, (node) => node.from);
  const writers = groupBy(plan.nodes, (node) => node.into);
  const graph: Graph = {
    plan,
    nodes: plan.nodes,
    readers: (stream) => readers.get(stream) ?? [],
    writers: (stream) => writers.get(stream) ?? [],
    ways: (node) => waysTo(graph, node),
    readsChangelog: (node) => carriesChangelog(graph, node.from),
    generation: (stream) => generationOf(plan, graph.writers, stream),
  };
  return graph;
}

function waysTo(graph: Graph, node: Node): number {
  const writers = graph.writers(node.from);
  if (writers.length === 0 || graph.readsChangelog(node)) return 1;
  return writers.reduce((ways, writer) => ways + waysTo(graph, writer), 0);
}

function carriesChangelog(graph: Graph, stream: string): boolean {
  return graph
    .writers(stream)
    .some((node) => node.kind !== 'project' || carriesChangelog(graph, node.from));
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
