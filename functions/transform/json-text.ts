import type { Transformer } from '../../shared/config/transformer.ts';
import { dateText, padded, timeText } from '../../shared/sql/run/iso-time.ts';
import type { Column, SqlType, Value } from '../../shared/sql/types.ts';
import type { LineWriter } from './line-writer.ts';

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

/** Writes a value: whole digits of every type, and what JSON.stringify makes of the rest. */
export function putValue(out: LineWriter, value: Plain): void {
  if (typeof value === 'string') out.string(value);
  else out.raw(typeof value === 'bigint' ? String(value) : JSON.stringify(value));
}

export type Put = (out: LineWriter, value: Value) => void;
export type PutLine = (out: LineWriter, row: readonly Value[]) => void;

/** Writes a row as one line: every column by its name, NULL as null. */
export function jsonLine(
  columns: readonly Column[],
  timestamps: Timestamps,
  putOf: (column: Column) => Put = ({ type }) => putTyped(type, timestamps),
): PutLine {
  const members = columns.map((column, i) => ({
    name: `${i === 0 ? '{' : ','}${JSON.stringify(column.name)}:`,
    put: putOf(column),
  }));
  return (out, row) => {
    if (members.length === 0) out.raw('{');
    for (let i = 0; i < members.length; i++) {
      const { name, put } = members[i]!;
      out.raw(name);
      put(out, row[i + 1]!);
    }
    out.raw('}');
    out.endLine();
  };
}

export function putTyped(type: SqlType, timestamps: Timestamps): Put {
  const plain = plainValue(type, timestamps);
  return (out, value) => putValue(out, plain(value));
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
