import type { Application } from '../../shared/config/application.ts';
import type { Expr, Plan } from '../../shared/sql/plan.ts';
import type { TableRow } from '../tables.ts';

/** What is shown of one output. */
export interface Summary {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Indexes of the columns that hold numbers. */
  readonly numeric: ReadonlySet<number>;
}

type Role = 'window' | 'key' | 'sum' | 'min' | 'max' | 'other';
type Cell = string | number | boolean | undefined;

/**
 * The top rows of an output. Where every column can be merged over windows (keys, counts, sums,
 * extremes) they are totals over all windows; otherwise those of the newest window.
 */
export function summarize(
  application: Application,
  output: string,
  rows: readonly TableRow[],
  most: number,
  ended = false,
): Summary {
  const columns = application.plan.streams[output]!.columns.map(({ name }) => name);
  const roles = rolesOf(application.plan, output);
  const windows = new Set(rows.map(({ window }) => window));
  const mergeable = roles?.includes('sum') === true && !roles.includes('other');
  const newest = [...windows].sort().at(-1);
  const shown = mergeable ? columns.filter((_, i) => roles[i] !== 'window') : columns;
  const all = mergeable
    ? totals(rows, columns, roles)
    : rows.filter(({ window }) => window === newest).map(({ columns: cells }) => cells);
  const measure = mergeable ? columns[roles.indexOf('sum')]! : null;
  const sorted =
    measure === null
      ? all
      : all.toSorted((a, b) => Number(b[measure] ?? 0) - Number(a[measure] ?? 0));
  const numeric = new Set(
    shown.flatMap((name, i) => (all.some((cells) => typeof cells[name] === 'number') ? [i] : [])),
  );
  const empty = ended ? 'no rows' : 'nothing yet';
  return {
    title: `${output}  ${rows.length === 0 ? empty : describe(windows.size, mergeable, all.length, newest)}`,
    header: shown,
    rows: sorted.slice(0, most).map((cells) => shown.map((name) => text(cells[name]))),
    numeric,
  };
}

function describe(
  windows: number,
  mergeable: boolean,
  groups: number,
  newest: string | undefined,
): string {
  const over = `${windows} ${windows === 1 ? 'window' : 'windows'}`;
  if (mergeable) return `${groups} ${groups === 1 ? 'group' : 'groups'}, totals over ${over}`;
  return `window ${newest!.slice(0, 16).replace('T', ' ')}, newest of ${over}`;
}

/** Merges the rows of all windows by their keys. */
function totals(
  rows: readonly TableRow[],
  columns: readonly string[],
  roles: readonly Role[],
): Record<string, Cell>[] {
  const groups = new Map<string, Record<string, Cell>>();
  for (const row of rows) {
    const key = columns.map((name, i) => (roles[i] === 'key' ? row.columns[name] : null));
    const id = JSON.stringify(key);
    const total = groups.get(id);
    if (total === undefined) {
      groups.set(id, { ...row.columns });
      continue;
    }
    columns.forEach((name, i) => {
      total[name] = mergeCells(roles[i]!, total[name], row.columns[name]);
    });
  }
  return [...groups.values()];
}

function mergeCells(role: Role, a: Cell, b: Cell): Cell {
  if (a === undefined || b === undefined) return a ?? b;
  if (role === 'sum') return Number(a) + Number(b);
  if (role === 'min') return b < a ? b : a;
  if (role === 'max') return b > a ? b : a;
  return a;
}

/** How each column of an output merges; null when its rows do not come from one aggregate. */
function rolesOf(plan: Plan, output: string): Role[] | null {
  const writers = plan.nodes.filter(({ into }) => into === output);
  const [node] = writers;
  if (writers.length !== 1 || node?.kind !== 'aggregate') return null;
  return node.select.map((expr): Role => {
    const index = columnOf(expr);
    if (index === null) return 'other';
    if (index === 0) return 'window';
    const group = node.groups[index - 1];
    if (group !== undefined) return group.role === 'key' ? 'key' : 'window';
    const { fn } = node.aggregates[index - 1 - node.groups.length]!;
    if (fn === 'avg') return 'other';
    return fn === 'count' ? 'sum' : fn;
  });
}

function columnOf(expr: Expr): number | null {
  if (expr.op === 'cast') return columnOf(expr.arg);
  return expr.op === 'column' ? expr.index : null;
}

function text(cell: Cell): string {
  if (cell === undefined) return '-';
  if (typeof cell !== 'number') {
    // Times as they are stored, without what is zero.
    return String(cell).replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.000)?Z$/, '$1 $2');
  }
  return Number.isInteger(cell) ? cell.toLocaleString('en') : cell.toFixed(2);
}
