import { UPDATES_PER_DAY, updateBounds } from '../../shared/scaling/limits.ts';
import { uniformRanges } from '../../shared/scaling/ring.ts';
import { bestRanges, fewestRanges, MOST_UNIFORM, uniformNeeds, worstMoments } from './needs.ts';
import type { Layouts } from './stream.ts';
import { STEPS_PER_HOUR, type Trace } from './traces.ts';

/** The oracle decides every five minutes: longer than any operation of these traces takes. */
const SLOT_STEPS = STEPS_PER_HOUR / 12;
const SLOTS_PER_DAY = 24 * 12;
/** Splits and merges that fit into a slot, one after the other. */
const CUTS_PER_SLOT = 10;

/** Counts of shards for each slot, and what they cost. */
export interface Schedule {
  readonly counts: readonly number[];
  readonly start: number;
  readonly layouts: Layouts;
  /** Updates of the count, or single splits and merges. */
  readonly operations: number;
}

/**
 * The fewest shard-hours by which no record is throttled, with the whole trace known beforehand and every
 * change ready just when it is needed. Found by dynamic programming over slots of five minutes.
 *
 * `uniform`: by UpdateShardCount, from half to double, at most ten in each day from midnight to midnight
 * (a rolling day allows less). `cut`: the ranges are at every moment the best that this count can have,
 * which no sequence of splits and merges quite reaches, and the count changes by ten a slot at most.
 * Both are bounds from below: they do better than any scaler can.
 */
export function oracle(trace: Trace, way: 'uniform' | 'cut'): Schedule {
  const steps = trace.parts[0]!.rates.length;
  const slots = Math.ceil(steps / SLOT_STEPS);
  const needOf = way === 'uniform' ? uniformNeeds(trace) : undefined;
  const moments = Array.from({ length: slots }, (_, slot) =>
    worstMoments(trace, slot * SLOT_STEPS, Math.min(steps, (slot + 1) * SLOT_STEPS)),
  );
  const needs = moments.map((worst) =>
    worst.reduce(
      (most, moment) => Math.max(most, needOf?.(moment) ?? fewestRanges(trace, moment).length),
      1,
    ),
  );
  const counts = way === 'uniform' ? cheapest(needs, updates) : cheapest(needs, cuts);
  const layouts: Layouts = (step) => {
    if (step % SLOT_STEPS !== 0) return null;
    const slot = step / SLOT_STEPS;
    const count = counts[slot]!;
    if (way === 'uniform')
      return slot > 0 && counts[slot - 1] === count ? null : uniformRanges(count);
    return bestRanges(trace, moments[slot]![0]!, count);
  };
  const changes = counts.slice(1).map((count, i) => Math.abs(count - counts[i]!));
  const operations = changes.reduce(
    (sum, step) => sum + (way === 'cut' ? step : Math.sign(step)),
    0,
  );
  return { counts, start: counts[0]!, layouts, operations };
}

/** Which counts may follow, and whether that takes one of the day's updates. */
interface Rule {
  readonly bounds: (count: number) => { readonly least: number; readonly most: number };
  readonly budget: number;
}

const updates: Rule = { bounds: updateBounds, budget: UPDATES_PER_DAY };
const cuts: Rule = {
  bounds: (count) => ({ least: Math.max(1, count - CUTS_PER_SLOT), most: count + CUTS_PER_SLOT }),
  budget: 0,
};

/** The counts with the least sum that never fall below the needs and keep the rule. */
function cheapest(needs: readonly number[], { bounds, budget }: Rule): number[] {
  const most = Math.min(MOST_UNIFORM, needs.reduce((a, b) => Math.max(a, b), 1) * 2);
  const width = budget + 1;
  const size = (most + 1) * width;
  let costs: Float64Array = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
  for (let count = needs[0]!; count <= most; count++) costs[count * width] = count;
  const from: Int32Array[] = [];
  for (let slot = 1; slot < needs.length; slot++) {
    if (slot % SLOTS_PER_DAY === 0) costs = newDay(costs, width, from, slot);
    const next = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
    const back = new Int32Array(size).fill(-1);
    for (let count = 1; count <= most; count++) {
      const { least, most: highest } = bounds(count);
      for (let used = 0; used < width; used++) {
        const state = count * width + used;
        if (costs[state] === Number.POSITIVE_INFINITY) continue;
        for (let then = Math.max(least, needs[slot]!); then <= Math.min(most, highest); then++) {
          const spent = budget === 0 || then === count ? used : used + 1;
          if (spent >= width) continue;
          const to = then * width + spent;
          const cost = costs[state]! + then;
          if (cost < next[to]!) {
            next[to] = cost;
            back[to] = state;
          }
        }
      }
    }
    costs = next;
    from.push(back);
  }
  return traced(costs, from, width, needs.length);
}

/** At midnight the updates are all there again: the cheapest way to each count goes on with none used. */
function newDay(
  costs: Float64Array,
  width: number,
  from: Int32Array[],
  slot: number,
): Float64Array {
  const fresh = new Float64Array(costs.length).fill(Number.POSITIVE_INFINITY);
  const back = from[slot - 2];
  for (let count = 0; count < costs.length / width; count++) {
    let best = count * width;
    for (let used = 1; used < width; used++) {
      if (costs[count * width + used]! < costs[best]!) best = count * width + used;
    }
    fresh[count * width] = costs[best]!;
    if (back !== undefined) back[count * width] = back[best]!;
  }
  return fresh;
}

function traced(
  costs: Float64Array,
  from: readonly Int32Array[],
  width: number,
  slots: number,
): number[] {
  let state = costs.reduce((best, cost, i) => (cost < costs[best]! ? i : best), 0);
  const counts = new Array<number>(slots);
  for (let slot = slots - 1; slot >= 0; slot--) {
    counts[slot] = Math.floor(state / width);
    if (slot > 0) state = from[slot - 1]![state]!;
  }
  return counts;
}
