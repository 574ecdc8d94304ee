import type { Row } from '../sql/types.ts';
import { apacheDecoder } from './apache.ts';
import { cloudTrailDecoder, jsonDecoder } from './json/decoders.ts';
import type { FormatName, MappedColumn } from './types.ts';

/** Turns records of one format into rows of one set of columns. */
export interface Decoder {
  /**
   * Reads the user record in buf[start … end) and calls `emit` with each of its rows: slot 0 is 0
   * (the caller's ROWTIME), column i is in slot i + 1. Throws RecordFault (BAD_ENCODING, BAD_JSON,
   * BAD_FORMAT, BAD_TYPE) before any row went out: a record counts as a whole or not at all. The
   * rows hold no reference to `buf`. No message quotes the record.
   */
  decode(buf: Buffer, start: number, end: number, emit: (row: Row) => void): void;
}

const FORMATS: Record<FormatName, (columns: readonly MappedColumn[]) => Decoder> = {
  json: jsonDecoder,
  cloudtrail: cloudTrailDecoder,
  apache: apacheDecoder,
};

/**
 * A decoder that reads only `columns`, so give it only those that the program needs. Make it once:
 * it keeps the memory of its scans. Throws an Error that names the column when a path cannot be
 * read or a type cannot be filled from this format.
 */
export function createDecoder(format: FormatName, columns: readonly MappedColumn[]): Decoder {
  return FORMATS[format](columns);
}
