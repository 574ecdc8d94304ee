import type { Demand } from './demand.ts';
import { planGrowth } from './grow.ts';
import type { Heat } from './heat.ts';
import type { Operation, Shard } from './ring.ts';
import { planShrinking } from './shrink.ts';
import { type Situation, situationOf } from './situation.ts';
import { holdText } from './words.ts';

/** What streams.yml sets for a stream. */
export interface Limits {
  /** The count of open shards never leaves these by a plan; one outside is led back in. */
  readonly min: number;
  readonly max: number;
  /** The utilisation that resizing aims at, above 0 to 1: a shard's worst of bytes and records. */
  readonly target: number;
}

/** What was done to the stream before, ms since 1970. Kept by whoever carries plans out. */
export interface History {
  /** Calls of UpdateShardCount, at least those of the last 24 hours, also failed or foreign ones. */
  readonly updatedAt: readonly number[];
  /** When the last operation that added shards, or took some away, was begun. */
  readonly grownAt: number | null;
  readonly shrunkAt: number | null;
  /** When the last operation was found done. What was turned away before is no longer a reason. */
  readonly changedAt: number | null;
  /**
   * When a plan last found the load uneven (`figures.isEven` false); the start of the watch while none
   * has. So long ago that unequal ranges may be made equal: EVEN_AGAIN_MS.
   */
  readonly unevenAt: number;
}

export interface PlanInput {
  readonly now: number;
  /** The open shards of a stream that is ACTIVE. */
  readonly shards: readonly Shard[];
  /** Null while nothing is known: load is then taken as even. */
  readonly heat: Heat | null;
  readonly demand: Demand;
  readonly limits: Limits;
  readonly history: History;
}

/** What to do next. One operation at a time: carried out, then planned anew from what is there. */
export interface Plan {
  /** isolate: a split beside a single hot key, which two of them cut out. */
  readonly kind: 'hold' | 'uniform' | 'split' | 'isolate' | 'merge';
  /** Null for hold. */
  readonly operation: Operation | null;
  /** In words and numbers, for a person and for the log. */
  readonly why: string;
  /** What no resharding mends: a key to salt, a maximum that is too low. */
  readonly advice: readonly string[];
  readonly figures: Figures;
}

/** For a log line, a metric or a drawing. Utilisations: 1 is a full shard. */
export interface Figures {
  readonly shards: number;
  /** Of the mean shard and the hottest, by what is wanted soon. */
  readonly mean: number;
  readonly hottest: number;
  readonly hottestShard: string;
  /** Of each shard, in the order of the ring. */
  readonly utilisation: readonly {
    readonly shardId: string;
    readonly now: number;
    readonly peak: number;
  }[];
  /** Part of what producers send that is turned away, 0 to 1. */
  readonly throttled: number;
  readonly updatesLeft: number;
  /** As many equal shards would carry about the same. */
  readonly isEven: boolean;
}

/**
 * Decides what to do with a stream's shards. Pure: the same input gives the same plan.
 *
 * Growth comes first and at once, shrinking late and never while consumers lag. An even load is
 * followed by UpdateShardCount, as far as ten a day go; all else by splits at the weighted point and
 * merges of cold neighbours. What was cut for an uneven load is not made equal by a uniform call before
 * the load has been even for a day. Throws RangeError if the shards are no partition of the ring or the
 * limits make no sense.
 */
export function planScaling(input: PlanInput): Plan {
  const { min, max, target } = input.limits;
  if (!(min >= 1 && min <= max && target > 0 && target <= 1)) {
    throw new RangeError(`no limits: min ${min}, max ${max}, target ${target}`);
  }
  const situation = situationOf(input);
  const change = planGrowth(situation) ?? planShrinking(situation);
  const plan =
    'hold' in change ? { kind: 'hold' as const, operation: null, why: change.hold } : change;
  return {
    ...plan,
    why: plan.kind === 'hold' ? holdText(situation, plan.why) : plan.why,
    advice: situation.advice,
    figures: figuresOf(situation),
  };
}

function figuresOf(situation: Situation): Figures {
  const { loads, mean, hottest, throttled, updatesLeft, isEven } = situation;
  return {
    shards: loads.length,
    mean,
    hottest: hottest.now,
    hottestShard: hottest.shard.id,
    utilisation: loads.map(({ shard, now, peak }) => ({ shardId: shard.id, now, peak })),
    throttled,
    updatesLeft,
    isEven,
  };
}
