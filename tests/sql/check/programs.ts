import { type Checked, checkText } from '../../../shared/sql/check/check.ts';
import type { AggregateNode, Node, Plan, ProjectNode } from '../../../shared/sql/plan.ts';

/** A source, a stream OUT (A VARCHAR(8), N INTEGER) and a pump into it. */
export const HEAD = `-- input: "S" (A VARCHAR(8), N INTEGER, "t" TIMESTAMP, "b" BIGINT, D DOUBLE, E DECIMAL(7, 2), F BOOLEAN)
-- reference: "R" (A VARCHAR(8), NAME VARCHAR(20))
CREATE OR REPLACE STREAM OUT_ (A VARCHAR(8), N INTEGER);
`;

export function pump(query: string): string {
  return `${HEAD}CREATE OR REPLACE PUMP P AS INSERT INTO OUT_\n${query};\n`;
}

/** A pump whose one item goes into a column of this type, and the plan's expression for it. */
export function itemExpr(item: string, type: string): ProjectNode['select'][number] {
  const plan = planOf(
    `${HEAD}CREATE STREAM V (X ${type}); CREATE PUMP P AS INSERT INTO V SELECT STREAM ${item} FROM S;`,
  );
  return only(plan.nodes, 'project').select[0]!;
}

/** The plan of a program that has to have one. */
export function planOf(text: string): Plan {
  const { plan, errors, refused } = checkText(text);
  if (plan === null) throw new Error(JSON.stringify([...errors, ...refused]));
  return plan;
}

export function aggregateOf(query: string): AggregateNode {
  return only(planOf(pump(query)).nodes, 'aggregate');
}

export function only<K extends Node['kind']>(
  nodes: readonly Node[],
  kind: K,
): Extract<Node, { kind: K }> {
  const found = nodes.filter((node): node is Extract<Node, { kind: K }> => node.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} nodes of kind ${kind}`);
  return found[0]!;
}

/** `code line:column` of every finding, the way `-- expect:` lines have them. */
export function places(found: Checked['errors']): string[] {
  return found.map(({ code, line, column }) => `${code} ${line}:${column}`);
}

/** Takes a text with `§` before the token that is meant; gives the text without it, and the place. */
export function marked(text: string): { text: string; place: string } {
  const at = text.indexOf('§');
  const before = text.slice(0, at).split('\n');
  const place = `${before.length}:${(before.at(-1) ?? '').length + 1}`;
  return { text: text.replace('§', ''), place };
}
