import { updateBounds } from './limits.ts';
import { coldestPairs, merge, mergeable } from './pairs.ts';
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
import { planShift } from './shift.ts';
import type { Change, Situation } from './situation.ts';
import { minutesText, percent, shardsText } from './words.ts';

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

function mergeColdest(situation: Situation): Change {
  const { loads, input } = situation;
  const below = shrinkBelow(input.limits.target);
  const pair = mergeable(loads, below);
  const change = pair === null ? planShift(situation, below) : merge(pair, 'cold neighbours');
  if (change === null) return { hold: `no two neighbours stay below ${percent(below)} together` };
  const rest = reasonToRest(input, MERGE_AFTER_GROWTH_MS, SHRINK_AFTER_MERGE_MS);
  return rest === null ? change : { hold: rest };
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
  return merge(coldestPairs(loads)[0]!, reason);
}
