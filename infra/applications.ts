import { readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Application } from '../shared/config/application.ts';
import type { ApplicationConfig } from '../shared/config/applications.ts';
import { MOST_COLUMNS, RESERVED_COLUMN } from '../shared/config/column-rules.ts';
import { parseStreams, type StreamsConfig, type StreamsReading } from '../shared/config/streams.ts';
import type { Transformer } from '../shared/config/transformer.ts';
import { withCsvColumns } from '../shared/records/csv.ts';
import type { Diagnostic } from '../shared/sql/diagnostics.ts';
import type { Plan } from '../shared/sql/plan.ts';
import { suggest } from '../shared/sql/suggest.ts';
import { checkSource } from './programs.ts';
import type { FileDiagnostics } from './report.ts';
import { loadTransformers } from './transformers.ts';

export interface Loaded {
  /** Empty as soon as there is an error. */
  readonly applications: readonly Application[];
  /** Of the deliveries that do not bring their own. */
  readonly transformers: readonly Transformer[];
  readonly config: StreamsConfig | null;
  readonly errors: readonly FileDiagnostics[];
}

/**
 * Reads streams.yml and, if it is right, every program that it names; checks and plans them.
 * All errors of streams.yml come back at once, and then those of all programs.
 */
export function loadApplications(configPath: string): Loaded {
  if (!isFile(configPath)) {
    const missing = { code: 'UNKNOWN_FILE', message: 'there is no such file', line: 1, column: 1 };
    const file = relative(process.cwd(), configPath);
    const errors = [{ file, text: '', diagnostics: [missing] }];
    return { applications: [], transformers: [], config: null, errors };
  }
  const text = readFileSync(configPath, 'utf8');
  const folder = dirname(resolve(configPath));
  const reading = parseStreams(text, (path) => isFile(resolve(folder, path)));
  const { config } = reading;
  const errors = new Map<string, FileDiagnostics>();
  const report = (path: string, source: string, found: readonly Diagnostic[]) => {
    if (found.length === 0) return;
    const before = errors.get(path)?.diagnostics ?? [];
    // Two applications may share a program, and with it an error.
    const more = found.filter((one) => !before.some((other) => isDeepStrictEqual(one, other)));
    errors.set(path, {
      file: relative(process.cwd(), path),
      text: source,
      diagnostics: [...before, ...more],
    });
  };
  report(resolve(configPath), text, reading.diagnostics);

  const applications = Object.values(config?.applications ?? {}).flatMap((application) => {
    const path = resolve(folder, application.sql);
    const program = readFileSync(path, 'utf8');
    const { errors: wrong, refused, plan } = checkSource(program, application);
    // Where something is wrong, what is not built says nothing more.
    const behind = refused.filter((one) => !wrong.some((error) => isSamePlace(one, error)));
    report(path, program, [...wrong, ...behind]);
    if (!plan) return [];
    report(resolve(configPath), text, [
      ...unknownOutputs(application, plan, reading),
      ...unstorableOutputs(application, plan, reading),
    ]);
    return [toApplication(application, config!, plan)];
  });
  const file = { path: resolve(configPath), text, folder };
  const delivered = config && loadTransformers(config, reading, file);
  const found = [...errors.values(), ...(delivered?.errors ?? [])];
  if (found.length > 0) return { applications: [], transformers: [], config, errors: found };
  return { applications, transformers: delivered?.transformers ?? [], config, errors: [] };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isSamePlace(a: Diagnostic, b: Diagnostic): boolean {
  return a.line === b.line && a.column === b.column;
}

function unknownOutputs(
  { name, outputs }: ApplicationConfig,
  plan: Plan,
  { at }: StreamsReading,
): Diagnostic[] {
  const declared = Object.values(plan.streams).flatMap((stream) =>
    stream.declared ? [stream.name] : [],
  );
  return Object.keys(outputs)
    .filter((output) => !declared.includes(output))
    .map((output) => {
      const near = suggest(output, declared);
      return {
        code: 'UNKNOWN_STREAM',
        message: `the program declares no stream "${output}"`,
        ...at(['applications', name, 'outputs', output], 'key'),
        hint: near ? `did you mean ${near}?` : `it declares ${declared.join(', ') || 'none'}`,
      };
    });
}

function unstorableOutputs(
  { name, outputs }: ApplicationConfig,
  { streams }: Plan,
  { at }: StreamsReading,
): Diagnostic[] {
  return Object.keys(outputs).flatMap((output): Diagnostic[] => {
    const columns = Object.values(streams).find((stream) => stream.name === output)?.columns ?? [];
    const place = at(['applications', name, 'outputs', output], 'key');
    const reserved = columns.filter((column) => RESERVED_COLUMN.test(column.name));
    const found: Diagnostic[] = reserved.map((column) => ({
      code: 'RESERVED_COLUMN',
      message: `${output} has a column "${column.name}", an attribute that its table keeps for itself`,
      ...place,
      hint: 'give the column another name: pk, sk, expires, rows and a leading _ are taken',
    }));
    if (columns.length > MOST_COLUMNS) {
      const message = `${output} has ${columns.length} columns; a table takes ${MOST_COLUMNS}`;
      found.push({ code: 'TOO_MANY_COLUMNS', message, ...place });
    }
    return found;
  });
}

function toApplication(
  { name, stream, columns, latenessMs, skewMs, outputs }: ApplicationConfig,
  { streams }: StreamsConfig,
  plan: Plan,
): Application {
  const { format, compression, producer, retentionMs } = streams[stream]!;
  const names = columns.map((column) => column.name);
  return {
    name,
    stream: {
      name: stream,
      format: withCsvColumns(format, names),
      compression,
      producer,
      retentionMs,
    },
    columns,
    plan,
    latenessMs,
    skewMs,
    outputs,
  };
}
