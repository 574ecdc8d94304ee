import { addValue, type Cell, newCell } from '../../windows/cells.ts';
import { createItems, type Items } from '../../windows/distinct.ts';
import { isSummable } from '../decimal.ts';
import { RowError } from '../errors.ts';
import type { AggregateNode, DistinctNode, Node, ProjectNode, TopNode } from '../plan.ts';
import { compile, compilePredicate } from '../run/compile.ts';
import type { Row, Value } from '../types.ts';
import { compileKey, type TimeSettings } from './assign.ts';
import type { Graph } from './graph.ts';
import { itemText } from './keys.ts';

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

/** A row that reached a stream without passing an aggregate. */
export interface Appended extends Entry {
  readonly node: Node;
  readonly values: Row;
}

/** A row that a pump could not take: the record is set aside for it, other pumps go on. */
export interface Rejection {
  /** Index in the batch; -1 where it was no record's row but a merged one. */
  readonly record: number;
  readonly sub: number;
  /** Counts the rows of one user record. */
  readonly row: number;
  readonly node: Node;
  readonly reason: 'ROW_ERROR' | 'NO_EVENT_TIME' | 'FUTURE' | 'LATE';
  readonly code: string;
  readonly message: string;
  readonly rowtime: number;
}

export interface Folded {
  /** By node id. */
  readonly groups: ReadonlyMap<string, Groups>;
  readonly appended: readonly Appended[];
  readonly rejections: readonly Rejection[];
}

export interface Groups {
  readonly list: readonly Group[];
  readonly find: (start: number, key: string) => Group | null;
}

export interface FoldSettings extends TimeSettings {
  /** The streams whose rows are wanted as such. */
  readonly keep: ReadonlySet<string>;
  /** How the items of COUNT_DISTINCT_ITEMS are kept; as they are by default. */
  readonly newItems?: () => Items;
  /** Which entries count; without it all do, and groups do not know theirs. */
  readonly admits?: Admits;
}

/** `place` is the group that the row falls into; null where it is kept as a row. */
export type Admits = (entry: Entry, place: Place | null) => boolean;

export interface Place {
  readonly start: number;
  readonly key: string;
}

export interface Folder {
  /** Goes on with groups that were handed out before, by node id; before the first row. */
  readonly resume: (groups: ReadonlyMap<string, readonly Group[]>) => void;
  /** The groups of a node so far. */
  readonly open: (id: string) => readonly Group[];
  /** Takes one source row; `record` rises, `sub` counts user records inside one record. */
  readonly take: (row: Row, record: number, sub: number) => void;
  /** Hands out what was folded since the last call and starts afresh. */
  readonly finish: () => Folded;
}

/**
 * Compiles the record-by-record part of a program: source rows in, partials of groups out.
 * A folder is synchronous and may be used again and again, one batch at a time.
 */
