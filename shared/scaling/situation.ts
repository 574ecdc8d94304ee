import { hottestKey, layOver, loadsOf, type RatedCells, rangesOf } from './heat-range.ts';
import { updatesLeft } from './limits.ts';
import { inShards, type Load, NO_LOAD, plus, times } from './load.ts';
import type { Plan, PlanInput } from './plan.ts';
import {
  EVEN_AGAIN_MS,
  EVEN_SKEW,
  FILLED_AGAIN,
  FULL_STREAM,
  hotAbove,
  KEY_WORTH_SALTING,
  THROTTLED_SHARE,
} from './policy.ts';
import { inOrder, isUniform, type Shard, uniformRanges } from './ring.ts';
import { keyAdvice } from './words.ts';

const MINUTE_MS = 60_000;

export interface ShardLoad {
  readonly shard: Shard;
  /** Utilisation by what is wanted soon, 1 is a full shard: seen, hidden and trend. */
  readonly now: number;
  /** By the highest minute of the window for shrinking. */
  readonly peak: number;
}

/** What a plan is made from: the input, laid over the ring. */
export interface Situation {
  readonly input: PlanInput;
  /** In the order of the ring. */
  readonly loads: readonly ShardLoad[];
  readonly cells: RatedCells;
  readonly hottest: ShardLoad;
  readonly mean: number;
  /** How many full shards all of it is, if it could be cut at will. */
  readonly wanted: number;
  readonly wantedAtPeak: number;
  /** As many equal shards would carry about the same. */
  readonly isEven: boolean;
  /** UpdateShardCount would undo nothing that an uneven load needs. */
  readonly mayBeUniform: boolean;
  readonly hot: number;
  readonly isThrottling: boolean;
  /** Records are turned away though the mean shard has room. */
  readonly isLocal: boolean;
  readonly throttled: number;
  readonly updatesLeft: number;
  readonly advice: readonly string[];
}

/** A plan without its surroundings, or why there is none. */
export type Change = Pick<Plan, 'kind' | 'operation' | 'why'> | { readonly hold: string };

export function situationOf(input: PlanInput): Situation {
  const { demand, heat, limits, history, now } = input;
  const shards = inOrder(input.shards);
  const fresh = freshHidden(input);
  const cells = layOver(times(demand.seen, demand.growth), heat);
  const loads = withHidden(shards, cells, fresh, input);
  const hottest = loads.reduce((most, one) => (one.now > most.now ? one : most));
  const mean = loads.reduce((sum, load) => sum + load.now, 0) / loads.length;
  const isEven = skewOf(cells, shards.length) <= EVEN_SKEW;
  const seen = inShards(demand.seen);
  const hidden = inShards(fresh);
  const throttled = hidden === 0 ? 0 : hidden / (seen + hidden);
  return {
    input: { ...input, shards },
    loads,
    cells,
    hottest,
    mean,
    wanted: inShards(plus(times(demand.seen, demand.growth), fresh)),
    wantedAtPeak: inShards(demand.peak),
    isEven,
    mayBeUniform: isUniform(shards) || (isEven && now - history.unevenAt >= EVEN_AGAIN_MS),
    hot: hotAbove(limits.target),
    isThrottling: throttled > THROTTLED_SHARE,
    isLocal: throttled > THROTTLED_SHARE && heat !== null && seen < FULL_STREAM * loads.length,
    throttled,
    updatesLeft: updatesLeft(history.updatedAt, now),
    advice: adviceOn(shards, cells),
  };
}

/** How many times the mean the hottest of so many equal shards would carry; 1 if there is no load. */
function skewOf(cells: RatedCells, count: number): number {
  const loads = loadsOf(cells, uniformRanges(count)).map(inShards);
  const sum = loads.reduce((a, b) => a + b, 0);
  return sum === 0 ? 1 : (loads.reduce((a, b) => Math.max(a, b)) * count) / sum;
}

/** Shards with this part of the hottest one's load may be those that turn records away. */
const NEARLY_HOTTEST = 0.9;

/**
 * What the present shards turn away: not what was before the last operation was done, unless so much was
 * taken since that the new shards are full already.
 */
function freshHidden({ demand, history, shards }: PlanInput): Load {
  const isFresh = history.changedAt === null || demand.until - MINUTE_MS >= history.changedAt;
  const isFull = inShards(demand.seen) > shards.length * FILLED_AGAIN;
  return isFresh || isFull ? demand.hidden : NO_LOAD;
}

/** What is turned away belongs to the shards that are full, not to all. */
function withHidden(
  shards: readonly Shard[],
  cells: RatedCells,
  fresh: Load,
  { demand, heat }: PlanInput,
): ShardLoad[] {
  const ranges = rangesOf(shards);
  const seen = loadsOf(cells, ranges).map(inShards);
  const peak = loadsOf(layOver(demand.peak, heat), ranges).map(inShards);
  const most = seen.reduce((a, b) => Math.max(a, b), 0);
  const shares = seen.map((load) => (load >= most * NEARLY_HOTTEST ? load || 1 : 0));
  const all = shares.reduce((sum, share) => sum + share, 0);
  const hidden = inShards(fresh);
  return shards.map((shard, i) => ({
    shard,
    now: seen[i]! + Math.min((hidden * shares[i]!) / all, Math.max(1, seen[i]!)),
    peak: peak[i]!,
  }));
}

function adviceOn(shards: readonly Shard[], cells: RatedCells): string[] {
  return shards.flatMap(({ id, range }) => {
    const key = hottestKey(cells, range);
    const load = key === null ? 0 : inShards(key.load);
    return load < KEY_WORTH_SALTING ? [] : [keyAdvice(key!.hashKey, load, id)];
  });
}
