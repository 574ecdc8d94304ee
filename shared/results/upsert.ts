import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Lane, remaining, type Span } from './lane.ts';
import type { Attributes, ItemKey, Store } from './store.ts';

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
const ADD_TRIES = 4;
const MERGE_TRIES = 25;

/**
 * Adds a delta to an item exactly once: item and fence change in one conditional write. Contention
 * between shards costs nothing, because additions commute.
 * Gives the item as it stands with the delta in it, whoever brought it there.
 */
export async function addOnce(
  store: Store,
  key: ItemKey,
  lane: Lane,
  delta: AddDelta,
  recompute: (from: number) => AddDelta | null,
): Promise<Attributes> {
  let rest: AddDelta = delta;
  for (let tries = 0; tries < ADD_TRIES; tries++) {
    const outcome = await store.update({
      key,
      add: rest.add,
      set: { ...rest.set, [lane.attribute]: { B: lane.at(rest.last) } },
      condition: {
        kind: 'absentOrBelow',
        attribute: lane.attribute,
        value: { B: lane.at(rest.first) },
      },
    });
    if (outcome.done) return outcome.item;
    const lacking = remaining(outcome.item, lane, rest, recompute);
    if (lacking === null) return outcome.item!;
    rest = lacking;
  }
  throw new Contention(key, ADD_TRIES);
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
  for (let tries = 0; tries < MERGE_TRIES; tries++) {
    const change = step(item);
    if (change === null) return item;
    const outcome = await store.update({
      key,
      set: change.set,
      ...(change.remove && change.remove.length > 0 ? { remove: change.remove } : {}),
      condition:
        item === null
          ? { kind: 'absent' }
          : { kind: 'equals', attribute: ROWS, value: item[ROWS] as AttributeValue },
    });
    if (outcome.done) return outcome.item;
    item = outcome.item;
  }
  throw new Contention(key, MERGE_TRIES);
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
