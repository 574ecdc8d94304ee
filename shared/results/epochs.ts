import {
  type Epoch,
  goesOn,
  isPatchy,
  isThrough,
  later,
  readEpochs,
  UNSETTLED_MS,
} from './epoch.ts';
import type { ItemKey, Store } from './store.ts';
import { merge, ROWS } from './upsert.ts';

/** What an invocation has done with a batch, both as the last record of it. */
export interface Passage {
  /** Up to here all is in the tables; null: it is not, or not yet. */
  readonly done: string | null;
  /** null: nothing was refused. */
  readonly refused: string | null;
}

/** The epochs of a stream's shards, as a reader of these rules needs them. */
export interface Epochs {
  /** The epoch of a batch with this first record: the last one if it goes on, or a new one. */
  readonly enter: (shardId: string, first: string, folded?: number) => Promise<number>;
  /**
   * Notes what became of a batch. False: some of it was refused, and others have begun meanwhile.
   * They do not know of it, and take it that they were the ones who had these records.
   */
  readonly pass: (shardId: string, epoch: number, passage: Passage) => Promise<boolean>;
}

/** More than any shard has in its life; the oldest go. 150 bytes each. */
const MOST_EPOCHS = 1_000;

/**
 * `keyOf` gives the item that holds a shard's epochs. It is read once for each shard and life, and
 * for every batch while its last epoch is young. Where versions take turns beyond that, an older one
 * may not notice; a redrive then finds results that cannot tell, and says so (redrive-lane.ts).
 */
export function createEpochs(
  store: Store,
  keyOf: (shardId: string) => ItemKey,
  version: string,
  now: () => number = Date.now,
): Epochs {
  const known = new Map<string, readonly Epoch[]>();

  const change = async (
    shardId: string,
    next: (epochs: readonly Epoch[]) => readonly Epoch[] | null,
  ): Promise<readonly Epoch[]> => {
    const item = await merge(store, keyOf(shardId), (before) => {
      const epochs = next(readEpochs(before))?.slice(-MOST_EPOCHS);
      if (epochs === undefined) return null;
      const revision = Number(before?.[ROWS]?.N ?? 0) + 1;
      return { set: { epochs: { S: JSON.stringify(epochs) }, [ROWS]: { N: String(revision) } } };
    });
    const epochs = readEpochs(item);
    known.set(shardId, epochs);
    return epochs;
  };

  return {
    enter: async (shardId, first, folded = 0) => {
      const held = known.get(shardId) ?? [];
      const isSettled = held.length > 0 && now() - held.at(-1)!.since >= UNSETTLED_MS;
      if (isSettled && goesOn(held, version, first, folded)) return held.at(-1)!.number;
      const epochs = await change(shardId, (before) => {
        if (goesOn(before, version, first, folded)) return null;
        const number = (before.at(-1)?.number ?? 0) + 1;
        const next = { number, version, from: first, since: now(), done: null, refused: null };
        return [...before, isPatchy(before, next) ? { ...next, patchy: true } : next];
      });
      return epochs.at(-1)!.number;
    },
    pass: async (shardId, epoch, { done, refused }) => {
      const held = known.get(shardId) ?? [];
      const isNoted = (epochs: readonly Epoch[]): boolean => {
        const last = epochs.at(-1);
        if (last?.number !== epoch) return false;
        return refused === null && (done === null || (last.done !== null && isThrough(epochs)));
      };
      if (isNoted(held)) return true;
      const epochs = await change(shardId, (before) => {
        const last = before.at(-1);
        if (last?.number !== epoch || isNoted(before)) return null;
        const noted = { done: later(last.done, done), refused: later(last.refused, refused) };
        if (noted.done === last.done && noted.refused === last.refused) return null;
        return [...before.slice(0, -1), { ...last, ...noted }];
      });
      return refused === null || epochs.at(-1)?.number === epoch;
    },
  };
}
