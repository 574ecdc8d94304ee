import { addDecimalText, exactText } from '../../../shared/sql/decimal.ts';
import type { Group } from '../../../shared/sql/engine/groups.ts';
import { groupKey } from '../../../shared/sql/engine/keys.ts';
import type {
  Aggregate,
  AggregateNode,
  DistinctNode,
  Node,
  TopNode,
} from '../../../shared/sql/plan.ts';
import type { Value } from '../../../shared/sql/types.ts';
import { type Cell, newCell } from '../../../shared/windows/cells.ts';
import { createHashedItems, encodeItems } from '../../../shared/windows/distinct.ts';

/** The groups of one window of a node: start, end, ROWTIME, what its buckets begin with, the groups. */
export type WindowRows = readonly [
  start: number,
  end: number,
  rowtime: number,
  buckets: readonly Json[],
  rows: readonly (readonly Json[])[],
];

/** What JSON has no word for stands as text in an object: a bigint, or a number that is not finite. */
type Json = string | number | boolean | null | { readonly big: string } | { readonly num: string };

/** Records as they are numbered where a group comes from, and in the state. */
export type Renumber = (record: number) => number;

export type GroupNode = AggregateNode | TopNode | DistinctNode;

export function isGroupNode(node: Node): node is GroupNode {
  return node.kind !== 'project';
}

/** How the groups of a node stand in a state: what their window or their key tells is left out. */
export function groupRows(node: GroupNode) {
  const groups = node.kind === 'aggregate' ? node.groups : [];
  const aggregates = node.kind === 'aggregate' ? node.aggregates : [];
  const keyOf = node.kind === 'aggregate' ? groupKey(groups) : ([text]: readonly Value[]) => text;
  const isBucket = (index: number): boolean => (groups[index]?.role ?? 'key') !== 'key';
  /** In order: those of the window go into its head, the others into the row. */
  const split = (values: readonly Value[]): [Json[], Json[]] => [
    values.filter((_, index) => isBucket(index)).map(toJson),
    values.filter((_, index) => !isBucket(index)).map(toJson),
  ];
  const keys = node.kind === 'top' ? 1 : groups.filter(({ role }) => role === 'key').length;
  const width = keys + groups.length - groups.filter(({ role }) => role === 'key').length;

  const encodeRow = (group: Group, values: readonly Json[], record: Renumber): Json[] => {
    const first = record(group.first);
    const row: Json[] = [...values, group.rows, first, record(group.last) - first];
    aggregates.forEach((aggregate, index) => {
      row.push(...encodeCell(aggregate, group.cells[index]!));
    });
    if (group.items !== null) row.push(encodeItems(group.items));
    return row;
  };

  const decodeRow = (window: WindowRows, row: readonly Json[], record: Renumber): Group => {
    const [start, end, rowtime, buckets] = window;
    const fromHead = buckets.values();
    const fromRow = row.values();
    const next = (from: IterableIterator<Json>): Value => fromJson(from.next().value as Json);
    const values = Array.from({ length: width }, (_, i) => next(isBucket(i) ? fromHead : fromRow));
    const [rows, first, more] = [next(fromRow), next(fromRow), next(fromRow)] as number[];
    const cells = aggregates.map((aggregate) => decodeCell(aggregate, () => next(fromRow)));
    const items = node.kind === 'distinct' ? createHashedItems(next(fromRow) as string) : null;
    const [from, to] = [record(first!), record(first! + more!)];
    return {
      key: (keyOf(values) ?? '') as string,
      ...{ values, start, end, rowtime, rows: rows!, cells, items },
      records: from === to ? [from] : [from, to],
      first: from,
      last: to,
      entries: null,
    };
  };

  return {
    encode: (list: readonly Group[], record: Renumber): WindowRows[] => {
      const windows = new Map<string, [...WindowRows]>();
      for (const group of list) {
        const [buckets, values] = split(group.values);
        const name = `${group.start}|${group.rowtime}|${JSON.stringify(buckets)}`;
        const window = windows.get(name) ?? [group.start, group.end, group.rowtime, buckets, []];
        windows.set(name, window);
        (window[4] as Json[][]).push(encodeRow(group, values, record));
      }
      return [...windows.values()];
    },
    decode: (windows: readonly WindowRows[], record: Renumber): Group[] =>
      windows.flatMap((window) => window[4].map((row) => decodeRow(window, row, record))),
  };
}

/** COUNT(*) is the number of rows; what has met no value but NULL says so by its count. */
function encodeCell({ fn, arg }: Aggregate, cell: Cell): Json[] {
  if (arg === null) return [];
  if (fn === 'count') return [cell.n];
  if (cell.sum !== null) return [cell.n, exactText(cell.sum)];
  return [cell.n, toJson(cell.extreme)];
}

function decodeCell({ fn, arg }: Aggregate, next: () => Value): Cell {
  const cell = newCell(fn);
  if (arg === null) return cell;
  cell.n = next() as number;
  if (fn === 'count') return cell;
  if (cell.sum === null) cell.extreme = next();
  else addDecimalText(cell.sum, next() as string);
  return cell;
}

function toJson(value: Value): Json {
  if (typeof value === 'bigint') return { big: String(value) };
  const isLost = typeof value === 'number' && !Number.isFinite(value);
  return isLost ? { num: String(value) } : value;
}

function fromJson(json: Json): Value {
  if (typeof json !== 'object' || json === null) return json;
  return 'big' in json ? BigInt(json.big) : Number(json.num);
}
