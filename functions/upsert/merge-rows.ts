import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Upsert } from '../../shared/config/upserts.ts';
import { fromAttribute, toAttribute } from '../../shared/results/attributes.ts';
import { expires } from '../../shared/results/item-key.ts';
import type { Attributes } from '../../shared/results/store.ts';
import { type Merge, ROWS } from '../../shared/results/upsert.ts';
import { isSummable } from '../../shared/sql/decimal.ts';
import { RowError } from '../../shared/sql/errors.ts';
import type { Row, Value } from '../../shared/sql/types.ts';
import { addStored, addValue, type Cell, newCell, storeCell } from '../../shared/windows/cells.ts';
import { compareValues } from '../../shared/windows/order.ts';
import type { Entry } from './rows.ts';

/** What an item becomes when rows for its key are merged into it. */
export interface MergedRows extends Merge {
  /** False: its columns are as they were. */
  readonly isChange: boolean;
}

/**
 * Whatever the order and the grouping of rows, their columns come out the same. Throws RowError where
 * a sum leaves the range that stays exact.
 */
export type MergeRows = (item: Attributes | null, entries: readonly Entry[]) => MergedRows;

export function mergeRows(upsert: Upsert): MergeRows {
  const { columns, lastsMs } = upsert;
  const slots = columns.map((column, index) => ({ ...column, slot: index + 1 }));
  const folded = slots.filter(({ merge }) => merge !== 'key' && merge !== 'replace');
  const keys = slots.filter(({ merge }) => merge === 'key');
  const replaced = slots.filter(({ merge }) => merge === 'replace');
  const newest = newestRow(upsert);

  return (item, entries) => {
    const set: Record<string, AttributeValue> = {};
    const remove: string[] = [];
    const put = (name: string, attribute: AttributeValue | undefined): void => {
      if (attribute !== undefined) set[name] = attribute;
      else if (item?.[name] !== undefined) remove.push(name);
    };
    for (const { name, type, slot } of keys) put(name, toAttribute(type, entries[0]!.row[slot]!));
    for (const { name, type, merge, slot } of folded) {
      const fn = merge === 'add' ? 'sum' : (merge as 'min' | 'max');
      const cell = storedCell(fn, item?.[name], (held) => fromAttribute(type, held));
      for (const { row } of entries) add(fn, cell, row[slot]!, name);
      const { n, sum, extreme = null } = storeCell(fn, cell);
      if (n > 0) put(name, sum === undefined ? toAttribute(type, extreme) : { N: sum });
    }
    const row = newest(item, entries);
    if (row !== null) {
      for (const { name, type, slot } of replaced) put(name, toAttribute(type, row[slot]!));
    }
    const isChange = item === null || remove.length > 0 || !holds(item, set);
    const rows = Number(item?.[ROWS]?.N ?? 0) + entries.length;
    set[ROWS] = { N: String(rows) };
    if (lastsMs !== null) Object.assign(set, expiry(item, entries, lastsMs));
    return { set, remove, isChange };
  };
}

function storedCell(
  fn: 'sum' | 'min' | 'max',
  held: AttributeValue | undefined,
  toValue: (held: AttributeValue) => Value,
): Cell {
  const cell = newCell(fn);
  if (held === undefined) return cell;
  addStored(fn, cell, fn === 'sum' ? { n: 1, sum: held.N! } : { n: 1, extreme: toValue(held) });
  return cell;
}

function add(fn: 'sum' | 'min' | 'max', cell: Cell, value: Value, name: string): void {
  if (fn === 'sum' && value !== null && !isSummable(value as number | bigint)) {
    throw new RowError('OVERFLOW', `column ${name}: a value too large to be added up exactly`);
  }
  addValue(fn, cell, value);
}

/**
 * The row whose columns replace those of the item, or null if the item's own are as new. Of two with
 * the same version the one with the greater text wins: any rule would do that knows no order of arrival.
 */
function newestRow({ columns, version }: Upsert) {
  const slot = columns.findIndex(({ name }) => name === version) + 1;
  const slots = columns.flatMap(({ merge }, index) => (merge === 'replace' ? [index + 1] : []));
  const textOf = (row: Row): string =>
    JSON.stringify(slots.map((one) => (row[one] === null ? null : String(row[one]))));
  const isNewer = (a: Row, b: Row): boolean => {
    const order = compareValues(a[slot]!, b[slot]!);
    return order === 0 ? textOf(a) > textOf(b) : order > 0;
  };
  const stored = (item: Attributes): Row => [
    0,
    ...columns.map(({ name, type }) => fromAttribute(type, item[name])),
  ];
  return (item: Attributes | null, entries: readonly Entry[]): Row | null => {
    if (version === null) return null;
    const held = item === null ? null : stored(item);
    let best = held;
    for (const { row } of entries) if (best === null || isNewer(row, best)) best = row;
    return best === held ? null : best;
  };
}

function holds(item: Attributes, set: Attributes): boolean {
  return Object.entries(set).every(([name, value]) => isDeepStrictEqual(item[name], value));
}

/** Later by each row that comes later: an item outlasts every record that may come again. */
function expiry(item: Attributes | null, entries: readonly Entry[], lastsMs: number): Attributes {
  const last = entries.reduce((latest, { arrival }) => Math.max(latest, arrival), 0);
  const before = Number(item?.expires?.N ?? 0) * 1000;
  return expires(Math.max(before, last + lastsMs));
}
