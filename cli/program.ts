import { sourceNames } from '../infra/programs.ts';
import type { FileDiagnostics } from '../infra/report.ts';
import type { ApplicationConfig } from '../shared/config/applications.ts';
import { defaultPath } from '../shared/config/columns.ts';
import type { StreamConfig } from '../shared/config/streams.ts';
import type { Format, MappedColumn } from '../shared/records/types.ts';
import { type Checked, checkProgram, checkText } from '../shared/sql/check/check.ts';
import type { Diagnostic } from '../shared/sql/diagnostics.ts';
import type { Plan } from '../shared/sql/plan.ts';
import { renderDiagnostic } from '../shared/sql/render.ts';
import type { Column } from '../shared/sql/types.ts';
import { applicationsOf, type Config, configOf } from './config.ts';
import { CommandError } from './errors.ts';
import { readText } from './files.ts';
import { type Io, note } from './io.ts';
import { checkAlone, checkWith, hasComments, parseSchema } from './schema.ts';

/** Options of every command that takes a program. */
export const PROGRAM_OPTIONS = {
  config: { type: 'string' },
  schema: { type: 'string' },
  application: { type: 'string' },
} as const;

export interface ProgramOptions {
  readonly config?: string | undefined;
  readonly schema?: string | undefined;
  readonly application?: string | undefined;
}

/** A program with what is known about its input. */
export interface Program {
  readonly file: string;
  readonly text: string;
  readonly checked: Checked;
  /** Where the columns came from, for people. */
  readonly origin: string;
  /** Findings in the other files that were read for it. */
  readonly others: readonly FileDiagnostics[];
  readonly config: Config | null;
  readonly application: ApplicationConfig | null;
  /** Where each column stands in a record; null: under its own name. */
  readonly mapped: readonly MappedColumn[] | null;
}

/**
 * Reads and checks a program. Its columns come from --schema, else from the application of
 * streams.yml that names it, else from its comments, else from what is known of `stream`.
 */
export function readProgram(
  file: string,
  options: ProgramOptions,
  stream: (config: Config | null) => StreamConfig | null = () => null,
): Program {
  const text = readText(file);
  const config = configOf(file, options.config);
  const application = chooseApplication(file, config, options);
  const common = { file, text, config, application, others: [], mapped: null };
  if (options.schema !== undefined) return bySchemaFile(common, options.schema);
  if (config?.isNamed && config.reading.config === null) {
    return { ...common, origin: config.file, checked: NOT_CHECKED, others: [findingsOf(config)] };
  }
  if (application !== null) {
    const { stream: name, columns } = application;
    const checked = checkWith(text, columns, sourceNames(name));
    return { ...common, checked, origin: `${config!.file}`, mapped: columns };
  }
  if (hasComments(text)) return { ...common, checked: checkText(text), origin: 'its comments' };
  const checked = checkAlone(text);
  const lacks = checked.errors.some(({ code }) => code === 'UNKNOWN_STREAM');
  if (lacks && config?.reading.config === null) {
    return { ...common, checked: NOT_CHECKED, origin: config.file, others: [findingsOf(config)] };
  }
  const known = lacks ? stream(config) : null;
  if (known === null) return { ...common, checked, origin: 'nowhere' };
  const columns = columnsOn(config!, known);
  return {
    ...common,
    checked: checkWith(text, columns, sourceNames(known.name)),
    origin: `the applications of ${known.name} in ${config!.file}`,
    mapped: columns,
  };
}

const NOT_CHECKED: Checked = { errors: [], refused: [], plan: null };

/** The plan, or null when there was something to report, which is then on standard error. */
export function planOrReport(program: Program, io: Io): Plan | null {
  const { file, text, checked, others } = program;
  const found = findingsIn(checked);
  if (checked.plan !== null && others.length === 0) return checked.plan;
  const files = [...others, { file, text, diagnostics: found }];
  note(io, `${renderFindings(files, io.err.color)}\n`);
  note(io, summary(files.flatMap(({ diagnostics }) => diagnostics)));
  return null;
}

/** Errors and refusals in the order of the text; of two at one place, the error says it. */
export function findingsIn({ errors, refused }: Checked): Diagnostic[] {
  const isSaid = (one: Diagnostic): boolean =>
    errors.some(({ line, column }) => line === one.line && column === one.column);
  return [...errors, ...refused.filter((one) => !isSaid(one))].sort(
    (a, b) => a.line - b.line || a.column - b.column,
  );
}

/** All findings of some files, each with its source line. */
export function renderFindings(files: readonly FileDiagnostics[], color: boolean): string {
  return files
    .flatMap(({ file, text, diagnostics }) =>
      diagnostics.map((found) => renderDiagnostic(found, text, file, { color })),
    )
    .join('\n\n');
}

export const NOT_BUILT = 'NOT_BUILT';

/** '2 errors, 1 construct that is not built yet'. */
export function summary(found: readonly Diagnostic[]): string {
  const refused = found.filter(({ code }) => code === NOT_BUILT).length;
  const errors = found.length - refused;
  const parts = [
    errors > 0 ? plural(errors, 'error') : '',
    refused > 0 ? `${plural(refused, 'construct')} not built yet` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

export function plural(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

export function findingsOf({ file, text, reading }: Config): FileDiagnostics {
  return { file, text, diagnostics: reading.diagnostics };
}

function chooseApplication(
  file: string,
  config: Config | null,
  { application: wanted }: ProgramOptions,
): ApplicationConfig | null {
  const found = config === null ? [] : applicationsOf(config, file);
  const names = found.map(({ name }) => name).join(', ');
  if (wanted !== undefined) {
    const chosen = found.find(({ name }) => name === wanted);
    if (chosen !== undefined) return chosen;
    const where = config?.file ?? 'a streams.yml';
    const hint = names === '' ? `no application of ${where} names ${file}` : `it can be ${names}`;
    throw new CommandError(`there is no application "${wanted}" that runs ${file}`, hint);
  }
  if (found.length > 1) {
    const message = `${file} is run by several applications of ${config!.file}: ${names}`;
    throw new CommandError(message, 'say which one is meant with --application NAME');
  }
  return found[0] ?? null;
}

function bySchemaFile(common: Omit<Program, 'origin' | 'checked'>, file: string): Program {
  const text = readText(file);
  const { tables, references, errors } = parseSchema(text);
  const origin = file;
  if (errors.length > 0) {
    const others = [{ file, text, diagnostics: errors }];
    return { ...common, origin, others, checked: NOT_CHECKED };
  }
  const [only] = tables;
  if (tables.length === 1 && references.length === 0 && only!.name === null) {
    return { ...common, origin, checked: checkWith(common.text, only!.columns) };
  }
  const sources = tables.flatMap(({ name, columns }) => (name === null ? [] : [{ name, columns }]));
  return { ...common, origin, checked: checkProgram(common.text, { sources, references }) };
}

/** All columns that the applications of a stream declare; of two of one name, the first. */
function columnsOn({ reading }: Config, stream: StreamConfig): MappedColumn[] {
  const columns = new Map<string, MappedColumn>();
  for (const application of Object.values(reading.config?.applications ?? {})) {
    if (application.stream !== stream.name) continue;
    for (const column of application.columns) {
      if (!columns.has(column.name)) columns.set(column.name, column);
    }
  }
  return [...columns.values()];
}

/** Columns by their names alone, for sources that only a comment or a --schema file describes. */
export function asMapped(columns: readonly Column[], format: Format): MappedColumn[] {
  return columns.map((column) => ({ ...column, path: defaultPath(column.name, format) }));
}
