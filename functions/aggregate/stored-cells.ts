import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { fromAttribute, toAttribute } from '../../shared/results/attributes.ts';
import type { Attributes } from '../../shared/results/store.ts';
import { ROWS } from '../../shared/results/upsert.ts';
import type { AggregateNode } from '../../shared/sql/plan.ts';
import { addStored, type Cell, newCell, storeCell } from '../../shared/windows/cells.ts';

/** The partials of an item, read back: cells per aggregate and the number of rows. */
export interface StoredPartials {
  readonly cells: readonly Cell[];
  readonly rows: number;
}

/** `attribute` names each aggregate's attribute; the count of its values stands in `_c<index>`. */
export function readPartials(
  node: AggregateNode,
  attribute: readonly string[],
  item: Attributes | null,
): StoredPartials {
  const cells = node.aggregates.map(({ fn, type }, index) => {
    const cell = newCell(fn);
    const held = item?.[attribute[index]!];
    const n = item?.[countAttribute(index)]?.N;
    if (fn === 'count') addStored(fn, cell, { n: Number(held?.N ?? 0) });
    else if (held !== undefined) {
      const count = n === undefined ? 1 : Number(n);
      if (fn === 'sum' || fn === 'avg') addStored(fn, cell, { n: count, sum: held.N! });
      else addStored(fn, cell, { n: count, extreme: fromAttribute(type, held) });
    }
    return cell;
  });
  return { cells, rows: Number(item?.[ROWS]?.N ?? 0) };
}

/** The partials as attributes of an item that is written as a whole. */
export function writePartials(node: AggregateNode, cells: readonly Cell[]): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  node.aggregates.forEach(({ fn, type }, index) => {
    const stored = storeCell(fn, cells[index]!);
    if (fn === 'count') attributes[`_a${index}`] = { N: String(stored.n) };
    if (fn === 'count' || stored.n === 0) return;
    attributes[countAttribute(index)] = { N: String(stored.n) };
    const held =
      stored.sum === undefined ? toAttribute(type, stored.extreme ?? null) : { N: stored.sum };
    if (held !== undefined) attributes[`_a${index}`] = held;
  });
  return attributes;
}

/** The numbers to add for a batch's partials, per attribute. A sum without values adds nothing. */
export function additions(
  node: AggregateNode,
  cells: readonly Cell[],
  rows: number,
): readonly (string | null)[] {
  return node.aggregates.map(({ fn, arg }, index) => {
    const stored = storeCell(fn, cells[index]!);
    if (fn === 'count') return String(arg === null ? rows : stored.n);
    return stored.n === 0 ? null : stored.sum!;
  });
}

function countAttribute(index: number): string {
  return `_c${index}`;
}
