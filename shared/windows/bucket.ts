import type { Bucket } from '../sql/plan.ts';
import { monthOf, monthStart } from '../sql/run/calendar.ts';

/**
 * The start of the bucket that holds `time` (milliseconds since 1970 UTC). Buckets count from
 * 1970-01-01 in whole units, downwards before it; months go by the calendar.
 * Source of the rule: kda dialect, section 5.
 */
export function bucketStart(time: number, bucket: Bucket): number {
  if (bucket.unit === 'ms') return Math.floor(time / bucket.size) * bucket.size;
  return monthStart(Math.floor(monthOf(time) / bucket.size) * bucket.size);
}

/** The end (excluded) of the bucket that starts at `start`. */
export function bucketEnd(start: number, bucket: Bucket): number {
  if (bucket.unit === 'ms') return start + bucket.size;
  return monthStart(monthOf(start) + bucket.size);
}

/** ISO 8601 in UTC, without a fraction where it is zero: how times stand in keys. */
export function isoTime(time: number): string {
  const text = new Date(time).toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text;
}
