import { APACHE_FIELDS } from '../records/apache.ts';
import { createDecoder } from '../records/format.ts';
import { parsePath } from '../records/json/paths.ts';
import type { FormatName, MappedColumn } from '../records/types.ts';
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

/**
 * Reports the columns that cannot be read from records of a format (undefined: not known, because
 * of another error). The decoder of the format has the last word.
 */
export function checkSchema(
  schema: Readonly<Record<string, WrittenColumn>>,
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
  written: WrittenColumn,
  format: FormatName | undefined,
  path: Path,
  report: Report,
): MappedColumn | null {
  const { type, path: from, unit } = written;
  const sqlType = type === undefined ? undefined : typeOf(type);
  const timed = unit === undefined || sqlType === undefined || sqlType.name === 'TIMESTAMP';
  if (!timed) {
    report('CONFLICT', `a unit needs the type TIMESTAMP, not ${type}`, [...path, 'unit']);
  } else if (unit !== undefined && format === 'apache') {
    report('CONFLICT', 'the time of an apache line has one form, no unit', [...path, 'unit']);
  }
  if (format === undefined) return null;
  const found = checkSource(name, from, format, path, report);
  const column = toColumn(name, written, format);
  if (!timed || !found || column === null) return null;
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

/** The column with its defaults; null without a type that can be read. */
export function toColumn(
  name: string,
  { type, path, unit }: WrittenColumn,
  format: FormatName,
): MappedColumn | null {
  const sqlType = type === undefined ? undefined : typeOf(type);
  if (sqlType === undefined) return null;
  const from = path ?? (format === 'apache' ? name : pathOf(name));
  return { name, type: sqlType, path: from, ...(unit ? { unit } : {}) };
}

function typeOf(text: string): SqlType | undefined {
  const type = parseSqlType(text);
  return 'wrong' in type ? undefined : type;
}

/** The path to a key of the record's top level. */
function pathOf(key: string): string {
  return /^[\w$-]+$/.test(key) ? `$.${key}` : `$['${key.replace(/['\\]/g, '\\$&')}']`;
}
