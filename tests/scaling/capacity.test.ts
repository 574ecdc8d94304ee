import { describe, expect, it } from 'vitest';
import { monthlyCosts, shardsFor, type Traffic } from '../../shared/scaling/capacity.ts';

const traffic = (more: Partial<Traffic>): Traffic => ({
  recordsPerSecond: 1_000,
  bytesPerRecord: 1_024,
  consumers: 1,
  peakFactor: 1,
  target: 1,
  ...more,
});

describe('shardsFor', () => {
  it.each([
    ['records', {}, { byBytes: 1, byRecords: 1, byReads: 1, needed: 1 }],
    ['bytes', { bytesPerRecord: 10_240 }, { byBytes: 10, byRecords: 1, byReads: 5, needed: 10 }],
    ['reads', { bytesPerRecord: 10_240, consumers: 5 }, { byBytes: 10, byReads: 25, needed: 25 }],
    ['the target', { target: 0.8 }, { byRecords: 2, needed: 2 }],
    ['the peak', { peakFactor: 4 }, { byRecords: 4, needed: 4 }],
    ['nothing', { recordsPerSecond: 0 }, { byBytes: 1, byRecords: 1, byReads: 1, needed: 1 }],
  ])('by %s', (_, more, expected) => {
    expect(shardsFor(traffic(more))).toMatchObject(expected);
  });
});

describe('monthlyCosts', () => {
  it('of 1 KB records is the sum of the price list', () => {
    const costs = monthlyCosts(traffic({}), 2);
    expect(costs.shardHours).toBeCloseTo(2 * 730 * 0.015, 6);
    expect(costs.putUnits).toBeCloseTo(2_628 * 0.014, 6);
    expect(costs.onDemand).toBeCloseTo(730 * 0.04 + costs.gigabytes * 0.12, 6);
    expect(costs).toMatchObject({ cheaper: 'provisioned' });
    expect(costs.times).toBeCloseTo(costs.onDemand / costs.provisioned, 6);
  });

  it('counts PUT units of 25 KB and billed bytes of whole KB', () => {
    expect(monthlyCosts(traffic({ bytesPerRecord: 25 * 1_024 }), 1).units).toBe(2_628e6);
    expect(monthlyCosts(traffic({ bytesPerRecord: 25 * 1_024 + 1 }), 1).units).toBe(2 * 2_628e6);
    const small = monthlyCosts(traffic({ bytesPerRecord: 1 }), 1);
    expect(small.gigabytes).toBe(monthlyCosts(traffic({}), 1).gigabytes);
  });

  it('finds on-demand cheaper where many shards stand idle', () => {
    expect(monthlyCosts(traffic({ recordsPerSecond: 1 }), 4).cheaper).toBe('on-demand');
  });
});
