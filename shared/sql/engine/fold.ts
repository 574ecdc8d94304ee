import { RowError } from '../errors.ts';
import type { AggregateNode, DistinctNode, Node, ProjectNode, TopNode } from '../plan.ts';
import { compile, compilePredicate } from '../run/compile.ts';
import type { Row } from '../types.ts';
import { aggregateRow, itemRow } from './add-row.ts';
import type { Graph } from './graph.ts';
import {
  type Entry,
  type Find,
  type FindSettings,
  finder,
  type Group,
  type Groups,
  type GroupTable,
  insert,
  newTable,
  type Place,
} from './groups.ts';

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

export interface FoldSettings extends FindSettings {
  /** The streams whose rows are wanted as such. */
  readonly keep: ReadonlySet<string>;
  /** Which entries count; without it all do, and groups do not know theirs. */
  readonly admits?: Admits;
}

/** `place` is the group that the row falls into; null where it is kept as a row. */
export type Admits = (entry: Entry, place: Place | null) => boolean;

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
    const find = finder(node, table, settings, admits !== undefined);
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

function isTimeReason(code: string): code is 'NO_EVENT_TIME' | 'FUTURE' | 'LATE' {
  return code === 'NO_EVENT_TIME' || code === 'FUTURE' || code === 'LATE';
}
