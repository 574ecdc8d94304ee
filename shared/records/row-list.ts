import type { Row } from '../sql/types.ts';
import { RecordFault } from './types.ts';

/**
 * A record counts as a whole or not at all, so all its rows are held before the first goes out.
 * The bound keeps a record of 10 MiB, Kinesis's largest, from becoming millions of rows.
 */
export const MOST_ROWS = 100_000;

/** Keeps one more row of a record. Throws RecordFault BAD_FORMAT past MOST_ROWS. */
export function addRow(rows: Row[], row: Row): void {
  if (rows.length === MOST_ROWS) {
    throw new RecordFault('BAD_FORMAT', `a record of more than ${MOST_ROWS} rows`);
  }
  rows.push(row);
}
