import { dateText, timestampText, timeText } from '../shared/sql/run/iso-time.ts';
import type { Column, Row, SqlType, Value } from '../shared/sql/types.ts';

/** A value as a person reads it; null for NULL. */
export function valueText(value: Value, type: SqlType): string | null {
  if (value === null) return null;
  if (type.name === 'TIMESTAMP') return timestampText(value as number);
  if (type.name === 'DATE') return dateText(value as number);
  if (type.name === 'TIME') return timeText(value as number);
  return String(value);
}

export function isNumeric({ name }: SqlType): boolean {
  return NUMERIC.has(name);
}

const NUMERIC: ReadonlySet<SqlType['name']> = new Set([
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'DECIMAL',
  'REAL',
  'DOUBLE',
  'INTERVAL',
]);

/** A row as one JSON object with the stored column names; whole numbers in full, times as text. */
export function rowJson(columns: readonly Column[], row: Row): string {
  const fields = columns.map(
    ({ name, type }, i) => `${JSON.stringify(name)}:${valueJson(row[i + 1] ?? null, type)}`,
  );
  return `{${fields.join(',')}}`;
}

/** JSON.stringify refuses a bigint, and a number beyond 2^53 has to keep its digits. */
function valueJson(value: Value, type: SqlType): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && isNumeric(type)) return JSON.stringify(value);
  return typeof value === 'boolean' ? String(value) : JSON.stringify(valueText(value, type));
}
