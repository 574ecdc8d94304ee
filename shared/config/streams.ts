import { APACHE_FIELDS } from '../records/apache.ts';
import { createDecoder } from '../records/format.ts';
import { parsePath } from '../records/json/paths.ts';
import type { FormatName, MappedColumn } from '../records/types.ts';
import type { Diagnostic } from '../sql/diagnostics.ts';
import { suggest } from '../sql/suggest.ts';
import type { SqlType } from '../sql/types.ts';
import type { Output } from './application.ts';
import { type Path, type Place, readYaml } from './read.ts';
import type { Read } from './rules.ts';
import { STREAMS_FILE } from './schema.ts';
import { parseSqlType } from './sql-type.ts';

/** streams.yml, checked, with its defaults filled in and every duration in milliseconds. */
export interface StreamsConfig {
  readonly streams: Readonly<Record<string, StreamConfig>>;
  readonly applications: Readonly<Record<string, ApplicationConfig>>;
}

export interface StreamConfig {
  readonly name: string;
  /** Null when the stream exists and `arn` names it. */
  readonly shards: number | null;
  readonly arn: string | null;
  readonly retentionMs: number;
  readonly format: FormatName;
  readonly producer: 'kpl' | 'other';
}

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
  readonly outputs: Readonly<Record<string, Output>>;
}

export interface StreamsReading {
  /** Null as soon as there is one diagnostic. */
  readonly config: StreamsConfig | null;
  readonly diagnostics: Diagnostic[];
  at(path: Path, part?: 'key' | 'value'): Place;
}

type File = Read<typeof STREAMS_FILE>;
type RawApplication = NonNullable<File['applications']>[string];
type Report = (code: string, message: string, path: Path, hint?: string, part?: 'key') => void;

/** The functions keep their own bookkeeping in a table of this logical name. */
export const STATE_TABLE = 'state';

/**
 * Reads streams.yml strictly. All that is wrong comes back at once, each with its line and column.
 * `fileExists` is asked for every `sql` path, as written.
 */
export function parseStreams(
  text: string,
  fileExists: (path: string) => boolean = () => true,
): StreamsReading {
  const { value, diagnostics, at } = readYaml<File>(text, STREAMS_FILE);
  const report: Report = (code, message, path, hint, part) =>
    diagnostics.push({ code, message, ...at(path, part), ...(hint ? { hint } : {}) });

  for (const [name, application] of Object.entries(value?.applications ?? {})) {
    if (application) checkApplication(application, name, value!, fileExists, report);
  }
  diagnostics.sort((a, b) => a.line - b.line || a.column - b.column);
  const config = value && diagnostics.length === 0 ? build(value) : null;
  return { config, diagnostics, at };
}

function checkApplication(
  application: RawApplication,
  name: string,
  file: File,
  fileExists: (path: string) => boolean,
  report: Report,
) {
  const path = ['applications', name];
  const { stream, sql, schema, lateness, outputs } = application;
  const streams = file.streams ?? {};
  if (stream !== undefined && !Object.hasOwn(streams, stream)) {
    const near = suggest(stream, Object.keys(streams));
    const hint = near ? `did you mean ${near}?` : 'declare it under streams';
    report('UNKNOWN_STREAM', `there is no stream "${stream}"`, [...path, 'stream'], hint);
  }
  if (sql !== undefined && !fileExists(sql)) {
    const hint = 'the path is relative to the folder of this file';
    report('UNKNOWN_FILE', `there is no file "${sql}"`, [...path, 'sql'], hint);
  }
  const format =
    stream !== undefined && Object.hasOwn(streams, stream) ? streams[stream]?.format : undefined;
  checkSchema(schema ?? {}, format, [...path, 'schema'], report);
  for (const [output, { table, keep } = {}] of Object.entries(outputs ?? {})) {
    const outputPath = [...path, 'outputs', output];
    if (table === STATE_TABLE) {
      const message = `the table name "${STATE_TABLE}" is taken by the functions' own bookkeeping`;
      report('CONFLICT', message, [...outputPath, 'table'], 'choose another name');
    }
    if (lateness === 'unlimited' && keep !== undefined && keep !== 'forever') {
      const message = `lateness unlimited needs "keep: forever": a record that arrives after its row was removed would start the row anew`;
      report('CONFLICT', message, [...outputPath, 'keep'], 'bound the lateness, or keep the rows');
    }
  }
}

type RawSchema = NonNullable<RawApplication['schema']>;

