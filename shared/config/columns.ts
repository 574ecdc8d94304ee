import { withCsvColumns } from '../records/csv.ts';
import { createDecoder, formatName, isByField } from '../records/format.ts';
import { parsePath } from '../records/json/paths.ts';
import { type Format, type MappedColumn, UnknownPlace } from '../records/types.ts';
import { suggest } from '../sql/suggest.ts';
import type { SqlType } from '../sql/types.ts';
import type { Path } from './read.ts';
import { parseSqlType } from './sql-type.ts';

/** As it is written in streams.yml. */
export interface WrittenColumn {
  readonly type?: string;
  readonly path?: string;
  readonly unit?: 'iso' | 's' | 'ms' | 'us';
}

export type Report = (
  code: string,
  message: string,
  path: Path,
  hint?: string,
  part?: 'key',
) => void;

/** Reports options of a format that contradict each other; undefined if there are any. */
export function checkFormat(format: Format, path: Path, report: Report): Format | undefined {
  const wrong = complaint(() => createDecoder(withCsvColumns(format, ['']), []));
  if (wrong) report('CONFLICT', wrong.message, path);
  return wrong ? undefined : format;
}

/**
 * Reports the columns that cannot be read from records of a format (undefined: not known, because
 * of another error). The decoder of the format has the last word.
 */
export function checkSchema(
  schema: Readonly<Record<string, WrittenColumn>>,
  written: Format | undefined,
  path: Path,
  report: Report,
) {
  const columns: MappedColumn[] = [];
  const format = written && withCsvColumns(written, Object.keys(schema));
  for (const [name, column] of Object.entries(schema)) {
    const mapped = column && checkColumn(name, column, format, [...path, name], report);
    if (mapped) columns.push(mapped);
  }
  if (format === undefined || columns.length < Object.keys(schema).length) return;
  const wrong = complaint(() => createDecoder(format, columns));
  if (wrong) report('CONFLICT', wrong.message, path, undefined, 'key');
}

/** Null if something is wrong with it, which is then reported. */
function checkColumn(
  name: string,
  written: WrittenColumn,
  format: Format | undefined,
  path: Path,
  report: Report,
): MappedColumn | null {
  const { type, path: from, unit } = written;
  const sqlType = type === undefined ? undefined : typeOf(type);
  const timed = unit === undefined || sqlType === undefined || sqlType.name === 'TIMESTAMP';
  if (!timed) {
    report('CONFLICT', `a unit needs the type TIMESTAMP, not ${type}`, [...path, 'unit']);
  } else if (unit !== undefined && format !== undefined && OWN_FORM.has(formatName(format))) {
    const message = `the time of format ${formatName(format)} has a form of its own, no unit`;
    report('CONFLICT', message, [...path, 'unit']);
  }
  if (format === undefined) return null;
  const column = toColumn(name, written, format);
  const place = from === undefined ? path : [...path, 'path'];
  const part = from === undefined ? 'key' : undefined;
  const lost = isByField(format) ? null : complaint(() => parsePath(column?.path ?? from ?? '$'));
  if (lost) report('WRONG_VALUE', lost.message, place, 'such as $.user.name or $.items[0].id');
  // Whether there is such a place does not depend on the type.
  const text = {
    name,
    type: { name: 'VARCHAR' },
    path: from ?? defaultPath(name, format),
  } as const;
  const unknown = lost ? null : complaint(() => createDecoder(format, [column ?? text]));
  if (unknown instanceof UnknownPlace) {
    const { wanted, known } = unknown;
    const near = suggest(wanted, known);
    const hint = near ? `did you mean ${near}?` : `it can be ${known.join(', ')}`;
    report(
      'UNKNOWN_FIELD',
      `format ${formatName(format)} has no field "${wanted}"`,
      place,
      hint,
      part,
    );
  } else if (unknown && timed && column) report('WRONG_VALUE', unknown.message, [...path, 'type']);
  return lost || unknown || !timed ? null : column;
}

/** Formats whose times are not numbers or ISO 8601. */
const OWN_FORM: ReadonlySet<string> = new Set(['apache', 'syslog']);

/** The Error that `attempt` throws, or null. */
function complaint(attempt: () => unknown): Error | null {
  try {
    attempt();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The column with its defaults; null without a type that can be read. */
export function toColumn(
  name: string,
  { type, path, unit }: WrittenColumn,
  format: Format,
): MappedColumn | null {
  const sqlType = type === undefined ? undefined : typeOf(type);
  if (sqlType === undefined) return null;
  const from = path ?? defaultPath(name, format);
  return { name, type: sqlType, path: from, ...(unit ? { unit } : {}) };
}

function typeOf(text: string): SqlType | undefined {
  const type = parseSqlType(text);
  return 'wrong' in type ? undefined : type;
}

/** Where a column stands unless a path says otherwise: under its own name. */
export function defaultPath(name: string, format: Format): string {
  return isByField(format) ? name : pathOf(name);
}

/** The path to a key of the record's top level. */
function pathOf(key: string): string {
  return /^[\w$-]+$/.test(key) ? `$.${key}` : `$['${key.replace(/['\\]/g, '\\$&')}']`;
}
