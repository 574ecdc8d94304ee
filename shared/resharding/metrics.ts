import type { MetricMinute } from '../scaling/demand.ts';
import { SHRINK_WINDOW_MS } from '../scaling/policy.ts';

const MINUTE_MS = 60_000;

/** What CloudWatch knows of a stream, by minutes. */
export interface StreamMetrics {
  /** Any order; a minute without any data is left out. */
  readonly minutes: readonly MetricMinute[];
  /** The furthest that a consumer was behind in the last of them, ms. */
  readonly lagMs: number;
}

/** Reads the minutes that begin at `from` or later and before `to`, both whole minutes in ms. */
export type ReadMetrics = (stream: string, from: number, to: number) => Promise<StreamMetrics>;

/** So late a minute may show: older ones without data were idle. */
const LATE_MS = 3 * MINUTE_MS;
/** What growth and shrinking look at, and what a minute may be late. */
const WINDOW_MS = SHRINK_WINDOW_MS + LATE_MS;

/**
 * The minutes to decide by, and where they end. CloudWatch shows a minute some time after its end: the
 * newest one with data is the last that is known, and only what has long been over without any was idle.
 */
export async function knownMinutes(
  read: ReadMetrics,
  stream: string,
  now: number,
): Promise<StreamMetrics & { readonly until: number }> {
  const end = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const { minutes, lagMs } = await read(stream, end - WINDOW_MS, end);
  const newest = minutes.reduce((latest, { at }) => Math.max(latest, at + MINUTE_MS), 0);
  return { minutes, lagMs, until: Math.max(newest, end - LATE_MS) };
}
