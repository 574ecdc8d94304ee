import fc from 'fast-check';
import { MAX_HASH_KEY } from '../../shared/kpl/hash-key.ts';
import type { MetricMinute } from '../../shared/scaling/demand.ts';
import { addToHeat, emptyHeat, type Heat, type HeatSample } from '../../shared/scaling/heat.ts';
import { type Shard, uniformRanges } from '../../shared/scaling/ring.ts';

export const MINUTE = 60_000;
export const NOW = Date.UTC(2026, 10, 2, 10, 15);

export const hashKeys = fc.bigInt({ min: 0n, max: MAX_HASH_KEY });

/** Where load lies: anywhere, in a narrow range, or on one key. */
export interface Spot {
  readonly start: bigint;
  /** The spot covers 2^width hash keys. */
  readonly width: number;
  readonly weight: number;
}

export const spots: fc.Arbitrary<Spot[]> = fc.array(
  fc.record({
    start: hashKeys,
    width: fc.constantFrom(0, 64, 120, 126, 128),
    weight: fc.integer({ min: 1, max: 100 }),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Samples spread over the spots without chance: `each` to a unit of weight. */
export function samplesOf(all: readonly Spot[], each = 20): HeatSample[] {
  return all.flatMap(({ start, width, weight }) => {
    const count = width === 0 ? 1 : weight * each;
    const size = 1n << BigInt(width);
    const from = width === 128 ? 0n : start;
    return Array.from({ length: count }, (_, i) => ({
      hashKey: (from + (size * BigInt(i)) / BigInt(count)) % (MAX_HASH_KEY + 1n),
      bytes: 500,
      weight: (weight * each) / count,
    }));
  });
}

export function heatOf(all: readonly Spot[], at = NOW): Heat {
  return addToHeat(emptyHeat(at), samplesOf(all), at);
}

export function uniformShards(count: number): Shard[] {
  return uniformRanges(count).map((range, i) => ({ id: shardId(i), range, parents: [] }));
}

export function shardId(number: number): string {
  return `shardId-${String(number).padStart(12, '0')}`;
}

/** Half an hour of the same traffic, as CloudWatch shows it. */
export function steadyMinutes(
  records: number,
  bytesEach = 500,
  until = NOW,
  count = 30,
): MetricMinute[] {
  return Array.from({ length: count }, (_, i) => ({
    at: until - (count - i) * MINUTE,
    bytes: records * bytesEach * 60,
    records: records * 60,
    throttled: 0,
  }));
}
