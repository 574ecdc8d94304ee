import { createHash } from 'node:crypto';
import { withCsvColumns } from '../records/csv.ts';
import type { Format, MappedColumn } from '../records/types.ts';
import { suggest } from '../sql/suggest.ts';
import { MOST_COLUMNS, RESERVED_COLUMN } from './column-rules.ts';
import { checkSchema, type Report, toColumn } from './columns.ts';
import type { Path } from './read.ts';
import type { Read } from './rules.ts';
import type { UPSERT } from './upsert-rules.ts';

export type MergeRule = 'key' | 'replace' | 'add' | 'min' | 'max';

export interface UpsertColumn extends MappedColumn {
  readonly merge: MergeRule;
}

/** All that one upsert function needs to know, written into its bundle as upsert.json. */
export interface Upsert {
  readonly name: string;
  /** Null: it is invoked by somebody. */
  readonly stream: { readonly name: string; readonly producer: 'kpl' | 'other' } | null;
  readonly format: Format;
  readonly compression: 'none' | 'gzip';
  readonly columns: readonly UpsertColumn[];
  readonly key: { readonly partition: readonly string[]; readonly sort: readonly string[] };
  /** Null: no column is replaced. */
  readonly version: string | null;
  /** Of all that decides what an item holds: other rules write other items. */
  readonly generation: string;
  /** How long an item lasts past its last change; null: for ever. */
  readonly lastsMs: number | null;
}

/** One upsert of streams.yml, checked, with its defaults filled in. */
export interface UpsertConfig {
  readonly upsert: Upsert;
  /** Logical. */
  readonly table: string;
  readonly batch: { readonly size: number; readonly windowMs: number };
}

export type RawUpsert = Read<typeof UPSERT>;

/** What an upsert may name, and may not be named. */
export interface UpsertSurroundings {
  readonly formats: ReadonlyMap<string, Format | undefined>;
  readonly applications: readonly string[];
  /** The table of the functions themselves. */
  readonly stateTable: string;
}

/** Reports what the rules of single keys do not say: names, and what does not go together. */
export function checkUpsert(
  name: string,
  raw: RawUpsert,
  format: Format | undefined,
  { formats, applications, stateTable }: UpsertSurroundings,
  report: Report,
): void {
  const path = ['upserts', name];
  const { stream, columns = {}, table } = raw;
  if (stream !== undefined && !formats.has(stream)) {
    const near = suggest(stream, [...formats.keys()]);
    const hint = near ? `did you mean ${near}?` : 'declare it under streams';
    report('UNKNOWN_STREAM', `there is no stream "${stream}"`, [...path, 'stream'], hint);
  }
  if (applications.includes(name)) {
    const message = `an application is called ${name} too, and their faults lie side by side`;
    report('CONFLICT', message, path, 'choose another name', 'key');
  }
  if (table === stateTable) {
    const message = `the table name "${stateTable}" is taken by the functions' own bookkeeping`;
    report('CONFLICT', message, [...path, 'table'], 'choose another name');
  }
  checkSchema(columns, format, [...path, 'columns'], report);
  checkColumns(raw, path, report);
  checkKey(raw, path, report);
}

const NUMBERS = /^\s*(?:TINYINT|SMALLINT|INT|BIGINT|DEC|NUMERIC|REAL|DOUBLE|FLOAT)/i;

function checkColumns({ columns = {}, version }: RawUpsert, path: Path, report: Report): void {
  const names = Object.keys(columns);
  if (names.length > MOST_COLUMNS) {
    const message = `${names.length} columns; a table takes ${MOST_COLUMNS}`;
    report('TOO_MANY_COLUMNS', message, [...path, 'columns'], undefined, 'key');
  }
  for (const [name, { type, merge } = {}] of Object.entries(columns)) {
    const at = [...path, 'columns', name];
    if (RESERVED_COLUMN.test(name)) {
      const message = `a column "${name}" would be an attribute that the table keeps for itself`;
      const hint = 'pk, sk, expires, rows and a leading _ are taken';
      report('RESERVED_COLUMN', message, at, hint, 'key');
    }
    if (merge === 'add' && type !== undefined && !NUMBERS.test(type)) {
      report('CONFLICT', `${type} cannot be added up`, [...at, 'merge']);
    }
    if (name === version && merge !== undefined && merge !== 'replace') {
      const message = 'the version goes with the row that replaces: it has no merge of its own';
      report('CONFLICT', message, [...at, 'merge'], 'remove it', 'key');
    }
  }
  if (version !== undefined && !names.includes(version)) {
    unknownColumn(version, names, [...path, 'version'], report);
  }
}

