import { TooManyContributions } from '../../shared/results/contributions.ts';
import { type Attributes, ResultTooLarge, type Store } from '../../shared/results/store.ts';
import { merge } from '../../shared/results/upsert.ts';
import { RowError } from '../../shared/sql/errors.ts';
import type { MergeRows } from './merge-rows.ts';
import type { Entry } from './rows.ts';

/** How an item knows what it contains. */
export interface Way {
  /** Those entries that the item does not contain yet. */
  readonly lacking: (item: Attributes | null, entries: readonly Entry[]) => readonly Entry[];
  /** What the item notes of entries, in the write that brings them. */
  readonly marks: (item: Attributes | null, entries: readonly Entry[]) => Attributes;
}

/** Why an item can never hold a row: no retry can mend it. */
export type Refusal = ResultTooLarge | RowError | TooManyContributions;

/** Hears of rows of one record that their item can never hold. Rejects unless they are set aside. */
export type Refuse = (entries: readonly Entry[], refusal: Refusal) => Promise<void>;

/**
 * Brings rows into their item exactly once: item and marks change in one conditional write. Where the
 * item cannot hold them all, each record is tried alone, so that what is refused does not hang on how
 * records were batched; it is set aside before a mark passes it. Rejects when they are to be tried again.
 */
export async function writeItem(
  store: Store,
  entries: readonly Entry[],
  way: Way,
  rows: MergeRows,
  refuse: Refuse,
): Promise<void> {
  const { key } = entries[0]!;
  try {
    await merge(store, key, (item) => {
      const lacking = way.lacking(item, entries);
      if (lacking.length === 0) return null;
      const marks = way.marks(item, lacking);
      const { set, remove, isChange } = rows(item, lacking);
      if (!isChange && Object.keys(marks).length === 0) return null;
      return { set: { ...set, ...marks }, remove: remove ?? [] };
    });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const records = [...Map.groupBy(entries, ({ record }) => record).values()];
    if (records.length === 1) return refuse(entries, error);
    for (const one of records) await writeItem(store, one, way, rows, refuse);
  }
}

function isRefusal(error: unknown): error is Refusal {
  return (
    error instanceof ResultTooLarge ||
    error instanceof RowError ||
    error instanceof TooManyContributions
  );
}
