import { createHash } from 'node:crypto';
import type { Expr, Node, Plan } from '../plan.ts';

/**
 * A short name for what computes a stream: a hash over the rules of its writers and, through them,
 * of all streams before it. Another rule is another generation, with rows of its own.
 * Only what the SQL says counts. Names stand for columns, since slots move when another pump reads
 * more columns; paths and most types do not count, since a mended schema goes on in the same rows.
 */
export function generationOf(
  plan: Plan,
  writersOf: (stream: string) => readonly Node[],
  stream: string,
): string {
  const nameIn = (from: string) => (slot: number) => {
    const { columns } = plan.streams[from] ?? plan.source;
    return slot === 0 ? 'ROWTIME' : columns[slot - 1]!.name;
  };
  const writers = (of: string): unknown[] =>
    writersOf(of).map((node) => [ruleOf(node, nameIn(node.from)), writers(node.from)]);
  const names = plan.streams[stream]!.columns.map(({ name }) => name);
  const text = JSON.stringify([plan.source.name, names, writers(stream)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

type NameOf = (slot: number) => string | number;

function ruleOf(node: Node, name: NameOf): unknown {
  const over = (expr: Expr | null): unknown => expr && exprRule(expr, name);
  const head = [node.kind, node.pump, over(node.where)];
  switch (node.kind) {
    case 'project':
      return [...head, node.select.map(over)];
    case 'top':
      return [...head, over(node.item), node.k, node.seconds];
    case 'distinct':
      return [...head, over(node.item), node.seconds];
    case 'aggregate': {
      const behind = (expr: Expr | null): unknown => expr && exprRule(expr, (slot) => slot);
      return [
        ...head,
        node.groups.map(({ role, expr, bucket, keyed }) => [role, over(expr), bucket, keyed]),
        // Extremes of another type do not compare with those that are stored.
        node.aggregates.map(({ fn, arg, type }) =>
          fn === 'min' || fn === 'max' ? [fn, over(arg), type.name] : [fn, over(arg)],
        ),
        behind(node.having),
        node.select.map(behind),
      ];
    }
  }
}

function exprRule(expr: Expr, name: NameOf): unknown {
  const inner = (part: Expr): unknown => exprRule(part, name);
  switch (expr.op) {
    case 'literal':
      return [expr.type.name, expr.value];
    case 'column':
      return ['column', name(expr.index)];
    case 'cast':
      return expr.implicit ? inner(expr.arg) : ['cast', expr.type, inner(expr.arg)];
    case 'case':
      return ['case', expr.whens.map((when) => when.map(inner)), inner(expr.otherwise)];
    case 'call':
      return [expr.fn, ...expr.args.map(inner)];
  }
}
