import { DAY_MS, UPDATES_PER_DAY } from '../scaling/limits.ts';
import type { History } from '../scaling/plan.ts';
import type { Operation, Shard } from '../scaling/ring.ts';
import type { Refusal } from './errors.ts';

/** What is remembered of a stream from one look to the next. All times in ms since 1970. */
export interface Memory {
  /** Calls of UpdateShardCount in the last 24 hours, each noted before it was made. */
  readonly updatedAt: readonly number[];
  /** AWS has said that no more are left, whoever made them: believed until then. */
  readonly exhaustedUntil: number;
  readonly grownAt: number | null;
  readonly shrunkAt: number | null;
  /** When an operation of ours was last found done. */
  readonly changedAt: number | null;
  /** When the load was last found uneven, or the first look. */
  readonly unevenAt: number;
  /** The call that was about to be made: it may have been made or not. */
  readonly pending: Pending | null;
}

export interface Pending {
  readonly at: number;
  readonly grows: boolean;
  /** What tells whether it has had effect: the new count, or a shard that it closes. */
  readonly count?: number;
  readonly closes?: string;
}

/**
 * How long a LimitExceeded is believed. The ten calls fall out of the 24 hours one after the other, at
 * times that only those know who made them: so it is asked again now and then.
 */
const BELIEVED_MS = 60 * 60_000;

export function freshMemory(now: number): Memory {
  return {
    updatedAt: [],
    exhaustedUntil: 0,
    grownAt: null,
    shrunkAt: null,
    changedAt: null,
    unevenAt: now,
    pending: null,
  };
}

export function historyOf(memory: Memory, now: number): History {
  const { updatedAt, exhaustedUntil, ...rest } = memory;
  const spent = now < exhaustedUntil ? Array.from({ length: UPDATES_PER_DAY }, () => now) : [];
  return { ...rest, updatedAt: [...updatedAt, ...spent] };
}

/**
 * Before a call: whoever comes next, after a crash too, knows that it may have been made. An update
 * counts from here on: rather one too many than one too few.
 */
export function withPending(
  memory: Memory,
  operation: Operation,
  shards: number,
  now: number,
): Memory {
  const isUpdate = operation.call === 'UpdateShardCount';
  const grows = isUpdate ? operation.count > shards : operation.call === 'SplitShard';
  const sign = isUpdate ? { count: operation.count } : { closes: operation.shardId };
  const updatedAt = memory.updatedAt.filter((at) => at > now - DAY_MS);
  return {
    ...memory,
    updatedAt: isUpdate ? [...updatedAt, now] : updatedAt,
    pending: { at: now, grows, ...sign },
  };
}

/** The shards of a stream that is ACTIVE tell what has come of a call that was about to be made. */
export function settled(memory: Memory, shards: readonly Shard[], now: number): Memory {
  const { pending } = memory;
  if (pending === null) return memory;
  const { at, grows, count, closes } = pending;
  const isDone =
    count === undefined ? !shards.some(({ id }) => id === closes) : shards.length === count;
  const done = grows ? { grownAt: at } : { shrunkAt: at };
  return { ...memory, pending: null, ...(isDone && { ...done, changedAt: now }) };
}

/** After an answer of AWS that is no success. */
export function withRefusal(
  memory: Memory,
  refusal: Refusal,
  operation: Operation,
  now: number,
): Memory {
  // A call is made again when its answer got lost, and is then told that the stream is UPDATING.
  if (refusal === 'in-use') return memory;
  const { pending, updatedAt } = memory;
  const isUpdate = operation.call === 'UpdateShardCount';
  return {
    ...memory,
    pending: null,
    updatedAt: isUpdate ? updatedAt.filter((at) => at !== pending?.at) : updatedAt,
    ...(isUpdate && refusal === 'limit' && { exhaustedUntil: now + BELIEVED_MS }),
  };
}
