import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Lane, PartOf, Span } from './lane.ts';
import type { Attributes, Condition, ItemKey, Store } from './store.ts';

/** A change that DynamoDB can add up by itself. */
export interface AddDelta extends Span {
  readonly add: Readonly<Record<string, string>>;
  /** Attributes that are the same in every delta of the item. */
  readonly set: Attributes;
}

/** What a step of `merge` wants written; null: nothing is lacking. */
export interface Merge {
  readonly set: Attributes;
  readonly remove?: readonly string[];
}

/** The attribute that counts the rows in an item. Every applied delta raises it. */
export const ROWS = '_n';

/** More tries than any honest race needs; then the batch fails loudly and is retried. */
const MOST_TRIES = 25;

/**
 * Adds a delta to an item exactly once: the item and its marks change in one conditional write.
 * Contention between shards costs nothing, because additions commute; only where more than the fence
 * decides what is lacking is the item read first, and written if nobody else has changed it.
 * Gives the item as it stands with the delta in it, whoever brought it there; null: there is none.
 */
export async function addOnce(
  store: Store,
  key: ItemKey,
  lane: Lane,
  delta: AddDelta,
  partOf: PartOf<AddDelta>,
): Promise<Attributes | null> {
  let item: Attributes | null = null;
  let rest: AddDelta = delta;
  let condition = lane.unseen(delta);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if (condition !== null) {
      const outcome = await store.update({
        key,
        add: rest.add,
        set: { ...rest.set, ...lane.marks(item, rest) },
        condition,
      });
      if (outcome.done) return outcome.item;
      item = outcome.item;
    } else item = await store.read(key);
    const lacking = lane.lacking(item, delta, partOf);
    if (lacking === null) return item;
    rest = lacking;
    const unseen = lane.isPlain(item, rest) ? lane.unseen(rest) : null;
    condition = unseen ?? unchanged(item);
  }
  throw new Contention(key, MOST_TRIES);
}

/**
 * Reads an item, lets `step` say what it lacks, and writes it on condition that no one else has
 * changed it. For state that DynamoDB cannot add up: extremes, averages, sets, top lists. `step`
 * must raise ROWS with every change; it is called again after a lost race.
 */
export async function merge(
  store: Store,
  key: ItemKey,
  step: (item: Attributes | null) => Merge | null,
): Promise<Attributes | null> {
  let item = await store.read(key);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const change = step(item);
    if (change === null) return item;
    const outcome = await store.update({
      key,
      set: change.set,
      ...(change.remove && change.remove.length > 0 ? { remove: change.remove } : {}),
      condition: unchanged(item),
    });
    if (outcome.done) return outcome.item;
    item = outcome.item;
  }
  throw new Contention(key, MOST_TRIES);
}

/** Every write that brings something raises ROWS. */
function unchanged(item: Attributes | null): Condition {
  if (item === null) return { kind: 'absent' };
  return { kind: 'equals', attribute: ROWS, value: item[ROWS] as AttributeValue };
}

/** Races lost again and again: the batch is to be tried again, nothing is lost. */
export class Contention extends Error {
  override readonly name = 'Contention';
  readonly retryable = true;
  constructor(key: ItemKey, tries: number) {
    // The sort key may be personal, and this message is logged.
    super(`an item of ${key.pk} in ${key.table} changed under ${tries} conditional writes`);
  }
}
