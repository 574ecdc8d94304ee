import type { Attributes, ItemKey, Store } from './store.ts';

/** The revision of a published row: the count of rows in what it was made from. */
export const REVISION = '_rev';

/** Marks a row that was published and does not pass its filter any more. */
export const GONE = '_gone';

/**
 * Puts a row made from a result, unless the table has it from a later revision already. A repeat
 * is harmless and a lost hand-over is made good on the retry (design section 4.11).
 */
export async function publish(
  store: Store,
  key: ItemKey,
  revision: number,
  row: Attributes,
): Promise<void> {
  await store.put(
    key,
    { ...row, [REVISION]: { N: String(revision) } },
    { kind: 'absentOrBelow', attribute: REVISION, value: { N: String(revision) } },
  );
}
