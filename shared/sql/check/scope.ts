import type { Name } from '../ast.ts';
import { suggest } from '../suggest.ts';
import type { SqlType } from '../types.ts';
import type { Context } from './context.ts';
import { type ColumnRef, DOUBLE, TIMESTAMP, type Typed, VARCHAR, wrong } from './typed.ts';

/** A column as FROM offers it. Its slot is its place in `Source.columns`, plus one. */
export interface ScopeColumn {
  /** Where a subquery selects it. */
  readonly at?: number;
  readonly name: string;
  readonly type: SqlType;
  /** Record metadata: there, but not in `SELECT *`. */
  readonly hidden?: boolean;
  /** A time made from ROWTIME in a subquery. */
  readonly time?: ColumnRef['time'];
  /** Equal to this expression over the same row, whose ROWTIME it is made from. */
  readonly same?: Typed;
  /** The result of a log-parse function: `alias.column.field`. */
  readonly record?: boolean;
}

export interface Source {
  /** What qualifies its columns; null for a subquery without alias. */
  readonly alias: string | null;
  readonly columns: readonly ScopeColumn[];
  /** An unknown stream, reported already: every column of it fits. */
  readonly unknown: boolean;
}

export interface Scope {
  readonly sources: readonly Source[];
  /** Items by alias, for ORDER BY. */
  readonly aliases: ReadonlyMap<string, Typed> | null;
  /** Aliases that cannot be used here, for a hint. */
  readonly labels?: ReadonlySet<string>;
}

const NOW: Readonly<Record<string, SqlType>> = {
  CURRENT_ROW_TIMESTAMP: TIMESTAMP,
  CURRENT_TIMESTAMP: TIMESTAMP,
  LOCALTIMESTAMP: TIMESTAMP,
  CURRENT_DATE: { name: 'DATE' },
  CURRENT_TIME: { name: 'TIME' },
  LOCALTIME: { name: 'TIME' },
};

/** Resolves a, alias.a, alias.record.field, ROWTIME and CURRENT_TIMESTAMP. */
export function resolveName(ctx: Context, scope: Scope, parts: readonly Name[]): Typed {
  const [first, ...rest] = parts;
  const name = first!;
  if (rest.length === 0) return resolveSingle(ctx, scope, name);
  const qualified = scope.sources.flatMap((s, i) => (s.alias === name.text ? [i] : []));
  if (qualified.length > 1) return ambiguous(ctx, name);
  const index = qualified[0];
  if (index === undefined) {
    const record = columnsNamed(scope, name.text).find((c) => c.column.record);
    if (record) return field(name.at);
    if (scope.sources.some((s) => s.unknown)) return wrong(name.at);
    return unknownQualifier(ctx, scope, name);
  }
  const source = scope.sources[index]!;
  const column = rest[0]!;
  if (column.text === 'ROWTIME') return rowtime(name.at, index, null);
  const slot = source.columns.flatMap((c, i) => (c.name === column.text ? [i] : []));
  if (slot.length > 1) return ambiguous(ctx, column);
  if (slot[0] === undefined) {
    return source.unknown ? wrong(name.at) : unknownColumn(ctx, [source], column);
  }
  const found = source.columns[slot[0]]!;
  const extra = rest[1];
  if (extra === undefined) return reference(name.at, index, slot[0], found);
  if (found.record) return field(name.at);
  ctx.error(
    'UNKNOWN_COLUMN',
    extra.at,
    `${show(column)} has no fields, so there is no ${show(extra)}`,
  );
  return wrong(name.at);
}

/** All columns that `*` or `alias.*` stands for; null where the qualifier is unknown (reported). */
export function expandStar(
  ctx: Context,
  scope: Scope,
  qualifier: Name | null,
  at: number,
): { name: string; typed: Typed }[] | null {
  const chosen = scope.sources.flatMap((source, i) =>
    qualifier === null || source.alias === qualifier.text ? [{ source, i }] : [],
  );
  if (qualifier !== null && chosen.length === 0) {
    if (!scope.sources.some((s) => s.unknown)) unknownQualifier(ctx, scope, qualifier);
    return null;
  }
  if (chosen.some(({ source }) => source.unknown)) return null;
  return chosen.flatMap(({ source, i }) =>
    source.columns.flatMap((column, slot) =>
      column.hidden ? [] : [{ name: column.name, typed: reference(at, i, slot, column) }],
    ),
  );
}

function resolveSingle(ctx: Context, scope: Scope, name: Name): Typed {
  const alias = scope.aliases?.get(name.text);
  if (alias !== undefined) return alias;
  if (name.text === 'ROWTIME' && scope.sources.length > 0) return rowtime(name.at, 0, 'rowtime');
  const found = columnsNamed(scope, name.text);
  const [only] = found;
  if (found.length > 1) return ambiguous(ctx, name);
  if (only !== undefined) return reference(name.at, only.source, only.slot, only.column);
  const now = name.quoted ? undefined : NOW[name.text];
  if (now !== undefined && scope.sources.length > 0) {
    const time = rowtime(name.at, 0, 'now');
    return now.name === 'TIMESTAMP'
      ? time
      : { op: 'cast', at: name.at, type: now, arg: time, implicit: true };
  }
  if (scope.sources.some((s) => s.unknown)) return wrong(name.at);
  return unknownColumn(ctx, scope.sources, name, scope.labels);
}

