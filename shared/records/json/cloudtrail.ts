import type { Decoder } from '../format.ts';
import { type MappedColumn, RecordFault } from '../types.ts';
import { ABSENT, ARRAY, OBJECT } from '../value.ts';
import type { Step } from './paths.ts';
import { scanRecord } from './record.ts';
import { jsonConvert, kindAt, listRows, type RowMaker, rowMaker, stepsOf } from './rows.ts';
import { newScan } from './scan.ts';
import { type Place, wantedPlaces } from './wanted.ts';

/**
 * CloudTrail as it comes: one event, a `{"Records":[…]}` file, or an EventBridge event around one
 * (`detail`). Which one shows in the keys; the columns' paths begin at the event in all three.
 */
export function cloudTrailDecoder(columns: readonly MappedColumn[]): Decoder {
  const paths = [...columns.map(stepsOf), [{ key: 'eventVersion' }]];
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
    const rowOf = rowMaker(columns.map(jsonConvert), places);
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
      scanRecord(scan, buf, start, end);
      if (kindAt(scan, records, 0) === ARRAY) {
        for (const row of listRows(scan, records, ofElement)) emit(row);
      } else if (kindAt(scan, detail, 0) === OBJECT && kindAt(scan, detailType, 0) !== ABSENT) {
        emit(ofDetail(scan, 0));
      } else emit(ofEvent(scan, 0));
    },
  };
}

function noEvent(): RecordFault {
  const what = 'no CloudTrail event: there is no eventVersion';
  return new RecordFault('BAD_FORMAT', `${what}; the format for other JSON is 'json'`);
}
