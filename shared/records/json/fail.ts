import { RecordFault } from '../types.ts';

/** Refuses a record; `at` counts its bytes from 0. The payload itself is never in a message. */
export function badJson(what: string, at: number): RecordFault {
  return new RecordFault('BAD_JSON', `not valid JSON: ${what} at byte ${at}`);
}
