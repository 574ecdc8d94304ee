import type { Node, Plan } from '../plan.ts';
import { generationOf } from './generation.ts';

/** The plan's nodes with what the engines ask about them. */
export interface Graph {
  readonly plan: Plan;
  readonly nodes: readonly Node[];
  /** The nodes that read a stream, in the plan's order. */
  readonly readers: (stream: string) => readonly Node[];
  readonly writers: (stream: string) => readonly Node[];
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
    readsChangelog: (node) => carriesChangelog(graph, node.from),
    generation: (stream) => generationOf(plan, graph.writers, stream),
  };
  return graph;
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
