import { createDecoder } from '../../shared/records/format.ts';
import type { Format, MappedColumn } from '../../shared/records/types.ts';
import { RecordFault } from '../../shared/records/types.ts';
import type { Row, SqlType } from '../../shared/sql/types.ts';

/** 'VARCHAR(4)', 'DECIMAL(5,2)', 'BIGINT' as a type. */
export function type(text: string): SqlType {
  const [, name = '', first, second] = /^(\w+)(?:\((\d+)(?:,(\d+))?\))?$/.exec(text) ?? [];
  const sizes =
    first === undefined
      ? {}
      : name === 'DECIMAL'
        ? { precision: Number(first), scale: Number(second ?? 0) }
        : { length: Number(first) };
  return { name: name as SqlType['name'], ...sizes };
}

export function column(
  typeText: string,
  path: string,
  rest: Partial<MappedColumn> = {},
): MappedColumn {
  return { name: 'C', type: type(typeText), path, ...rest };
}

/** The rows of one record, read from the middle of a larger buffer. */
export function decodeAll(
  format: Format,
  columns: readonly MappedColumn[],
  record: string | Uint8Array,
  arrival = 0,
): Row[] {
  const bytes = Buffer.from(record as string);
  const buf = Buffer.concat([Buffer.from('"},'), bytes, Buffer.from('}",1')]);
  const rows: Row[] = [];
  const decoder = createDecoder(format, columns);
  decoder.decode(buf, 3, 3 + bytes.length, (row) => rows.push(row), arrival);
  return rows;
}

/** The value of one JSON text in one column, or the reason and message of its fault. */
export function convertJson(columnType: string, json: string, rest: Partial<MappedColumn> = {}) {
  try {
    return decodeAll('json', [column(columnType, '$.v', rest)], `{"v":${json}}`)[0]![1];
  } catch (error) {
    if (error instanceof RecordFault) return `${error.reason}: ${error.message}`;
    throw error;
  }
}

/** The reason why a record is refused, or null. */
export function refusal(
  format: Format,
  columns: readonly MappedColumn[],
  record: string | Uint8Array,
): string | null {
  try {
    decodeAll(format, columns, record);
    return null;
  } catch (error) {
    if (error instanceof RecordFault) return error.reason;
    throw error;
  }
}
