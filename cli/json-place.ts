import { scanRecord } from '../shared/records/json/record.ts';
import { newScan } from '../shared/records/json/scan.ts';
import { wantedPlaces } from '../shared/records/json/wanted.ts';
import { ARRAY, OBJECT } from '../shared/records/value.ts';
import { messageOf } from './errors.ts';

/** Where a text stops being JSON, both from 1; `what` is for people and has nothing of the text. */
export interface BadPlace {
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

/** JSON.parse tells the place of some errors only. null: there is none, or it is not known. */
export function badPlace(text: string): BadPlace | null {
  const bytes = Buffer.from(text);
  try {
    const kind = text.trimStart().startsWith('[') ? ARRAY : OBJECT;
    scanRecord(newScan(wantedPlaces([])), bytes, 0, bytes.length, kind);
    return null;
  } catch (error) {
    const found = /^not valid JSON: (.*) at byte (\d+)$/.exec(messageOf(error));
    if (found === null) return null;
    const before = bytes.toString('utf8', 0, Number(found[2])).split('\n');
    return { line: before.length, column: before.at(-1)!.length + 1, what: found[1]! };
  }
}
