import { hottestKey, weightedCut } from './heat-range.ts';
import { updateBounds } from './limits.ts';
import { inShards } from './load.ts';
import { coldestPairs, merge } from './pairs.ts';
import { BURST_MINUTES, KEY_SHARE, LEAST_GROWTH, MANY_HOT } from './policy.ts';
import type { Operation } from './ring.ts';
import type { Change, ShardLoad, Situation } from './situation.ts';
import { percent, shardsText, throttledText } from './words.ts';

/** What relieves the hot shards; null if none is hot. */
export function planGrowth(situation: Situation): Change | null {
  const { loads, hottest, hot, isThrottling, isLocal, isEven, input } = situation;
  const { min, max } = input.limits;
  if (loads.length < min) return grow(situation, `below the minimum of ${min}`);
  if (hottest.now <= hot && !isThrottling) return null;
  if (loads.length > max || input.demand.isDraining) return null;
  const isUnseen = isLocal && isEven && hottest.now <= hot;
  if (!isUnseen) return grow(situation, reasonToGrow(situation));
  const minutes = input.demand.throttledMinutes;
  if (minutes >= BURST_MINUTES)
    return grow(situation, `bursts within a minute: ${reasonToGrow(situation)}`);
  return { hold: `${throttledText(situation.throttled)}; heat does not show yet by which shard` };
}

function reasonToGrow({
  hottest,
  mean,
  hot,
  isThrottling,
  isEven,
  throttled,
  input,
}: Situation): string {
  const which = isEven
    ? `shards are ${percent(mean)} full on the mean`
    : `${hottest.shard.id} is ${percent(hottest.now)} full, the mean ${percent(mean)}`;
  const rise = input.demand.growth > 1.01 ? `, with the rise of the last minutes carried on` : '';
  const turned = isThrottling ? `; ${throttledText(throttled)}` : '';
  return `${which}${rise} (hot above ${percent(hot)})${turned}`;
}

function grow(situation: Situation, reason: string): Change {
  const { loads, mayBeUniform, isEven, isLocal, hot, updatesLeft, input } = situation;
  const { max } = input.limits;
  const count = uniformCount(situation);
  const many = loads.filter(({ now }) => now > hot).length > loads.length * MANY_HOT;
  const isForAll =
    loads.length < input.limits.min || isEven || (!isLocal && many && loads.length > 2);
  if (mayBeUniform && isForAll && updatesLeft > 0 && count > loads.length) {
    return {
      kind: 'uniform',
      operation: { call: 'UpdateShardCount', count },
      why: `${loads.length} to ${shardsText(count)}: ${reason}; ${updatesLeft} of the day's 10 updates are left`,
    };
  }
  if (loads.length >= max) return makeRoom(situation, reason);
  return splitHottest(situation, reason);
}

/** The count for the target, at least a worthwhile step, within the API's and the user's bounds. */
function uniformCount({ loads, wanted, input }: Situation): number {
  const { min, max, target } = input.limits;
  const count = loads.length;
  const least = count < min ? min : Math.max(count + 1, Math.round(count * LEAST_GROWTH));
  const most = Math.min(max, updateBounds(count).most);
  return Math.min(most, Math.max(least, Math.ceil(wanted / target)));
}

/** At the maximum: two cold neighbours make room for a hot shard's half. */
function makeRoom(situation: Situation, reason: string): Change {
  const { loads, hottest, input } = situation;
  const { min, max, target } = input.limits;
  const [pair] = coldestPairs(loads);
  const below = Math.min(target, hottest.now / 2);
  const isCold = pair !== undefined && pair.load <= below;
  const canSplit = hottest.shard.range.start < hottest.shard.range.end;
  if (isCold && canSplit && loads.length > min) {
    return merge(pair, `room for a split, as ${max} shards are the maximum: ${reason}`);
  }
  return { hold: `${reason}; ${shardsText(max)} are the maximum` };
}

/** The hottest shard that can be split: a shard of one hash key is passed over. */
function splitHottest(situation: Situation, reason: string): Change {
  const { loads, hot, isThrottling, input } = situation;
  const isWanted = ({ now }: ShardLoad): boolean =>
    now > hot || isThrottling || loads.length < input.limits.min;
  const hotFirst = loads.filter(isWanted).toSorted((a, b) => b.now - a.now);
  for (const load of hotFirst) {
    const change = split(load, situation, reason);
    if (change !== null) return change;
  }
  return { hold: `${reason}; ${hotFirst[0]!.shard.id} is one hash key and cannot be split` };
}

/** A cut that leaves the same load on both sides; beside a hot key, as near to that as can be. */
function split({ shard, now }: ShardLoad, situation: Situation, reason: string): Change | null {
  const { loads, cells } = situation;
  const at = weightedCut(cells, shard.range);
  if (at === null) return null;
  const operation: Operation = { call: 'SplitShard', shardId: shard.id, at };
  const counts = `${loads.length} to ${shardsText(loads.length + 1)}`;
  const key = hottestKey(cells, shard.range);
  const part = key === null ? 0 : inShards(key.load) / now;
  if (part > KEY_SHARE && (at === key!.hashKey || at === key!.hashKey + 1n)) {
    const what = `cut hash key ${key!.hashKey}, ${percent(part)} of its load, out of ${shard.id} at ${at}`;
    return { kind: 'isolate', operation, why: `${counts}, ${what}: ${reason}` };
  }
  const what = `split ${shard.id} at ${at}, half of its load on each side`;
  return { kind: 'split', operation, why: `${counts}, ${what}: ${reason}` };
}
