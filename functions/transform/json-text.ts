import type { Transformer } from '../../shared/config/transformer.ts';
import { dateText, padded, timeText } from '../../shared/sql/run/iso-time.ts';
import type { Column, SqlType, Value } from '../../shared/sql/types.ts';

export type Timestamps = Transformer['timestamps'];
export type Plain = number | bigint | string | boolean | null;

/** A value as JSON can say it: times become text. */
export function plainValue(type: SqlType, timestamps: Timestamps): (value: Value) => Plain {
  const text = TIMES[type.name]?.[timestamps];
  return text === undefined ? (value) => value : (value) => value && text(value as number);
}

const TIMES: Partial<Record<SqlType['name'], Record<Timestamps, (time: number) => string>>> = {
  TIMESTAMP: { iso: isoText, sql: (time) => isoText(time).slice(0, -1).replace('T', ' ') },
  DATE: { iso: dateText, sql: dateText },
  TIME: { iso: timeText, sql: timeText },
};

/** Text that JSON writes as it is, which most is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Whole digits of every type, and what JSON.stringify makes of the rest, in less time. */
export function jsonText(value: Plain): string {
  if (typeof value === 'string') return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

/** A row as one line: every column by its name, NULL as null. */
export function jsonLine(
  columns: readonly Column[],
  timestamps: Timestamps,
  textOf: (column: Column) => (value: Value) => string = (column) => {
    const plain = plainValue(column.type, timestamps);
    return (value) => jsonText(plain(value));
  },
): (row: readonly Value[]) => string {
  const members = columns.map((column, i) => ({
    name: `${i === 0 ? '{' : ','}${JSON.stringify(column.name)}:`,
    text: textOf(column),
  }));
  return (row) => {
    let line = members.length === 0 ? '{' : '';
    for (let i = 0; i < members.length; i++) {
      const { name, text } = members[i]!;
      line += name + text(row[i + 1]!);
    }
    return `${line}}`;
  };
}

/** JSON text on one line: outside of strings a line break is nothing but white space. */
export function onOneLine(json: string): string {
  return json.includes('\n') || json.includes('\r') ? json.replace(/[\r\n]+/g, ' ') : json;
}

let known = { second: Number.NaN, text: '' };

/** As Date's toISOString, which takes its time; rows that follow each other share their second. */
function isoText(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== known.second) {
    known = { second, text: new Date(second * 1000).toISOString().slice(0, -4) };
  }
  return `${known.text}${padded(time - second * 1000, 3)}Z`;
}
