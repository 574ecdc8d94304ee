import type { Row } from '../../sql/types.ts';
import type { Decoder } from '../format.ts';
import { addRow } from '../row-list.ts';
import { type MappedColumn, RecordFault } from '../types.ts';
import { ARRAY, OBJECT } from '../value.ts';
import type { Step } from './paths.ts';
import { scanObjects, scanRecord } from './record.ts';
import { jsonConvert, kindAt, listRows, rowMaker, stepsOf } from './rows.ts';
import { newScan, type Scan } from './scan.ts';
import { type Place, wantedPlaces } from './wanted.ts';

/**
 * One JSON object per record, one row of it; with `$.list[0:].x` columns one row for each element
 * of that list (none without the list). Throws an Error for a path or type that cannot be read.
 */
export function jsonDecoder(columns: readonly MappedColumn[]): Decoder {
  const { scan, rowsOf, rowOf } = objects(columns);
  return {
    decode(buf, start, end, emit) {
      scanRecord(scan, buf, start, end);
      if (scan.wanted.list === null) emit(rowOf(scan, 0));
      else for (const row of rowsOf(scan)) emit(row);
    },
  };
}

/**
 * JSON objects behind one another, each read as jsonDecoder reads one: a line each (ndjson.org), or
 * with any white space or none between them.
 */
export function ndjsonDecoder(columns: readonly MappedColumn[]): Decoder {
  const { scan, rowsOf } = objects(columns);
  return {
    decode(buf, start, end, emit) {
      const rows: Row[] = [];
      scanObjects(scan, buf, start, end, () => {
        for (const row of rowsOf(scan)) addRow(rows, row);
      });
      for (const row of rows) emit(row);
    },
  };
}

function objects(columns: readonly MappedColumn[]) {
  const wanted = wantedPlaces(columns.map(stepsOf));
  const rowOf = rowMaker(columns.map(jsonConvert), wanted.places);
  const rowsOf = (scan: Scan): Row[] =>
    wanted.list === null ? [rowOf(scan, 0)] : listRows(scan, wanted.list, rowOf);
  return { scan: newScan(wanted), rowOf, rowsOf };
}

/** One JSON array of objects per record, a row for each; the columns' paths begin at the object. */
export function jsonArrayDecoder(columns: readonly MappedColumn[]): Decoder {
  const wanted = wantedPlaces([
    ...columns.map((column): Step[] => ['each', ...stepsOf(column)]),
    [],
    ['each'],
  ]);
  const [list, element] = wanted.places.slice(-2) as [Place, Place];
  const rowOf = rowMaker(columns.map(jsonConvert), wanted.places.slice(0, -2));
  const scan = newScan(wanted);
  return {
    decode(buf, start, end, emit) {
      scanRecord(scan, buf, start, end, ARRAY);
      const rows = listRows(scan, list, (_, index) => {
        if (kindAt(scan, element, index) === OBJECT) return rowOf(scan, index);
        throw new RecordFault('BAD_FORMAT', `element ${index} of the array is no object`);
      });
      for (const row of rows) emit(row);
    },
  };
}
