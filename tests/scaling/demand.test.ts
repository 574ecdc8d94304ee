import { describe, expect, it } from 'vitest';
import { demandOf, type MetricMinute } from '../../shared/scaling/demand.ts';
import { SHRINK_WINDOW_MS } from '../../shared/scaling/policy.ts';
import { MINUTE, NOW, steadyMinutes } from './arbitrary.ts';

const LONG_AGO = { since: 0, until: NOW, lagMs: 0 };
const all = (minutes: readonly MetricMinute[]) => demandOf(minutes, LONG_AGO);

describe('demandOf', () => {
  it('gives rates of the last minute, in any order of the minutes', () => {
    const minutes = steadyMinutes(1_000, 500);
    const { seen, hidden, growth, peak, knownMs } = all(minutes.toReversed());
    expect(seen).toEqual({ bytes: 500_000, records: 1_000 });
    expect(hidden).toEqual({ bytes: 0, records: 0 });
    expect(growth).toBe(1);
    expect(peak).toEqual(seen);
    expect(knownMs).toBe(SHRINK_WINDOW_MS);
  });

  it('shows what was turned away, in bytes by the mean record, at most as much as was taken', () => {
    const turned = (throttled: number) =>
      all(steadyMinutes(1_000, 500).map((one) => ({ ...one, throttled: throttled * 60 }))).hidden;
    expect(turned(200)).toEqual({ bytes: 100_000, records: 200 });
    expect(turned(9_000)).toEqual({ bytes: 500_000, records: 1_000 });
  });

  it('tells a queue that drains from one that grows', () => {
    const turned = (throttled: (i: number) => number) =>
      all(steadyMinutes(1_000).map((one, i) => ({ ...one, throttled: throttled(i) })));
    expect(turned((i) => (40 - i) * 100_000)).toMatchObject({
      isDraining: true,
      throttledMinutes: 12,
    });
    expect(turned((i) => i * 100_000).isDraining).toBe(false);
    expect(turned((i) => (i > 27 ? 600 : 0))).toMatchObject({
      isDraining: false,
      throttledMinutes: 2,
    });
    expect(turned(() => 0)).toMatchObject({ isDraining: false, throttledMinutes: 0 });
  });

  it('remembers the highest minute', () => {
    const minutes = steadyMinutes(100).map((one, i) =>
      i === 25 ? { ...one, records: 6_000_000 } : one,
    );
    expect(all(minutes).peak.records).toBe(100_000);
    expect(all(minutes).seen.records).toBe(100);
  });

  it('carries a rise on, not a fall, and at most to double', () => {
    const slope = (perMinute: number) =>
      all(
        steadyMinutes(0).map((one, i) => ({
          ...one,
          records: 60 * Math.max(0, 3_000 + perMinute * (i - 29)),
        })),
      ).growth;
    expect(slope(100)).toBeCloseTo(1 + 400 / 3_000, 6);
    expect(slope(-100)).toBe(1);
    expect(slope(3_000)).toBeLessThanOrEqual(2);
  });

  it('takes missing minutes for no traffic, but only as far back as it has watched', () => {
    const idle = all([]);
    expect(idle.peak).toEqual({ bytes: 0, records: 0 });
    expect(idle.knownMs).toBe(SHRINK_WINDOW_MS);
    expect(demandOf([], { ...LONG_AGO, since: NOW - 3 * MINUTE }).knownMs).toBe(3 * MINUTE);
    expect(demandOf([], { ...LONG_AGO, since: NOW }).knownMs).toBe(0);
    const gap = steadyMinutes(100).slice(0, -1);
    expect(all(gap).seen.records).toBe(0);
    expect(all(gap).peak.records).toBe(100);
  });
});
