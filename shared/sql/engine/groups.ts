import { type Cell, newCell } from '../../windows/cells.ts';
import { createItems, type Items } from '../../windows/distinct.ts';
import type { AggregateNode, DistinctNode, TopNode } from '../plan.ts';
import type { Row, Value } from '../types.ts';
import { compileKey, type TimeSettings } from './assign.ts';

/** The partial of one group over the records of a batch, and which records it holds. */
export interface Group {
  /** Grouping values, those that are part of the key, as text. Unique with `start` in the node. */
  readonly key: string;
  readonly values: readonly Value[];
  /** The window: the event bucket where there is one, else the arrival bucket. */
  readonly start: number;
  readonly end: number;
  /** ROWTIME of the result: the end of its arrival bucket. */
  readonly rowtime: number;
  rows: number;
  readonly cells: readonly Cell[];
  /** COUNT_DISTINCT_ITEMS: the items met. */
  readonly items: Items | null;
  /**
   * Indexes of the records (in the batch) that the group holds, rising; the first and the last. Below
   * 0 are records before the batch, of a group that was taken up again.
   */
  readonly records: number[];
  readonly first: number;
  last: number;
  /** What of the records it holds, one by one; null unless the folder admits. */
  readonly entries: Entry[] | null;
}

/** A row of a record on its way into a result: the smallest part that a result can hold or lack. */
export interface Entry {
  readonly record: number;
  readonly sub: number;
  /** Counts the rows of one user record. */
  readonly row: number;
  /** The nodes it came through, the last one included: ids joined by '>'. */
  readonly way: string;
}

/** Which group of a node: its window and its key. */
export interface Place {
  readonly start: number;
  readonly key: string;
}

/** The groups of one node, handed out. */
export interface Groups {
  readonly list: readonly Group[];
  readonly find: (start: number, key: string) => Group | null;
}

/** The group of a row; null where it is not admitted. */
export type Find = (row: Row, record: number, admits?: (place: Place) => boolean) => Group | null;

export interface FindSettings extends TimeSettings {
  /** How the items of COUNT_DISTINCT_ITEMS are kept; as they are by default. */
  readonly newItems?: () => Items;
}

/** The groups of one node, as they are filled. */
export interface GroupTable {
  /** By window, then by key: the outer map is small, the inner one needs no long keys. */
  byWindow: Map<number, Map<string, Group>>;
  list: Group[];
  /** The window that was looked at last: mostly the next row is of the same one. */
  start: number;
  inWindow: Map<string, Group>;
}

export function newTable(): GroupTable {
  return { byWindow: new Map(), list: [], start: Number.NaN, inWindow: new Map() };
}

function lookAt(table: GroupTable, start: number): void {
  table.start = start;
  table.inWindow = table.byWindow.get(start) ?? new Map();
  table.byWindow.set(start, table.inWindow);
}

/** Puts a group there that the table does not hold. */
export function insert(table: GroupTable, group: Group): void {
  if (group.start !== table.start) lookAt(table, group.start);
  table.inWindow.set(group.key, group);
  table.list.push(group);
}

/** Finds the group of a row, or begins it. With `tracks` a group knows its entries. */
export function finder(
  node: AggregateNode | TopNode | DistinctNode,
  table: GroupTable,
  settings: FindSettings,
  tracks: boolean,
): Find {
  const { window, values, key } = compileKey(node, settings);
  const fns = node.kind === 'aggregate' ? node.aggregates.map((a) => a.fn) : [];
  const newItems = settings.newItems ?? createItems;
  return (row, record, admits) => {
    const time = window(row);
    const vals = values(row, time);
    const text = key(vals);
    if (admits !== undefined && !admits({ start: time.start, key: text })) return null;
    if (time.start !== table.start) lookAt(table, time.start);
    let group = table.inWindow.get(text);
    if (group === undefined) {
      group = {
        key: text,
        values: vals,
        start: time.start,
        end: time.end,
        rowtime: time.rowtime,
        rows: 0,
        cells: fns.map(newCell),
        items: node.kind === 'distinct' ? newItems() : null,
        records: [record],
        first: record,
        last: record,
        entries: tracks ? [] : null,
      };
      insert(table, group);
    }
    if (group.last !== record) {
      group.last = record;
      group.records.push(record);
    }
    return group;
  };
}
