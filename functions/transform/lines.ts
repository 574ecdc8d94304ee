import type { Transformer } from '../../shared/config/transformer.ts';
import type { TransformRecord } from '../../shared/firehose/transformer.ts';
import { gunzip } from '../../shared/records/gunzip.ts';
import type { Column, Row } from '../../shared/sql/types.ts';
import { formatLines, rowLines } from './format.ts';
import { jsonLine } from './json-text.ts';
import type { LineWriter } from './line-writer.ts';
import { programLines } from './program.ts';

/** A record whose data is unpacked. */
export type Unpacked = Pick<
  TransformRecord,
  'data' | 'arrival' | 'shardId' | 'sequenceNumber' | 'partitionKey'
>;

/** Reads a record, writes each of its lines, and calls `written` with the row behind it. */
export type ReadLines = (record: Unpacked, out: LineWriter, written: (row: Row) => void) => void;

export interface Lines {
  /** Of the rows; none where a record is passed on with all that it holds. */
  readonly columns: readonly Column[];
  readonly read: ReadLines;
}

/**
 * From records to lines of JSON, as the delivery asks for them. `read` throws RecordFault and
 * TransformError before or after lines went out: the record counts as a whole.
 */
export function createLines(transformer: Transformer): Lines {
  const { work, format, timestamps, compression } = transformer;
  const lines = linesOf();
  return compression === 'gzip' ? { ...lines, read: unpacked(lines.read) } : lines;

  function linesOf(): Lines {
    if (work.kind === 'format') return { columns: [], read: formatLines(format, timestamps) };
    if (work.kind === 'sql') return programLines(work, format, timestamps);
    const line = jsonLine(work.columns, timestamps);
    return { columns: work.columns, read: rowLines(format, work.columns, line) };
  }
}

function unpacked(read: ReadLines): ReadLines {
  return (record, out, written) => {
    const { shardId, sequenceNumber, partitionKey, arrival } = record;
    const data = gunzip(record.data, 0, record.data.length);
    read({ data, shardId, sequenceNumber, partitionKey, arrival }, out, written);
  };
}
