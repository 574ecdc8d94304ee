import { isUtf8 } from 'node:buffer';
import type { Row } from '../sql/types.ts';
import { type Bytes, bytesOf, isPlain, seek } from './bytes.ts';
import type { Decoder } from './format.ts';
import { addRow } from './row-list.ts';
import { RecordFault } from './types.ts';
import { ABSENT, ASCII, ESCAPED, WIDE } from './value.ts';

/** One line under the reader: where it is, and where each field stands; from = -1 for NULL. */
export interface Line extends Bytes {
  at: number;
  end: number;
  /** When its record arrived, milliseconds since 1970. */
  arrival: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** Lines of text, each with `fields` fields, a row for each; empty lines are passed over. */
export function lineDecoder(fields: number, rowOf: (line: Line) => Row): Decoder {
  const spans = { from: new Int32Array(fields), to: new Int32Array(fields) };
  const line: Line = { ...bytesOf(Buffer.alloc(1)), at: 0, end: 0, arrival: 0, ...spans };
  return {
    decode(buf, start, end, emit, arrival) {
      const { all, words } = bytesOf(buf);
      line.all = all;
      line.words = words;
      line.arrival = arrival;
      const first = buf.byteOffset + start;
      const last = buf.byteOffset + end;
      if (!isPlain(line, first, last) && !isUtf8(buf.subarray(start, end))) {
        throw new RecordFault('BAD_ENCODING', 'the record is not UTF-8');
      }
      const rows: Row[] = [];
      for (let from = first; from < last; ) {
        const next = seek(line, from, last, 0x0a);
        const to = next > from && all[next - 1] === 0x0d ? next - 1 : next;
        if (to > from) {
          line.at = from;
          line.end = to;
          line.from.fill(-1);
          addRow(rows, rowOf(line));
        }
        from = next + 1;
      }
      if (rows.length === 0) throw new RecordFault('BAD_FORMAT', 'a record without a log line');
      for (const row of rows) emit(row);
    },
  };
}

/** Notes the field up to `to`; a lone dash is NULL. */
export function noteField(line: Line, field: number, from: number, to: number): void {
  if (to - from === 1 && line.all[from] === 0x2d) return;
  line.from[field] = from;
  line.to[field] = to;
}

/** What stands in a span: its kind (value.ts). */
export function kindOf(line: Bytes, from: number, to: number): number {
  if (from < 0) return ABSENT;
  if (seek(line, from, to, 0x5c) < to) return ESCAPED;
  return isPlain(line, from, to) ? ASCII : WIDE;
}
