import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Column, Row, SqlType, Value } from '../../shared/sql/types.ts';

/** The folder with the dialect's programs and vectors; the tests skip where it is absent. */
export const KDA_DIR = resolve(process.env.KDA_DIR ?? '../shared/kda');

export interface TextFile {
  readonly name: string;
  readonly text: string;
}

export function filesOf(folder: string): TextFile[] {
  const path = resolve(KDA_DIR, folder);
  if (!existsSync(path)) {
    console.warn(
      `skipped: ${path} is absent (set KDA_DIR to the folder with programs, bad and vectors)`,
    );
    return [];
  }
  return readdirSync(path)
    .sort()
    .map((name) => ({ name, text: readFileSync(resolve(path, name), 'utf8') }));
}

export type Cells = Readonly<Record<string, unknown>>;

export interface Vector {
  readonly name: string;
  readonly ordered: boolean;
  readonly sql: string;
  readonly schema: Readonly<Record<string, string>>;
  readonly reference?: Readonly<Record<string, { readonly schema: string }>>;
  readonly input: Readonly<
    Record<string, readonly { readonly ROWTIME: string; readonly cols: Cells }[]>
  >;
  readonly observe?: readonly string[];
  readonly expected: Readonly<Record<string, readonly Cells[]>>;
  readonly expected_upsert?: Readonly<Record<string, readonly Cells[]>>;
}

/** The vector's program with its schema as the leading comments that `checkText` reads. */
export function programOf({ sql, schema, reference = {} }: Vector): string {
  const inputs = Object.entries(schema).map(
    ([name, columns]) => `-- input: "${name}" (${columns})`,
  );
  const tables = Object.entries(reference).map(
    ([name, t]) => `-- reference: "${name}" (${t.schema})`,
  );
  return [...inputs, ...tables, sql].join('\n');
}

/** Input rows in the slots of the columns that the plan reads. */
export function inputRows(vector: Vector, source: string, columns: readonly Column[]): Row[] {
  return (vector.input[source] ?? []).map(({ ROWTIME, cols }) => [
    parseTime(ROWTIME),
    ...columns.map(({ name, type }) => inputValue(type, cols[name])),
  ]);
}

/** A row as the vectors write it. */
export function cellsOf(row: Row, columns: readonly Column[]): Cells {
  return Object.fromEntries(
    columns.map(({ name, type }, i) => [name, outputValue(type, row[i + 1]!)]),
  );
}

/** Numbers compare as numbers (relative 1e-9); other values as they are. */
export function comparable(cells: Cells, names: readonly string[]): string {
  return JSON.stringify(
    names.map((name) => {
      const value = cells[name] ?? null;
      return typeof value === 'number' ? Number(value.toPrecision(9)) : value;
    }),
  );
}

function inputValue(type: SqlType, value: unknown): Value {
  if (value === undefined || value === null) return null;
  return type.name === 'TIMESTAMP' ? parseTime(String(value)) : (value as Value);
}

function outputValue(type: SqlType, value: Value): unknown {
  if (value !== null && type.name === 'TIMESTAMP') return formatTime(value as number);
  return typeof value === 'bigint' ? Number(value) : value;
}

function parseTime(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}

export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 23);
}
