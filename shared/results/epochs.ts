import { compareFences, type Fence, fenceOf } from './fence.ts';
import type { Attributes, ItemKey, Store } from './store.ts';
import { merge, ROWS } from './upsert.ts';

/**
 * An unbroken reading of a shard by the same rules: all its records from `from` on have gone through
 * them, in order, until another epoch began.
 */
export interface Epoch {
  /** Counts the epochs of the shard, from 1. */
  readonly number: number;
  /** Of the rules that decide what is refused. */
  readonly version: string;
  /** A sequence number. */
  readonly from: string;
  /** When it began, milliseconds since 1970 by the clock of who began it. */
  readonly since: number;
  /** Its first batch was done by it, and not by another invocation that was still under way. */
  readonly begun: boolean;
}

/** The epochs of a stream's shards, as a reader of these rules needs them. */
export interface Epochs {
  /** The epoch of a batch with this first record: the last one, or a new one where rules or place differ. */
  readonly enter: (shardId: string, first: string) => Promise<number>;
  /** Notes that the first batch of an epoch is done. */
  readonly begin: (shardId: string, epoch: number) => Promise<void>;
  /**
   * Whether an epoch is still the last one of its shard. Asked behind a refusal: what was refused
   * by rules that others have replaced in the meantime must not be passed by.
   */
  readonly isLast: (shardId: string, epoch: number) => Promise<boolean>;
}

/** More than any shard has in its life; the oldest go. 120 bytes each. */
const MOST_EPOCHS = 1_000;

/**
 * After a deployment Lambda may for a short while still give a batch to code that was replaced, which
 * begins an epoch of its own. The 15 minutes that an invocation can take at most are over then:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const UNSETTLED_MS = 20 * 60_000;
/** By how much the clocks of functions may differ. */
export const SKEW_MS = 60_000;

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
  const known = new Map<string, Epoch>();
  const isSettled = ({ since }: Epoch): boolean => now() - since >= UNSETTLED_MS;
  /** A batch behind the first one belongs to an epoch if it has done the first one. */
  const goesOn = ({ from, begun }: Epoch, first: string): boolean =>
    first === from || (begun && !isBefore(first, from));

  const change = async (
    shardId: string,
    next: (epochs: readonly Epoch[]) => readonly Epoch[] | null,
  ): Promise<Epoch> => {
    const item = await merge(store, keyOf(shardId), (before) => {
      const epochs = next(readEpochs(before))?.slice(-MOST_EPOCHS);
      if (epochs === undefined) return null;
      const revision = Number(before?.[ROWS]?.N ?? 0) + 1;
      return { set: { epochs: { S: JSON.stringify(epochs) }, [ROWS]: { N: String(revision) } } };
    });
    const last = readEpochs(item).at(-1)!;
    known.set(shardId, last);
    return last;
  };

  return {
    enter: async (shardId, first) => {
      const held = known.get(shardId);
      if (held !== undefined && isSettled(held) && goesOn(held, first)) return held.number;
      const { number } = await change(shardId, (epochs) => {
        const last = epochs.at(-1);
        if (last?.version === version && goesOn(last, first)) return null;
        const next = { version, from: first, since: now(), begun: false };
        return [...epochs, { number: (last?.number ?? 0) + 1, ...next }];
      });
      return number;
    },
    begin: async (shardId, epoch) => {
      const held = known.get(shardId);
      if (held?.number === epoch && held.begun) return;
      await change(shardId, (epochs) => {
        const last = epochs.at(-1);
        if (last?.number !== epoch || last.begun) return null;
        return [...epochs.slice(0, -1), { ...last, begun: true }];
      });
    },
    isLast: async (shardId, epoch) => {
      const last = readEpochs(await store.read(keyOf(shardId))).at(-1);
      if (last?.number === epoch) return true;
      known.delete(shardId);
      return false;
    },
  };
}

/** Whether readers of an epoch may have gone on without having noticed a later one. */
export function mayMiss(epoch: Epoch, later: Epoch): boolean {
  if (later.number <= epoch.number) return false;
  return later.since - epoch.since >= UNSETTLED_MS - SKEW_MS;
}

/** Whether its readers have had a record at this place, or one before it. */
export function isFrom({ from }: Epoch, position: Fence): boolean {
  return compareFences(fenceOf(from), position) <= 0;
}

/** In order; empty where nobody has read the shard. */
export function readEpochs(item: Attributes | null): readonly Epoch[] {
  return JSON.parse(item?.epochs?.S ?? '[]') as Epoch[];
}

function isBefore(a: string, b: string): boolean {
  return compareFences(fenceOf(a), fenceOf(b)) < 0;
}
