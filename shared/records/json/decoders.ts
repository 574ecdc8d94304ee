import type { Row } from '../../sql/types.ts';
import { createConvert } from '../convert.ts';
import type { Decoder } from '../format.ts';
import { type MappedColumn, RecordFault } from '../types.ts';
import { ABSENT, ARRAY, OBJECT } from '../value.ts';
import { parsePath, type Step } from './paths.ts';
import { newScan, type Scan, SPAN, scanObjectIn } from './scan.ts';
import { type Place, wantedPlaces } from './wanted.ts';

/**
 * One JSON object per record, one row of it; with `$.list[0:].x` columns one row for each element
 * of that list (none without the list). Throws an Error for a path or type that cannot be read.
 */
export function jsonDecoder(columns: readonly MappedColumn[]): Decoder {
  const wanted = wantedPlaces(columns.map(pathOf));
  const scan = newScan(wanted);
  const rowOf = rowMaker(columns, wanted.places);
  return {
    decode(buf, start, end, emit) {
      scanObjectIn(scan, buf, start, end);
      if (wanted.list === null) emit(rowOf(scan, 0));
      else for (const row of listRows(scan, wanted.list, rowOf)) emit(row);
    },
  };
}

/**
 * CloudTrail as it comes: one event, a `{"Records":[…]}` file, or an EventBridge event around one
 * (`detail`). Which one shows in the keys; the columns' paths begin at the event in all three.
 */
export function cloudTrailDecoder(columns: readonly MappedColumn[]): Decoder {
  const paths = [...columns.map(pathOf), [{ key: 'eventVersion' }]];
  const wanted = wantedPlaces([
    ...paths,
    ...paths.map((path): Step[] => [{ key: 'Records' }, 'each', ...path]),
    ...paths.map((path): Step[] => [{ key: 'detail' }, ...path]),
    [{ key: 'Records' }],
    [{ key: 'detail' }],
    [{ key: 'detail-type' }],
  ]);
  const variant = (n: number): RowMaker => {
    const places = wanted.places.slice(n * paths.length, (n + 1) * paths.length);
    const rowOf = rowMaker(columns, places);
    const version = places.at(-1)!;
    return (scan, element) => {
      if (kindAt(scan, version, element) === ABSENT) throw noEvent();
      return rowOf(scan, element);
    };
  };
  const [ofEvent, ofElement, ofDetail] = [variant(0), variant(1), variant(2)];
  const [records, detail, detailType] = wanted.places.slice(-3) as [Place, Place, Place];
  const scan = newScan(wanted);
  return {
    decode(buf, start, end, emit) {
      scanObjectIn(scan, buf, start, end);
      if (kindAt(scan, records, 0) === ARRAY) {
        for (const row of listRows(scan, records, ofElement)) emit(row);
      } else if (kindAt(scan, detail, 0) === OBJECT && kindAt(scan, detailType, 0) !== ABSENT) {
        emit(ofDetail(scan, 0));
      } else emit(ofEvent(scan, 0));
    },
  };
}

/** The row of one element of the list, or of the record (element 0) where there is no list. */
type RowMaker = (scan: Scan, element: number) => Row;

function rowMaker(columns: readonly MappedColumn[], places: readonly Place[]): RowMaker {
  const converts = columns.map((column) => createConvert(column, unescapeJson));
  const offsets = places.map((place) => place.leaf * SPAN);
  const strides = places.map((place) => (place.inList ? SPAN : 0));
  const blank: Row = [0, ...columns.map(() => null)];
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

/** All rows are made before the first goes out: a record counts as a whole or not at all. */
function listRows(scan: Scan, list: Place, rowOf: RowMaker): Row[] {
  const kind = kindAt(scan, list, 0);
  if (kind === ABSENT) return [];
  if (kind !== ARRAY) {
    throw new RecordFault('BAD_FORMAT', 'the value that gives a row for each element is no list');
  }
  const rows: Row[] = [];
  for (let element = 0; element < scan.elements; element++) rows.push(rowOf(scan, element));
  return rows;
}

function kindAt(scan: Scan, place: Place, element: number): number {
  const { plain, perElement } = scan.wanted;
  const skipped = place.inList ? plain + element * perElement : 0;
  return scan.spans[(skipped + place.leaf) * SPAN]!;
}

function noEvent(): RecordFault {
  const what = 'no CloudTrail event: there is no eventVersion';
  return new RecordFault('BAD_FORMAT', `${what}; the format for other JSON is 'json'`);
}

function pathOf(column: MappedColumn): Step[] {
  try {
    return parsePath(column.path);
  } catch (error) {
    throw new Error(`column ${column.name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Well-formed: half a surrogate pair would make two keys here and one in the table. */
function unescapeJson(all: Buffer, from: number, to: number): string {
  return (JSON.parse(all.toString('utf8', from - 1, to + 1)) as string).toWellFormed();
}
