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

/** What the plan asks of the engine beyond what it can do; `node` says where. */
export class NotBuilt extends Error {
  override readonly name = 'NotBuilt';
  readonly node: Node;
  constructor(node: Node, what: string) {
    super(`${what} is not built yet (pump ${node.pump})`);
    this.node = node;
  }
}

/**
 * Splits the plan into the part that runs record by record and the part behind the aggregates,
 * which runs on changelogs of merged rows (design section 3). Throws NotBuilt.
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
  for (const node of plan.nodes) refuseUnbuilt(graph, node);
  return graph;
}

function carriesChangelog(graph: Graph, stream: string): boolean {
  return graph
    .writers(stream)
    .some((node) => node.kind !== 'project' || carriesChangelog(graph, node.from));
}

function refuseUnbuilt(graph: Graph, node: Node): void {
  const behind = graph.writers(node.from);
  const changing = behind.filter((w) => w.kind !== 'project' || graph.readsChangelog(w));
  if (changing.length === 0) return;
  if (changing.length < behind.length) {
    throw new NotBuilt(node, `reading ${node.from}, which mixes rows of records with results,`);
  }
  if (node.kind === 'top' || node.kind === 'distinct') {
    throw new NotBuilt(node, 'a table function over the results of an aggregate');
  }
  if (node.kind === 'aggregate' && origins(graph, node.from).some((o) => o.kind !== 'aggregate')) {
    throw new NotBuilt(node, 'GROUP BY over the rows of TOP_K_ITEMS or COUNT_DISTINCT_ITEMS');
  }
}

/** The aggregating nodes whose results a changelog stream carries. */
function origins(graph: Graph, stream: string): Node[] {
  return graph
    .writers(stream)
    .flatMap((node) => (node.kind === 'project' ? origins(graph, node.from) : [node]));
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
