import type { Upsert } from '../../shared/config/upserts.ts';
import { eachLimit } from '../../shared/consume/each-limit.ts';
import type { FaultStore } from '../../shared/consume/faults.ts';
import type { ShardRanges } from '../../shared/consume/shard-ranges.ts';
import { emitMetrics } from '../../shared/observe/metrics.ts';
import type { Store } from '../../shared/results/store.ts';
import { type Refuse, type Way, writeItem } from './items.ts';
import { type MergeRows, mergeRows } from './merge-rows.ts';
import { createRowReader, type Entry, type ReadRows } from './rows.ts';

/** What both forms of event need. */
export interface Services {
  readonly upsert: Upsert;
  readonly store: Store;
  readonly faults: FaultStore;
  /** null: user records are not filtered by their shard's hash range. */
  readonly ranges: ShardRanges | null;
  readonly readRows: ReadRows;
  readonly mergeRows: MergeRows;
}

/** `table` is the physical name. Throws Error where a column cannot be read from the format. */
export function createServices(
  given: Pick<Services, 'upsert' | 'store' | 'faults' | 'ranges'>,
  table: string,
): Services {
  const { upsert } = given;
  return { ...given, readRows: createRowReader(upsert, table), mergeRows: mergeRows(upsert) };
}

/** Writes in flight at a time: enough to hide the round trip, few enough for the sockets. */
const WRITES_IN_FLIGHT = 32;

/** Brings rows into their items, side by side; gives those that are to be tried again. Never rejects. */
export async function writeItems(
  { store, mergeRows: rows }: Services,
  entries: readonly Entry[],
  way: Way,
  refuse: Refuse,
): Promise<{ readonly entries: readonly Entry[]; readonly error: unknown }[]> {
  const failed: { entries: readonly Entry[]; error: unknown }[] = [];
  const items = Map.groupBy(entries, ({ key }) => JSON.stringify([key.pk, key.sk]));
  await eachLimit([...items.values()], WRITES_IN_FLIGHT, async (own) => {
    try {
      await writeItem(store, own, way, rows, refuse);
    } catch (error) {
      failed.push({ entries: own, error });
    }
  });
  return failed;
}

/** `started`: of performance.now(). */
export function report(
  name: string,
  started: number,
  counts: Readonly<Record<string, number>>,
): void {
  const BatchMs = Math.round((performance.now() - started) * 10) / 10;
  emitMetrics({ Application: name }, { ...counts, BatchMs });
}
