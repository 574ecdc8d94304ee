import { loadsOf, weightedCut } from './heat-range.ts';
import { inShards } from './load.ts';
import { SHIFT_SLACK, SIBLINGS_BELOW } from './policy.ts';
import type { Change, ShardLoad, Situation } from './situation.ts';
import { percent, shardsText } from './words.ts';

/**
 * Three neighbours that would fit into two shards, though no two of them fit into one: the middle one is
 * cut so that each of its sides fills a neighbour up; the two merges that follow are planned like any.
 * Null if there are no such three.
 */
export function planShift(situation: Situation, below: number): Change | null {
  const { loads, cells, input } = situation;
  if (loads.length >= input.limits.max) return null;
  const most = below * SHIFT_SLACK * 2;
  const found = loads
    .slice(2)
    .map((right, i) => ({ left: loads[i]!, middle: loads[i + 1]!, right }))
    .filter((three) => three.middle.now > below * SIBLINGS_BELOW && sum(three) <= most)
    .toSorted((a, b) => sum(a) - sum(b));
  for (const three of found) {
    const { left, middle } = three;
    const wanted = (three.left.now + middle.now + three.right.now) / 2 - left.now;
    const part = Math.min(1, Math.max(0, wanted / middle.now));
    const at = weightedCut(cells, middle.shard.range, part);
    if (at === null) continue;
    const cut = [{ start: middle.shard.range.start, end: at - 1n }];
    const first = (inShards(loadsOf(cells, cut)[0]!) / middle.now) * peakOf(middle);
    const fits =
      peakOf(left) + first <= below && peakOf(middle) - first + peakOf(three.right) <= below;
    if (!fits) continue;
    return {
      kind: 'split',
      operation: { call: 'SplitShard', shardId: middle.shard.id, at },
      why: `${loads.length} to ${shardsText(loads.length + 1)} on the way to ${loads.length - 1}: split ${middle.shard.id} at ${at}, one side for each of its neighbours: the three are ${percent(sum(three))} full together and fit into two`,
    };
  }
  return null;
}

interface Three {
  readonly left: ShardLoad;
  readonly middle: ShardLoad;
  readonly right: ShardLoad;
}

function sum({ left, middle, right }: Three): number {
  return peakOf(left) + peakOf(middle) + peakOf(right);
}

function peakOf({ now, peak }: ShardLoad): number {
  return Math.max(now, peak);
}