function checkKey({ columns = {}, key, version }: RawUpsert, path: Path, report: Report): void {
  const names = Object.keys(columns);
  const keys = (['partition', 'sort'] as const).flatMap((part) =>
    (key?.[part] ?? []).map((column, i) => ({ column, at: [...path, 'key', part, i] })),
  );
  for (const [i, { column, at }] of keys.entries()) {
    if (!names.includes(column)) unknownColumn(column, names, at, report);
    else if (columns[column]?.merge !== undefined) {
      const message = `${column} is part of the key: rows that differ in it are not merged`;
      report('CONFLICT', message, [...path, 'columns', column, 'merge'], 'remove it', 'key');
    }
    if (column === version) {
      report('CONFLICT', 'the version cannot be part of the key', at);
    }
    if (keys.findIndex((one) => one.column === column) < i) {
      report('CONFLICT', `${column} stands twice in the key`, at);
    }
  }
  const replaced = names.find(
    (name) =>
      (columns[name]?.merge ?? 'replace') === 'replace' && !keys.some((k) => k.column === name),
  );
  if (version === undefined && replaced !== undefined && key !== undefined) {
    const message = `${replaced} is replaced by newer values, and no version says which one is newer`;
    const hint = 'name the column with version, or give a merge: add, min or max';
    report('MISSING_KEY', message, [...path, 'columns', replaced], hint, 'key');
  }
}

function unknownColumn(column: string, known: readonly string[], at: Path, report: Report): void {
  const near = suggest(column, known);
  const hint = near ? `did you mean ${near}?` : `there are ${known.join(', ')}`;
  report('UNKNOWN_COLUMN', `there is no column "${column}"`, at, hint);
}

const DAY = 86_400_000;

/** An upsert in which nothing is wrong. `stream`: null if somebody invokes it. */
export function buildUpsert(
  name: string,
  raw: RawUpsert,
  format: Format,
  stream: {
    readonly name: string;
    readonly producer: 'kpl' | 'other';
    readonly compression: 'none' | 'gzip';
    readonly retentionMs: number;
  } | null,
): UpsertConfig {
  const { key, version = null, keep } = raw;
  const { partition, sort = [] } = key!;
  const keys = [...partition!, ...sort];
  const columns = Object.entries(raw.columns!).map(([column, written]): UpsertColumn => {
    const merge = keys.includes(column) ? 'key' : (written.merge ?? 'replace');
    const mapped = toColumn(column, written, format)!;
    return { ...mapped, merge, ...((merge === 'key' || column === version) && { notNull: true }) };
  });
  const rules = [
    stream?.name ?? null,
    keys,
    version,
    columns.map((c) => [c.name, c.type, c.merge]),
  ];
  // No record may come again once its item is gone (design section 4.8); a caller's retries take a day.
  const comesAgainMs = (stream?.retentionMs ?? DAY) + 3 * DAY;
  return {
    upsert: {
      name,
      stream: stream && { name: stream.name, producer: stream.producer },
      format: withCsvColumns(format, Object.keys(raw.columns!)),
      compression: stream?.compression ?? 'none',
      columns,
      key: { partition: partition!, sort },
      version,
      generation: createHash('sha256').update(JSON.stringify(rules)).digest('hex').slice(0, 8),
      lastsMs: keep === 'forever' ? null : Math.max(keep!, comesAgainMs),
    },
    table: raw.table!,
    batch: { size: raw.batch!.size!, windowMs: raw.batch!.window! },
  };
}