function columnsNamed(scope: Scope, name: string) {
  return scope.sources.flatMap((s, source) =>
    s.columns.flatMap((column, slot) => (column.name === name ? [{ source, slot, column }] : [])),
  );
}

function rowtime(at: number, source: number, out: ColumnRef['out']): ColumnRef {
  return { op: 'column', at, type: TIMESTAMP, source, index: 0, time: 'arrival', out };
}

function reference(at: number, source: number, slot: number, column: ScopeColumn): Typed {
  if (column.same !== undefined) return moved(column.same, at);
  if (column.record) {
    return {
      op: 'opaque',
      at,
      type: column.type,
      args: [],
      time: false,
      record: true,
      wrong: false,
    };
  }
  const time = column.time ?? null;
  return { op: 'column', at, type: column.type, source, index: slot + 1, time, out: null };
}

/** A bucket of ROWTIME, or ROWTIME itself, as if it were written here. */
function moved(e: Typed, at: number): Typed {
  if (e.op === 'column') return { ...e, at, out: null };
  return e.op === 'call' ? { ...e, at, args: e.args.map((arg) => moved(arg, at)) } : { ...e, at };
}

function field(at: number): Typed {
  return { op: 'opaque', at, type: VARCHAR, args: [], time: false, record: false, wrong: false };
}

function ambiguous(ctx: Context, name: Name): Typed {
  ctx.error(
    'AMBIGUOUS_COLUMN',
    name.at,
    `${show(name)} is in more than one place of FROM`,
    'write its alias in front: alias.column',
  );
  return wrong(name.at);
}

function unknownColumn(
  ctx: Context,
  sources: readonly Source[],
  name: Name,
  labels?: ReadonlySet<string>,
): Typed {
  const names = sources.flatMap((s) => s.columns.map((c) => c.name));
  const hint = labels?.has(name.text)
    ? `the alias ${show(name)} can be used in ORDER BY only: write its expression here`
    : nameHint(ctx.text, name, names);
  ctx.error('UNKNOWN_COLUMN', name.at, `there is no column ${show(name)}`, hint);
  return wrong(name.at);
}

function unknownQualifier(ctx: Context, scope: Scope, name: Name): Typed {
  const aliases = scope.sources.flatMap((s) => (s.alias === null ? [] : [s.alias]));
  const only = aliases.length === 1 ? `here it is called ${quoted(aliases[0]!)}` : undefined;
  const hint = nameHint(ctx.text, name, aliases) ?? only;
  ctx.error('UNKNOWN_COLUMN', name.at, `FROM has no ${show(name)}`, hint);
  return wrong(name.at);
}

/** The nearest name; the commonest slip, a missing pair of quotes, in a sentence of its own. */
export function nameHint(text: string, name: Name, names: readonly string[]): string | undefined {
  const near = suggest(name.text, names);
  if (near === null) return undefined;
  if (!name.quoted && near.toUpperCase() === name.text) {
    const written = text.slice(name.at, name.at + name.text.length);
    if (written === name.text) return `write ${quoted(near)}, with its quotes`;
    return `${written} without quotes is ${name.text}; the name is ${quoted(near)}`;
  }
  return `did you mean ${quoted(near)}?`;
}

/** A stored name as it has to be written. */
export function quoted(name: string): string {
  return /^[A-Z_][A-Z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

export function show(name: Name): string {
  return name.quoted ? `"${name.text}"` : name.text;
}

/** What a record brings along (dialect section 4), and how long its texts can be. */
export const METADATA_COLUMNS = [
  { name: 'SHARD_ID', type: { name: 'VARCHAR', length: 64 } },
  { name: 'PARTITION_KEY', type: { name: 'VARCHAR', length: 256 } },
  { name: 'SEQUENCE_NUMBER', type: { name: 'VARCHAR', length: 128 } },
] as const satisfies readonly { name: string; type: SqlType }[];

/** On a source stream; by definition the same value as ROWTIME, and therefore read as ROWTIME. */
export const ARRIVAL_COLUMN: ScopeColumn = {
  name: 'APPROXIMATE_ARRIVAL_TIME',
  type: TIMESTAMP,
  hidden: true,
  same: rowtime(0, 0, null),
};

/** Columns that table functions add (dialect section 7) and that ERROR_STREAM has (section 10). */
export const SCORE: ScopeColumn = { name: 'ANOMALY_SCORE', type: DOUBLE };
export const ERROR_STREAM_COLUMNS: readonly ScopeColumn[] = [
  { name: 'ERROR_TIME', type: TIMESTAMP },
  { name: 'ERROR_LEVEL', type: { name: 'VARCHAR', length: 10 } },
  { name: 'ERROR_NAME', type: { name: 'VARCHAR', length: 32 } },
  { name: 'MESSAGE', type: { name: 'VARCHAR', length: 4096 } },
  { name: 'DATA_ROWTIME', type: TIMESTAMP },
  { name: 'DATA_ROW', type: { name: 'VARCHAR', length: 49_152 } },
  { name: 'PUMP_NAME', type: { name: 'VARCHAR', length: 128 } },
];