/** Besides what is checked here, the decoder of the format has the last word. */
function checkSchema(
  schema: RawSchema,
  format: FormatName | undefined,
  path: Path,
  report: Report,
) {
  const columns: MappedColumn[] = [];
  for (const [name, column] of Object.entries(schema)) {
    const mapped = column && checkColumn(name, column, format, [...path, name], report);
    if (mapped) columns.push(mapped);
  }
  if (format === undefined || columns.length < Object.keys(schema).length) return;
  const wrong = complaint(() => createDecoder(format, columns));
  if (wrong) report('CONFLICT', wrong, path, undefined, 'key');
}

/** Null if something is wrong with it, which is then reported. */
function checkColumn(
  name: string,
  { type, path: from, unit }: RawSchema[string],
  format: FormatName | undefined,
  path: Path,
  report: Report,
): MappedColumn | null {
  const sqlType = type === undefined ? undefined : typeOf(type);
  const timed = unit === undefined || sqlType === undefined || sqlType.name === 'TIMESTAMP';
  if (!timed) {
    report('CONFLICT', `a unit needs the type TIMESTAMP, not ${type}`, [...path, 'unit']);
  } else if (unit !== undefined && format === 'apache') {
    report('CONFLICT', 'the time of an apache line has one form, no unit', [...path, 'unit']);
  }
  const found = format !== undefined && checkSource(name, from, format, path, report);
  if (!timed || !found || sqlType === undefined) return null;
  const column = toColumn(name, { type: sqlType, path: from, unit }, format);
  const wrong = complaint(() => createDecoder(format, [column]));
  if (wrong) report('WRONG_VALUE', wrong, [...path, 'type']);
  return wrong ? null : column;
}

/** Whether there can be a value where the column says that it comes from. */
function checkSource(
  name: string,
  from: string | undefined,
  format: FormatName,
  path: Path,
  report: Report,
): boolean {
  const place = from === undefined ? path : [...path, 'path'];
  if (format === 'apache') {
    const field = from ?? name;
    if ((APACHE_FIELDS as readonly string[]).includes(field)) return true;
    const near = suggest(field, APACHE_FIELDS);
    const hint = near ? `did you mean ${near}?` : `the fields are ${APACHE_FIELDS.join(', ')}`;
    const message = `a line of format apache has no field "${field}"`;
    report('UNKNOWN_FIELD', message, place, hint, from === undefined ? 'key' : undefined);
    return false;
  }
  const wrong = from === undefined ? null : complaint(() => parsePath(from));
  if (wrong) report('WRONG_VALUE', wrong, place, 'such as $.user.name or $.items[0].id');
  return !wrong;
}

/** The message of the Error that `attempt` throws, or null. */
function complaint(attempt: () => unknown): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function build(file: File): StreamsConfig {
  const streams = Object.entries(file.streams!).map(([name, stream]): [string, StreamConfig] => [
    name,
    {
      name,
      shards: stream.shards ?? null,
      arn: stream.arn ?? null,
      retentionMs: stream.retention!,
      format: stream.format!,
      producer: stream.producer!,
    },
  ]);
  const byName = Object.fromEntries(streams);
  const applications = Object.entries(file.applications!).map(([name, application]) => [
    name,
    buildApplication(name, application, byName[application.stream!]!.format),
  ]);
  return { streams: byName, applications: Object.fromEntries(applications) };
}

function buildApplication(
  name: string,
  { stream, sql, schema, batch, lateness, skew, outputs }: RawApplication,
  format: FormatName,
): ApplicationConfig {
  const columns = Object.entries(schema!).map(([column, { type, path, unit }]) =>
    toColumn(column, { type: typeOf(type!)!, path, unit }, format),
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
    outputs: Object.fromEntries(kept),
  };
}

function toColumn(
  name: string,
  { type, path, unit }: { type: SqlType; path: string | undefined; unit: MappedColumn['unit'] },
  format: FormatName,
): MappedColumn {
  const from = path ?? (format === 'apache' ? name : pathOf(name));
  return { name, type, path: from, ...(unit ? { unit } : {}) };
}

function typeOf(text: string): SqlType | undefined {
  const type = parseSqlType(text);
  return 'wrong' in type ? undefined : type;
}

/** The path to a key of the record's top level. */
function pathOf(key: string): string {
  return /^[\w$-]+$/.test(key) ? `$.${key}` : `$['${key.replace(/['\\]/g, '\\$&')}']`;
}
