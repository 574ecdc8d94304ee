import type { Limits } from '../../shared/scaling/plan.ts';
import { DEFAULT_LIMITS } from '../../shared/scaling/policy.ts';
import { uniformNeeds, worstMoments } from './needs.ts';
import { oracle } from './oracle.ts';
import { doubling, fixed, percentSteps, sluice } from './scalers.ts';
import { runTrace, type Totals } from './stream.ts';
import type { Trace } from './traces.ts';

/** Who is compared, in the order of the tables. */
export const NAMES = [
  'sluice',
  'doubling',
  'percent steps',
  'static for the peak',
  'oracle',
  'oracle, uniform only',
] as const;
export type Name = (typeof NAMES)[number];

/** One trace and all that was tried on it. The uniform oracle only where the keys are skewed. */
export interface Comparison {
  readonly trace: string;
  readonly about: string;
  readonly isSkewed: boolean;
  readonly results: Partial<Record<Name, Totals>>;
}

/** The default policy; more shards than any trace needs. */
export const LIMITS: Limits = { ...DEFAULT_LIMITS, max: 64 };

/** All scalers on one trace, each beginning with the shards that its first moment asks for. */
export function compare(trace: Trace): Comparison {
  const first = trace.parts.reduce((sum, { rates }) => sum + rates[0]!, 0);
  const start = Math.max(LIMITS.min, Math.ceil(first / LIMITS.target));
  const foreseen = (way: 'uniform' | 'cut'): Totals => {
    const { start: begin, layouts, operations } = oracle(trace, way);
    return { ...runTrace(trace, begin, { layouts }), operations };
  };
  const { name, about, isSkewed } = trace;
  return {
    trace: name,
    about,
    isSkewed,
    results: {
      sluice: runTrace(trace, start, { scaler: sluice(LIMITS) }),
      doubling: runTrace(trace, start, { scaler: doubling }),
      'percent steps': runTrace(trace, start, { scaler: percentSteps() }),
      'static for the peak': runTrace(trace, peakShards(trace), { scaler: fixed }),
      oracle: foreseen(isSkewed ? 'cut' : 'uniform'),
      ...(isSkewed ? { 'oracle, uniform only': foreseen('uniform') } : {}),
    },
  };
}

/** The fewest equal shards that throttle nothing in the whole trace. */
function peakShards(trace: Trace): number {
  const needOf = uniformNeeds(trace);
  return worstMoments(trace, 0, trace.parts[0]!.rates.length).reduce(
    (most, moment) => Math.max(most, needOf(moment)),
    1,
  );
}

/** Sums over all traces; the longest lag is the longest of all. */
export function sumOf(comparisons: readonly Comparison[], name: Name): Totals {
  const zero: Totals = {
    shardHours: 0,
    throttled: 0,
    records: 0,
    minutesOver: 0,
    operations: 0,
    longestLag: 0,
    mostShards: 0,
  };
  return comparisons.reduce((sum, { results }) => {
    const one = results[name];
    if (one === undefined) return sum;
    return {
      shardHours: sum.shardHours + one.shardHours,
      throttled: sum.throttled + one.throttled,
      records: sum.records + one.records,
      minutesOver: sum.minutesOver + one.minutesOver,
      operations: sum.operations + one.operations,
      longestLag: Math.max(sum.longestLag, one.longestLag),
      mostShards: Math.max(sum.mostShards, one.mostShards),
    };
  }, zero);
}
