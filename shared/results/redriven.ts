import { createHash } from 'node:crypto';
import { compareFences, type Fence } from './fence.ts';
import type { LaneEntry } from './lane.ts';
import type { Attributes } from './store.ts';

/** 64 bits: of the entries of one item and lane no two will meet in it. */
const ID_BYTES = 8;

/** How many redriven entries an item takes from one shard: 80 KB of the 400 that an item may have. */
export const MOST_REDRIVEN = 10_000;

/** The attribute with the last redriven record of a lane: behind it nothing was redriven. */
export function redrivenAttribute(lane: string): string {
  return `_q${lane.slice(2)}`;
}

/** The attribute with the set of what was redriven, one id for each entry. */
function idsAttribute(lane: string): string {
  return `_x${lane.slice(2)}`;
}

/** The same in every try, under every program: `position` is the fence of the entry's record. */
export function entryId(position: Fence, { sub, row, way }: LaneEntry): string {
  const hash = createHash('sha256').update(position).update(`${sub}.${row}.${way}`);
  return hash.digest().toString('latin1', 0, ID_BYTES);
}

/** What of a lane an item holds by redrives. */
export function redrivenIds(item: Attributes | null, lane: string): ReadonlySet<string> {
  const stored = item?.[idsAttribute(lane)]?.BS ?? [];
  return new Set(stored.map((id) => Buffer.from(id).toString('latin1')));
}

/** The item's ids and their last record with those of a part that comes by a redrive. */
export function redrivenMarks(
  item: Attributes | null,
  lane: string,
  entries: readonly LaneEntry[],
  at: (index: number) => Fence,
): Attributes {
  const ids = new Set(redrivenIds(item, lane));
  let last = item?.[redrivenAttribute(lane)]?.B ?? at(entries[0]!.record);
  for (const entry of entries) {
    const position = at(entry.record);
    ids.add(entryId(position, entry));
    if (compareFences(position, last) > 0) last = position;
  }
  if (ids.size > MOST_REDRIVEN) throw new TooManyRedriven();
  const stored = [...ids].sort().map((id) => Buffer.from(id, 'latin1'));
  return { [idsAttribute(lane)]: { BS: stored }, [redrivenAttribute(lane)]: { B: last } };
}

/** More of a result comes by redrives than it can remember. */
export class TooManyRedriven extends Error {
  override readonly name = 'TooManyRedriven';
  readonly retryable = false;
  constructor() {
    super(`a result takes ${MOST_REDRIVEN} rows of one shard by redrives: rebuild instead`);
  }
}
