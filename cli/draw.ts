import { quoted } from '../shared/sql/check/scope.ts';
import type { Graph } from '../shared/sql/engine/graph.ts';
import type { Node } from '../shared/sql/plan.ts';
import { typeText } from '../shared/sql/run/kinds.ts';
import type { Column } from '../shared/sql/types.ts';
import { paint } from './io.ts';

/** The way of the rows, from the source through the pumps to the last streams, as a tree. */
export function drawPlan(graph: Graph, color: boolean): string {
  const { source } = graph.plan;
  const lines = [paint(color, 'bold', source.name)];
  const drawn = new Set<string>();
  const draw = (stream: string, indent: string): void => {
    const readers = graph.readers(stream);
    if (drawn.has(stream)) {
      if (readers.length > 0) lines.push(`${indent}└─ … as above`);
      return;
    }
    drawn.add(stream);
    for (const [i, node] of readers.entries()) {
      const isLast = i === readers.length - 1;
      const into = paint(color, 'bold', streamText(graph, node.into, 'reader'));
      const pump = `${node.pump}${paint(color, 'dim', ` (${KINDS[node.kind]})`)}`;
      lines.push(`${indent}${isLast ? '└─' : '├─'} ${pump} → ${into}`);
      draw(node.into, `${indent}${isLast ? '   ' : '│  '}`);
    }
  };
  draw(source.name, '');
  return lines.join('\n');
}

export const KINDS: Readonly<Record<Node['kind'], string>> = {
  project: 'row by row',
  aggregate: 'GROUP BY',
  top: 'top items',
  distinct: 'count distinct',
};

/** A stream between the parts of one pump has no name: it is called by the part at its other end. */
export function streamText(graph: Graph, name: string, end: 'reader' | 'writer'): string {
  if (graph.plan.streams[name]?.declared !== false) return name;
  const [node] = end === 'reader' ? graph.readers(name) : graph.writers(name);
  const parts = graph.nodes.filter(({ pump }) => pump === node?.pump);
  return `part ${parts.findIndex(({ id }) => id === node?.id) + 1}`;
}

/** `"host" VARCHAR(64), "status" INTEGER`. */
export function columnsText(columns: readonly Column[]): string {
  if (columns.length === 0) return 'no columns';
  return columns.map(({ name, type }) => `${quoted(name)} ${typeText(type)}`).join(', ');
}
