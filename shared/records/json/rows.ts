import type { Row } from '../../sql/types.ts';
import { type Convert, createConvert } from '../convert.ts';
import { type MappedColumn, RecordFault } from '../types.ts';
import { ABSENT, ARRAY } from '../value.ts';
import { parsePath, type Step } from './paths.ts';
import { type Scan, SPAN } from './scan.ts';
import type { Place } from './wanted.ts';

/** The row of one element of the list, or of the record (element 0) where there is no list. */
export type RowMaker = (scan: Scan, element: number) => Row;

/** Makes rows of the spans at `places`: for each column a place and its conversion. */
export function rowMaker(converts: readonly Convert[], places: readonly Place[]): RowMaker {
  const offsets = places.map((place) => place.leaf * SPAN);
  const strides = places.map((place) => (place.inList ? SPAN : 0));
  const blank: Row = [0, ...converts.map(() => null)];
  return (scan, element) => {
    const { spans } = scan;
    const { plain, perElement } = scan.wanted;
    const skipped = plain + element * perElement;
    const row = blank.slice();
    for (let i = 0; i < converts.length; i++) {
      const at = offsets[i]! + strides[i]! * skipped;
      const kind = spans[at]!;
      row[i + 1] = converts[i]!(scan, kind, spans[at + 1]!, spans[at + 2]!);
    }
    return row;
  };
}

/** The conversion of JSON values for one column. */
export function jsonConvert(column: MappedColumn): Convert {
  return createConvert(column, unescapeJson);
}

/** All rows are made before the first goes out: a record counts as a whole or not at all. */
export function listRows(scan: Scan, list: Place, rowOf: RowMaker): Row[] {
  const kind = kindAt(scan, list, 0);
  if (kind === ABSENT) return [];
  if (kind !== ARRAY) {
    throw new RecordFault('BAD_FORMAT', 'the value that gives a row for each element is no list');
  }
  const rows: Row[] = [];
  for (let element = 0; element < scan.elements; element++) rows.push(rowOf(scan, element));
  return rows;
}

/** The kind (value.ts) of what stands at a place. */
export function kindAt(scan: Scan, place: Place, element: number): number {
  const { plain, perElement } = scan.wanted;
  const skipped = place.inList ? plain + element * perElement : 0;
  return scan.spans[(skipped + place.leaf) * SPAN]!;
}

/** The steps of a column's path. Throws an Error that names the column. */
export function stepsOf(column: MappedColumn): Step[] {
  try {
    return parsePath(column.path);
  } catch (error) {
    throw new Error(`column ${column.name}: ${(error as Error).message}`, { cause: error });
  }
}

/** The key that a step goes into; '' for another step or none. */
export function nameOf(step: Step | undefined): string {
  return typeof step === 'object' && 'key' in step ? step.key : '';
}

/**
 * The text in a JSON string, without the quotes around it.
 * Well-formed: half a surrogate pair would make two keys here and one in the table.
 */
export function unescapeJson(all: Buffer, from: number, to: number): string {
  return (JSON.parse(all.toString('utf8', from - 1, to + 1)) as string).toWellFormed();
}