export function createFolder(graph: Graph, settings: FoldSettings): Folder {
  const tables = new Map<string, GroupTable>();
  let appended: Appended[] = [];
  let rejections: Rejection[] = [];
  let record = 0;
  let sub = 0;
  /** Of the source row at hand, in its user record: the same whatever the pumps make of it. */
  let ordinal = -1;
  let way = '';
  const { admits } = settings;
  const tracks =
    admits !== undefined ||
    graph.nodes.some((node) => node.kind === 'project' && graph.ways(node) > 1);
  const entry = (): Entry => ({ record, sub, row: ordinal, way });
  const reject = (node: Node, row: Row, reason: Rejection['reason'], error: RowError): void => {
    const rowtime = row[0] as number;
    rejections.push({
      record,
      sub,
      row: ordinal,
      node,
      reason,
      code: error.code,
      message: error.message,
      rowtime,
    });
  };
  const guard =
    (node: Node, step: Step): Step =>
    (row) => {
      try {
        step(row);
      } catch (error) {
        if (!(error instanceof RowError)) throw error;
        const reason = isTimeReason(error.code) ? error.code : 'ROW_ERROR';
        reject(node, row, reason, error);
      }
    };
  const tracked =
    (node: Node, step: Step): Step =>
    (row) => {
      const before = way;
      way = before === '' ? node.id : `${before}>${node.id}`;
      try {
        step(row);
      } finally {
        way = before;
      }
    };
  /** Compiled once, however many pumps write into the stream: they fill the same groups. */
  const compiled = new Map<string, Step>();
  const readersOf = (stream: string): Step => {
    const step = compiled.get(stream) ?? compileReaders(stream);
    compiled.set(stream, step);
    return step;
  };
  const compileReaders = (stream: string): Step => {
    const steps = graph
      .readers(stream)
      .filter((node) => !graph.readsChangelog(node))
      .map((node) => guard(node, tracks ? tracked(node, stepOf(node)) : stepOf(node)));
    if (steps.length === 1) return steps[0]!;
    return (row) => {
      for (const step of steps) step(row);
    };
  };
  const stepOf = (node: Node): Step => {
    const passes = compilePredicate(node.where);
    const step = node.kind === 'project' ? projectStep(node) : groupStep(node);
    return node.where === null ? step : (row) => passes(row) && step(row);
  };
  const projectStep = (node: ProjectNode): Step => {
    const select = node.select.map(compile);
    const next = readersOf(node.into);
    const kept = settings.keep.has(node.into);
    return (row) => {
      const out: Row = [row[0]!];
      for (const column of select) out.push(column(row));
      if (kept && (admits === undefined || admits(entry(), null))) {
        appended.push({ node, values: out, record, sub, row: ordinal, way });
      }
      next(out);
    };
  };
  const groupStep = (node: AggregateNode | TopNode | DistinctNode): Step => {
    const table = newTable();
    tables.set(node.id, table);
    const add = node.kind === 'aggregate' ? aggregateRow(node) : itemRow(node);
    const find = finder(node, table, settings);
    if (admits === undefined) return (row) => add(row, record, find);
    // Asked once it is known where the row belongs, before anything counts.
    const admitted: Find = (row, of) => find(row, of, (place) => admits(entry(), place));
    return (row) => add(row, record, admitted)?.entries?.push(entry());
  };

  const source = readersOf(graph.plan.source.name);
  return {
    resume: (groups) => {
      for (const [id, list] of groups) for (const group of list) insert(tables.get(id)!, group);
    },
    open: (id) => tables.get(id)?.list ?? [],
    take: (row, ofRecord, ofSub) => {
      ordinal = ofRecord === record && ofSub === sub ? ordinal + 1 : 0;
      record = ofRecord;
      sub = ofSub;
      source(row);
    },
    finish: () => {
      const groups = new Map<string, Groups>();
      for (const [id, table] of tables) {
        const { list, byWindow } = table;
        groups.set(id, { list, find: (start, key) => byWindow.get(start)?.get(key) ?? null });
        Object.assign(table, newTable());
      }
      const folded = { groups, appended, rejections };
      appended = [];
      rejections = [];
      record = sub = 0;
      ordinal = -1;
      return folded;
    },
  };
}

type Step = (row: Row) => unknown;

interface GroupTable {
  /** By window, then by key: the outer map is small, the inner one needs no long keys. */
  byWindow: Map<number, Map<string, Group>>;
  list: Group[];
  /** The window that was looked at last: mostly the next row is of the same one. */
  start: number;
  inWindow: Map<string, Group>;
}

function newTable(): GroupTable {
  return { byWindow: new Map(), list: [], start: Number.NaN, inWindow: new Map() };
}

function lookAt(table: GroupTable, start: number): void {
  table.start = start;
  table.inWindow = table.byWindow.get(start) ?? new Map();
  table.byWindow.set(start, table.inWindow);
}

function insert(table: GroupTable, group: Group): void {
  if (group.start !== table.start) lookAt(table, group.start);
  table.inWindow.set(group.key, group);
  table.list.push(group);
}

function finder(
  node: AggregateNode | TopNode | DistinctNode,
  table: GroupTable,
  settings: FoldSettings,
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
        entries: settings.admits === undefined ? null : [],
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

function isTimeReason(code: string): code is 'NO_EVENT_TIME' | 'FUTURE' | 'LATE' {
  return code === 'NO_EVENT_TIME' || code === 'FUTURE' || code === 'LATE';
}

/** The group of a row; null where it is not admitted. */
type Find = (row: Row, record: number, admits?: (place: Place) => boolean) => Group | null;

type Add = (row: Row, record: number, find: Find) => Group | null;

function aggregateRow(node: AggregateNode): Add {
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
function itemRow(node: TopNode | DistinctNode): Add {
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
