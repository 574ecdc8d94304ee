import { higher, type Load, NO_LOAD, plus, times, weightOf } from './load.ts';
import {
  DRAINING,
  SHRINK_WINDOW_MS,
  TREND_AHEAD_MINUTES,
  TREND_DOUBT,
  TREND_MINUTES,
} from './policy.ts';

const MINUTE_MS = 60_000;
const MINUTE_SECONDS = 60;

/**
 * One minute of a stream's own metrics (namespace AWS/Kinesis, dimension StreamName, period 60 s,
 * statistic Sum). A minute that CloudWatch has no data for is left out.
 */
export interface MetricMinute {
  /** Its start, ms. */
  readonly at: number;
  /** IncomingBytes and IncomingRecords: what was taken. */
  readonly bytes: number;
  readonly records: number;
  /** WriteProvisionedThroughputExceeded: records turned away, each try counted. */
  readonly throttled: number;
}

/** What producers want of a stream, per second. */
export interface Demand {
  /** What the stream took in the last whole minutes. */
  readonly seen: Load;
  /** What it turned away: the metrics of successful puts saturate and do not show it. */
  readonly hidden: Load;
  /**
   * Less is turned away than a minute before: what still is, and what fills the shards, are retries of
   * an earlier rush. Retries pile up as long as there are too few shards, so now there are enough.
   */
  readonly isDraining: boolean;
  /** How many times as much it will be when a decision of now has effect, by the trend: 1 to 2. */
  readonly growth: number;
  /** The most that was wanted in any minute of the window for shrinking. */
  readonly peak: Load;
  /** For how many minutes on end records have been turned away. */
  readonly throttledMinutes: number;
  /** The end of the last minute. */
  readonly until: number;
  /** How long the metrics reach back, at most that window. Below it, shrinking waits. */
  readonly knownMs: number;
  /** The furthest that a consumer is behind. */
  readonly lagMs: number;
}

/**
 * Demand from the minutes of the last half hour (any order; the running minute is left out by the
 * caller). Minutes missing between them count as no traffic: Kinesis publishes nothing for an idle
 * stream. `since` says from when on the stream was watched, so that an idle one is known to be.
 */
export function demandOf(
  minutes: readonly MetricMinute[],
  {
    since,
    until,
    lagMs,
  }: { readonly since: number; readonly until: number; readonly lagMs: number },
): Demand {
  const byStart = new Map(minutes.map((minute) => [Math.floor(minute.at / MINUTE_MS), minute]));
  const end = Math.floor(until / MINUTE_MS);
  const from = Math.max(Math.ceil(since / MINUTE_MS), end - SHRINK_WINDOW_MS / MINUTE_MS);
  const known = Array.from({ length: Math.max(0, end - from) }, (_, i) =>
    ratesOf(byStart.get(from + i)),
  );
  const wanted = known.map(({ seen, hidden }) => plus(seen, hidden));
  const last = known.at(-1) ?? { seen: NO_LOAD, hidden: NO_LOAD };
  return {
    seen: last.seen,
    hidden: last.hidden,
    isDraining: isDraining(
      byStart.get(end - 2)?.throttled ?? 0,
      byStart.get(end - 1)?.throttled ?? 0,
    ),
    growth: growthOf(wanted.slice(-TREND_MINUTES)),
    peak: wanted.reduce(higher, NO_LOAD),
    throttledMinutes: known.length - 1 - known.findLastIndex(({ hidden }) => hidden.records === 0),
    until: end * MINUTE_MS,
    knownMs: known.length * MINUTE_MS,
    lagMs,
  };
}

function ratesOf(minute: MetricMinute | undefined): { seen: Load; hidden: Load } {
  if (minute === undefined) return { seen: NO_LOAD, hidden: NO_LOAD };
  const seen = times(minute, 1 / MINUTE_SECONDS);
  // A retry is counted again, so this may be too much; more than double cannot be ordered anyway.
  const throttled = Math.min(minute.throttled, Math.max(minute.records, 1));
  const part = minute.records > 0 ? throttled / minute.records : 0;
  return { seen, hidden: times(seen, part) };
}

function isDraining(before: number, last: number): boolean {
  return before > 0 && last < before * DRAINING;
}

/**
 * The line of least squares through the weights, carried on and compared with its present value. Its slope
 * counts less some of its standard errors: what noise alone may pretend is not carried on.
 */
function growthOf(wanted: readonly Load[]): number {
  const weights = wanted.map(weightOf);
  const n = weights.length;
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / n;
  if (n < TREND_MINUTES || mean === 0) return 1;
  const middle = (n - 1) / 2;
  const spread = weights.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  const slope = weights.reduce((sum, w, i) => sum + (i - middle) * (w - mean), 0) / spread;
  const errors = weights.reduce((sum, w, i) => sum + (w - mean - slope * (i - middle)) ** 2, 0);
  const certain = slope - TREND_DOUBT * Math.sqrt(errors / (n - 2) / spread);
  const present = Math.max(mean + slope * middle, weights.at(-1)!);
  return Math.min(2, Math.max(1, 1 + (certain * TREND_AHEAD_MINUTES) / present));
}
