import type { Row } from '../../shared/sql/types.ts';

/**
 * A result as it now stands over all shards: what the nodes behind an aggregate read (design
 * section 3). The same change may be told again; the revision tells which one is newer.
 */
export interface Change {
  /** The nodes it came through: with window and sort key the identity of the result. */
  readonly origin: string;
  readonly window: { readonly start: number; readonly end: number };
  readonly sortKey: string;
  readonly rowtime: number;
  readonly revision: number;
  /** One row, or the ranks of a top list. Empty where an expression failed. */
  readonly rows: readonly Row[];
  /** False: the result does not pass a filter (any more). */
  readonly present: boolean;
  /** False: no revision has ever passed the filter, so no reader can hold one. */
  readonly shown: boolean;
  /** A top list stays one item with a list of rows. */
  readonly list: boolean;
  /** The first record of the batch that has a part in it. */
  readonly first: number;
}
