import { eachLimit } from './each-limit.ts';
import type { FaultStore, FaultyRecord } from './faults.ts';

const PUTS_IN_FLIGHT = 16;

export interface Entry {
  /** Position of the Kinesis record in its batch. */
  readonly index: number;
  readonly record: FaultyRecord;
}

/** Puts all into the store, 16 at a time, and gives those that it did not take. Never rejects. */
export async function setAside(
  store: FaultStore,
  entries: readonly Entry[],
): Promise<{ index: number; error: unknown }[]> {
  const failures: { index: number; error: unknown }[] = [];
  await eachLimit(entries, PUTS_IN_FLIGHT, async ({ index, record }) => {
    try {
      await store.put(record);
    } catch (error) {
      failures.push({ index, error });
    }
  });
  return failures;
}
