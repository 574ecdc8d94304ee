import { addValue } from '../../windows/cells.ts';
import { isSummable } from '../decimal.ts';
import { RowError } from '../errors.ts';
import type { AggregateNode, DistinctNode, TopNode } from '../plan.ts';
import { compile } from '../run/compile.ts';
import type { Row, Value } from '../types.ts';
import type { Find, Group } from './groups.ts';
import { itemText } from './keys.ts';

/** Adds a row to its group, and gives that; null where it counts in none. */
export type Add = (row: Row, record: number, find: Find) => Group | null;

export function aggregateRow(node: AggregateNode): Add {
  const counted = node.aggregates.flatMap(({ fn, arg }, index) =>
    arg === null
      ? []
      : [{ fn, index, of: compile(arg), sums: fn === 'sum' || fn === 'avg', value: null as Value }],
  );
  return (row, record, find) => {
    // All arguments first: a row that fails in one of them must leave no trace in the group.
    for (const part of counted) part.value = part.of(row);
    for (const { sums, value } of counted) if (sums && value !== null) checkSummable(value);
    const group = find(row, record);
    if (group === null) return null;
    group.rows++;
    for (const { fn, index, value } of counted) addValue(fn, group.cells[index]!, value);
    return group;
  };
}

function checkSummable(value: Value): void {
  if (isSummable(value as number | bigint)) return;
  throw new RowError('OVERFLOW', 'a value to be added up is 10^17 or more');
}

/** Table functions count items; NULL is none (dialect section 7). */
export function itemRow(node: TopNode | DistinctNode): Add {
  const item = compile(node.item);
  return (row, record, find) => {
    const value = item(row);
    if (value === null) return null;
    const group = find(row, record);
    if (group === null) return null;
    group.rows++;
    group.items?.add(itemText(value));
    return group;
  };
}
