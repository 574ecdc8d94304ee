import type { Expr, Node } from '../plan.ts';

/** Every slot of its row that the expression looks at. */
export function slotsOf(e: Expr | null): number[] {
  switch (e?.op) {
    case 'column':
      return [e.index];
    case 'cast':
      return slotsOf(e.arg);
    case 'case':
      return [...e.whens.flat(), e.otherwise].flatMap(slotsOf);
    case 'call':
      return e.args.flatMap(slotsOf);
    default:
      return [];
  }
}

/** The same expression over a row whose slots have moved. */
function moveSlots(e: Expr, to: (slot: number) => number): Expr {
  const move = (inner: Expr): Expr => moveSlots(inner, to);
  switch (e.op) {
    case 'column':
      return { ...e, index: to(e.index) };
    case 'cast':
      return { ...e, arg: move(e.arg) };
    case 'case':
      return {
        ...e,
        whens: e.whens.map(([when, then]) => [move(when), move(then)] as const),
        otherwise: move(e.otherwise),
      };
    case 'call':
      return { ...e, args: e.args.map(move) };
    default:
      return e;
  }
}

/** What the node evaluates over its input row. */
export function inputExprs(node: Node): (Expr | null)[] {
  switch (node.kind) {
    case 'project':
      return [node.where, ...node.select, ...node.order.map((o) => o.expr)];
    case 'aggregate':
      return [node.where, ...node.groups.map((g) => g.expr), ...node.aggregates.map((a) => a.arg)];
    default:
      return [node.where, node.item];
  }
}

/** The node over an input row whose slots have moved. */
export function moveInput(node: Node, to: (slot: number) => number): Node {
  const move = (e: Expr): Expr => moveSlots(e, to);
  const where = node.where && move(node.where);
  switch (node.kind) {
    case 'project':
      return {
        ...node,
        where,
        select: node.select.map(move),
        order: node.order.map((o) => ({ ...o, expr: move(o.expr) })),
      };
    case 'aggregate':
      return {
        ...node,
        where,
        groups: node.groups.map((g) => ({ ...g, expr: move(g.expr) })),
        aggregates: node.aggregates.map((a) => ({ ...a, arg: a.arg && move(a.arg) })),
      };
    default:
      return { ...node, where, item: move(node.item) };
  }
}
