import { createHash } from 'node:crypto';
import type { Attributes } from './store.ts';

/**
 * The attribute with the set of what an item contains of deliveries that have no order, and so no
 * fence: an id for each. Item and id change together.
 */
const CONTRIBUTIONS = '_r';

/** 64 bits: of the contributions to one item no two will meet in it. */
const ID_BYTES = 8;

/** 80 KB of the 400 that an item may have. */
export const MOST_CONTRIBUTIONS = 10_000;

/** The id of a contribution, the same on every try: of all that tells it from others. */
export function contributionId(...parts: readonly (string | number)[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts));
  return hash.digest().toString('latin1', 0, ID_BYTES);
}

/** What an item contains. */
export function contributionsOf(item: Attributes | null): ReadonlySet<string> {
  const stored = item?.[CONTRIBUTIONS]?.BS ?? [];
  return new Set(stored.map((id) => Buffer.from(id).toString('latin1')));
}

/** The item's contributions with more of them. Throws TooManyContributions. */
export function withContributions(item: Attributes | null, more: readonly string[]): Attributes {
  const ids = new Set([...contributionsOf(item), ...more]);
  if (ids.size > MOST_CONTRIBUTIONS) throw new TooManyContributions();
  const stored = [...ids].sort().map((id) => Buffer.from(id, 'latin1'));
  return { [CONTRIBUTIONS]: { BS: stored } };
}

/** More is added to one item than it can remember. */
export class TooManyContributions extends Error {
  override readonly name = 'TooManyContributions';
  readonly retryable = false;
  constructor() {
    super(`an item takes ${MOST_CONTRIBUTIONS} rows that come without a sequence number`);
  }
}
