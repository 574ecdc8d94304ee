import type { Transformer } from '../../shared/config/transformer.ts';
import type { TransformRecord } from '../../shared/firehose/transformer.ts';
import { createDecoder } from '../../shared/records/format.ts';
import { gunzip } from '../../shared/records/gunzip.ts';
import type { Column, Row } from '../../shared/sql/types.ts';
import { formatLines } from './format.ts';
import { jsonLine } from './json-text.ts';
import { programLines } from './program.ts';

/** A record whose data is unpacked. */
export type Unpacked = Pick<
  TransformRecord,
  'data' | 'arrival' | 'shardId' | 'sequenceNumber' | 'partitionKey'
>;

/** Reads a record and calls `emit` with each of its lines, without a break, and the row behind it. */
export type ReadLines = (record: Unpacked, emit: (line: string, row: Row) => void) => void;

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
    const decoder = createDecoder(format, work.columns);
    const line = jsonLine(work.columns, timestamps);
    return {
      columns: work.columns,
      read: ({ data, arrival }, emit) => {
        decoder.decode(data, 0, data.length, (row) => emit(line(row), row), arrival);
      },
    };
  }
}

function unpacked(read: ReadLines): ReadLines {
  return (record, emit) => {
    const { shardId, sequenceNumber, partitionKey, arrival } = record;
    const data = gunzip(record.data, 0, record.data.length);
    read({ data, shardId, sequenceNumber, partitionKey, arrival }, emit);
  };
}
