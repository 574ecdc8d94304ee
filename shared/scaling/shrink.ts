import { updateBounds } from './limits.ts';
import type { PlanInput } from './plan.ts';
import {
  LAG_MS,
  LEAST_SHRINK,
  MERGE_AFTER_GROWTH_MS,
  SHRINK_AFTER_GROWTH_MS,
  SHRINK_AFTER_MERGE_MS,
  SHRINK_AFTER_UPDATE_MS,
  SHRINK_WINDOW_MS,
  shrinkBelow,
  UPDATES_KEPT_FOR_GROWTH,
} from './policy.ts';
import type { Change, ShardLoad, Situation } from './situation.ts';
import { minutesText, percent, shardsText } from './words.ts';

interface Pair {
  readonly left: ShardLoad;
  readonly right: ShardLoad;
  readonly now: number;
  readonly peak: number;
}

/** Fewer shards where fewer do; else the reason why it stays. */
export function planShrinking(situation: Situation): Change {
  const { loads, input, isEven, mayBeUniform, updatesLeft } = situation;
  const { min, max } = input.limits;
  if (loads.length > max) return shrink(situation, `above the maximum of ${max}`, loads.length);
  if (loads.length <= min) return { hold: `${shardsText(min)} are the minimum` };
  const wait = reasonToWait(situation);
  if (wait !== null) return { hold: wait };
  if (mayBeUniform && isEven && updatesLeft > UPDATES_KEPT_FOR_GROWTH) return uniformly(situation);
  return mergeColdest(situation);
}

function reasonToWait({ input, isThrottling }: Situation): string | null {
  const { lagMs, knownMs } = input.demand;
  if (lagMs > LAG_MS) return `consumers are ${minutesText(lagMs)} behind`;
  if (isThrottling) return 'records are turned away';
  if (knownMs < SHRINK_WINDOW_MS) return `known for ${minutesText(knownMs)} only`;
  return null;
}

/** What happened too lately; null if it may shrink now. */
function reasonToRest(
  input: PlanInput,
  afterGrowth: number,
  afterShrinking: number,
): string | null {
  const { history, now } = input;
  const grown = now - (history.grownAt ?? Number.NEGATIVE_INFINITY);
  const shrunk = now - (history.shrunkAt ?? Number.NEGATIVE_INFINITY);
  if (grown < afterGrowth) return `grew ${minutesText(grown)} ago`;
  return shrunk < afterShrinking ? `shrank ${minutesText(shrunk)} ago` : null;
}

/** An update, if it saves enough to spend one on it. */
function uniformly({ loads, wanted, wantedAtPeak, updatesLeft, input }: Situation): Change {
  const { min, target } = input.limits;
  const count = loads.length;
  const needed = Math.max(1, Math.ceil(Math.max(wanted, wantedAtPeak) / shrinkBelow(target)));
  const next = Math.max(needed, min, updateBounds(count).least);
  const isWorth = next <= Math.floor(count * LEAST_SHRINK) || next === Math.min(min, count - 1);
  if (!isWorth) return { hold: `${shardsText(Math.min(needed, count))} would do` };
  const rest = reasonToRest(input, SHRINK_AFTER_GROWTH_MS, SHRINK_AFTER_UPDATE_MS);
  if (rest !== null) return { hold: rest };
  return {
    kind: 'uniform',
    operation: { call: 'UpdateShardCount', count: next },
    why: `${count} to ${shardsText(next)}: the highest minute of the last ${minutesText(SHRINK_WINDOW_MS)} needs ${wantedAtPeak.toFixed(1)} full shards; ${updatesLeft} of the day's 10 updates are left`,
  };
}

function mergeColdest({ loads, input }: Situation): Change {
  const below = shrinkBelow(input.limits.target);
  const pair = coldestPair(loads);
  if (pair === null || Math.max(pair.now, pair.peak) > below) {
    return { hold: `no two neighbours stay below ${percent(below)} together` };
  }
  const rest = reasonToRest(input, MERGE_AFTER_GROWTH_MS, SHRINK_AFTER_MERGE_MS);
  return rest === null ? merge(pair, 'cold neighbours') : { hold: rest };
}

/** Too many shards by someone else's doing, or by a lowered maximum: back within it, load or not. */
function shrink(
  { loads, mayBeUniform, updatesLeft, input }: Situation,
  reason: string,
  count: number,
): Change {
  if (mayBeUniform && updatesLeft > 0) {
    const next = Math.max(input.limits.max, updateBounds(count).least);
    return {
      kind: 'uniform',
      operation: { call: 'UpdateShardCount', count: next },
      why: `${count} to ${shardsText(next)}: ${reason}`,
    };
  }
  return merge(coldestPair(loads)!, reason);
}

/** The two neighbours that together carry least; of equals, those that were one shard before. */
export function coldestPair(loads: readonly ShardLoad[]): Pair | null {
  let coldest: Pair | null = null;
  for (let i = 1; i < loads.length; i++) {
    const [left, right] = [loads[i - 1]!, loads[i]!];
    const pair = { left, right, now: left.now + right.now, peak: left.peak + right.peak };
    if (coldest === null || isColder(pair, coldest)) coldest = pair;
  }
  return coldest;
}

function isColder(a: Pair, b: Pair): boolean {
  const difference = Math.max(a.now, a.peak) - Math.max(b.now, b.peak);
  if (Math.abs(difference) > 0.01) return difference < 0;
  return areSiblings(a) && !areSiblings(b);
}

function areSiblings({ left, right }: Pair): boolean {
  return left.shard.parents.some((parent) => right.shard.parents.includes(parent));
}

export function merge({ left, right, now, peak }: Pair, reason: string): Change {
  return {
    kind: 'merge',
    operation: { call: 'MergeShards', shardId: left.shard.id, adjacentId: right.shard.id },
    why: `merge ${left.shard.id} and ${right.shard.id}, together ${percent(Math.max(now, peak))} full: ${reason}`,
  };
}
