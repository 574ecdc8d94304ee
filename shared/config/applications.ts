import type { Format, MappedColumn } from '../records/types.ts';
import { suggest } from '../sql/suggest.ts';
import type { Output } from './application.ts';
import { checkSchema, type Report, toColumn } from './columns.ts';
import type { Read } from './rules.ts';
import type { APPLICATION } from './schema.ts';

/** One application of streams.yml, checked, with its defaults filled in. */
export interface ApplicationConfig {
  readonly name: string;
  readonly stream: string;
  /** As written: relative to streams.yml. */
  readonly sql: string;
  readonly columns: readonly MappedColumn[];
  readonly batch: { readonly size: number; readonly windowMs: number };
  /** Null: never late. */
  readonly latenessMs: number | null;
  readonly skewMs: number;
  /** Lambda's tumbling window, whole seconds; null: none. */
  readonly stateWindowMs: number | null;
  readonly outputs: Readonly<Record<string, Output>>;
}

export type RawApplication = Read<typeof APPLICATION>;

/** What an application may name, and may not be named. */
export interface ApplicationSurroundings {
  readonly formats: ReadonlyMap<string, Format | undefined>;
  readonly fileExists: (path: string) => boolean;
  /** The table of the functions themselves. */
  readonly stateTable: string;
}

/** Reports what the rules of single keys do not say: names, files, and what does not go together. */
export function checkApplication(
  name: string,
  raw: RawApplication,
  { formats, fileExists, stateTable }: ApplicationSurroundings,
  report: Report,
): void {
  const path = ['applications', name];
  const { stream, sql, schema, lateness, outputs } = raw;
  if (stream !== undefined && !formats.has(stream)) {
    const near = suggest(stream, [...formats.keys()]);
    const hint = near ? `did you mean ${near}?` : 'declare it under streams';
    report('UNKNOWN_STREAM', `there is no stream "${stream}"`, [...path, 'stream'], hint);
  }
  if (sql !== undefined && !fileExists(sql)) {
    const hint = 'the path is relative to the folder of this file';
    report('UNKNOWN_FILE', `there is no file "${sql}"`, [...path, 'sql'], hint);
  }
  const format = stream === undefined ? undefined : formats.get(stream);
  checkSchema(schema ?? {}, format, [...path, 'schema'], report);
  for (const [output, { table, keep } = {}] of Object.entries(outputs ?? {})) {
    const outputPath = [...path, 'outputs', output];
    if (table === stateTable) {
      const message = `the table name "${stateTable}" is taken by the functions' own bookkeeping`;
      report('CONFLICT', message, [...outputPath, 'table'], 'choose another name');
    }
    if (lateness === 'unlimited' && keep !== undefined && keep !== 'forever') {
      const message = `lateness unlimited needs "keep: forever": a record that arrives after its row was removed would start the row anew`;
      report('CONFLICT', message, [...outputPath, 'keep'], 'bound the lateness, or keep the rows');
    }
  }
}

/** Of one that was checked. */
export function buildApplication(
  name: string,
  { stream, sql, schema, batch, lateness, skew, state, outputs }: RawApplication,
  format: Format,
): ApplicationConfig {
  const columns = Object.entries(schema!).map(
    ([column, written]) => toColumn(column, written, format)!,
  );
  const kept = Object.entries(outputs!).map(
    ([output, { table, keep, spread }]): [string, Output] => [
      output,
      { table: table!, keepMs: keep === 'forever' ? null : keep!, spread: spread! },
    ],
  );
  return {
    name,
    stream: stream!,
    sql: sql!,
    columns,
    batch: { size: batch!.size!, windowMs: batch!.window! },
    latenessMs: lateness === 'unlimited' ? null : lateness!,
    skewMs: skew!,
    stateWindowMs: state?.window ?? null,
    outputs: Object.fromEntries(kept),
  };
}
