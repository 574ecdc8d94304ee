import { describe, expect, it } from 'vitest';
import { hashKeyOf } from '../../shared/kpl/hash-key.ts';
import { demandOf, type MetricMinute } from '../../shared/scaling/demand.ts';
import type { Heat } from '../../shared/scaling/heat.ts';
import { type PlanInput, planScaling } from '../../shared/scaling/plan.ts';
import { reshard, type Shard } from '../../shared/scaling/ring.ts';
import { heatOf, MINUTE, NOW, shardId, steadyMinutes, uniformShards } from './arbitrary.ts';

interface Case {
  readonly shards?: number | readonly Shard[];
  readonly records?: number;
  readonly throttled?: number;
  readonly minutes?: readonly MetricMinute[];
  readonly heat?: Heat | null;
  readonly lagMs?: number;
  readonly since?: number;
  readonly limits?: Partial<PlanInput['limits']>;
  readonly history?: Partial<PlanInput['history']>;
}

function planOf({
  shards = 4,
  records = 2_000,
  throttled = 0,
  heat = null,
  lagMs = 0,
  since = 0,
  ...more
}: Case) {
  const minutes =
    more.minutes ?? steadyMinutes(records).map((one) => ({ ...one, throttled: throttled * 60 }));
  return planScaling({
    now: NOW,
    shards: typeof shards === 'number' ? uniformShards(shards) : shards,
    heat,
    demand: demandOf(minutes, { since, until: NOW, lagMs }),
    limits: { min: 1, max: 16, target: 0.8, ...more.limits },
    history: {
      updatedAt: [],
      grownAt: null,
      shrunkAt: null,
      changedAt: null,
      unevenAt: NOW,
      ...more.history,
    },
  });
}

const tenUpdates = Array.from({ length: 10 }, (_, i) => NOW - i * 60 * MINUTE);
const hotKey = hashKeyOf('customer-1');
const withHotKey = heatOf([
  { start: 0n, width: 128, weight: 40 },
  { start: hotKey, width: 0, weight: 60 },
]);
const narrow = heatOf([
  { start: 0n, width: 128, weight: 40 },
  { start: 1n << 127n, width: 120, weight: 60 },
]);

describe('planScaling on an even load', () => {
  it('stays where it is while the load fits', () => {
    const { kind, why, figures } = planOf({ records: 3_000 });
    expect(kind).toBe('hold');
    expect(why).toBe('stay at 4 shards, 75 % full on the mean: 4 shards would do');
    expect(figures).toMatchObject({ shards: 4, mean: 0.75, throttled: 0, updatesLeft: 10 });
  });

  it('grows to what the target needs, at most double', () => {
    expect(planOf({ records: 3_900 }).operation).toEqual({ call: 'UpdateShardCount', count: 5 });
    expect(planOf({ shards: 2, records: 9_000 }).operation).toEqual({
      call: 'UpdateShardCount',
      count: 4,
    });
  });

  it('sees demand that is turned away', () => {
    const { operation, why } = planOf({ records: 4_000, throttled: 2_000 });
    expect(operation).toEqual({ call: 'UpdateShardCount', count: 8 });
    expect(why).toContain('33.3 % of the records are turned away');
  });

  it('sees bytes as well as records', () => {
    const minutes = steadyMinutes(100, 40_000);
    expect(planOf({ minutes }).operation).toEqual({ call: 'UpdateShardCount', count: 5 });
  });

  it('carries a rise on to when the new shards are there', () => {
    const minutes = steadyMinutes(0).map((one, i) => ({
      ...one,
      records: (2_000 + 60 * i) * 60,
      bytes: 0,
    }));
    expect(planOf({ minutes: minutes.map((one) => ({ ...one, records: 3_740 * 60 })) }).kind).toBe(
      'hold',
    );
    const { kind, why } = planOf({ minutes });
    expect(kind).toBe('uniform');
    expect(why).toContain('rise of the last minutes');
  });

  it('splits when the updates of the day are used up', () => {
    const { kind, figures } = planOf({ records: 3_900, history: { updatedAt: tenUpdates } });
    expect(kind).toBe('split');
    expect(figures.updatesLeft).toBe(0);
  });

  it('shrinks to what the highest minute needs, at most to half', () => {
    expect(planOf({ records: 2_000 }).operation).toEqual({ call: 'UpdateShardCount', count: 3 });
    expect(planOf({ shards: 9, records: 0 }).operation).toEqual({
      call: 'UpdateShardCount',
      count: 5,
    });
    const minutes = steadyMinutes(2_000).map((one, i) =>
      i === 25 ? { ...one, records: 3_000 * 60 } : one,
    );
    expect(planOf({ minutes }).kind).toBe('hold');
  });

  it.each([
    ['while consumers lag', { lagMs: 61_000 }, 'consumers are 1 minute behind'],
    ['soon after it grew', { history: { grownAt: NOW - 5 * MINUTE } }, 'grew 5 minutes ago'],
    ['soon after it shrank', { history: { shrunkAt: NOW - 5 * MINUTE } }, 'shrank 5 minutes ago'],
    ['before enough is known', { since: NOW - 10 * MINUTE }, 'known for 10 minutes only'],
    ['below the minimum', { limits: { min: 4 } }, '4 shards are the minimum'],
  ])('does not shrink %s', (_, given, reason) => {
    const { kind, why } = planOf({ records: 500, ...given });
    expect(kind).toBe('hold');
    expect(why).toContain(reason);
  });

  it('merges instead when only the updates kept for growth are left', () => {
    const { kind, figures } = planOf({ records: 500, history: { updatedAt: tenUpdates.slice(1) } });
    expect(figures.updatesLeft).toBe(1);
    expect(kind).toBe('merge');
  });

  it('leaves the shards while a queue of retries drains', () => {
    const minutes = steadyMinutes(4_000).map((one, i) => ({
      ...one,
      throttled: (40 - i) * 10_000,
    }));
    expect(planOf({ minutes }).why).toContain('records are turned away');
    expect(planOf({ minutes: minutes.map((one) => ({ ...one, throttled: 100_000 })) }).kind).toBe(
      'uniform',
    );
  });

  it('does not act twice on what was turned away before an operation ended', () => {
    const given = { shards: 8, records: 4_000, throttled: 4_000 };
    expect(planOf({ ...given, history: { changedAt: NOW - MINUTE / 2 } }).kind).toBe('hold');
    expect(
      planOf({ ...given, records: 8_000, history: { changedAt: NOW - MINUTE / 2 } }).kind,
    ).toBe('uniform');
  });

  it('waits for heat to show which shard turns records away, but not for ever', () => {
    const even = heatOf([{ start: 0n, width: 128, weight: 100 }]);
    const minutes = (throttledFor: number) =>
      steadyMinutes(2_400).map((one, i) => ({
        ...one,
        throttled: i >= 30 - throttledFor ? 3_000 : 0,
      }));
    expect(planOf({ minutes: minutes(2), heat: even }).why).toContain('heat does not show yet');
    const { kind, why } = planOf({ minutes: minutes(5), heat: even });
    expect(kind).toBe('uniform');
    expect(why).toContain('bursts within a minute');
  });

  it('is led into min and max', () => {
    expect(planOf({ shards: 2, records: 0, limits: { min: 6 } }).operation).toMatchObject({
      count: 4,
    });
    expect(planOf({ shards: 4, records: 0, limits: { min: 6 } }).operation).toMatchObject({
      count: 6,
    });
    expect(planOf({ shards: 9, records: 8_000, limits: { max: 6 } }).operation).toMatchObject({
      count: 6,
    });
    const { kind, why } = planOf({ shards: 6, records: 6_000, limits: { max: 6 } });
    expect(kind).toBe('hold');
    expect(why).toContain('6 shards are the maximum');
  });
});

describe('planScaling on an uneven load', () => {
  it('cuts one hot key out with two splits, and says to salt it', () => {
    let shards: readonly Shard[] = uniformShards(4);
    const kinds: string[] = [];
    for (let i = 0; i < 2; i++) {
      const plan = planOf({ shards, records: 1_600, heat: withHotKey });
      kinds.push(plan.kind);
      expect(plan.advice.join()).toContain(`hash key ${hotKey} alone fills 96 % of a shard`);
      shards = reshard(shards, plan.operation!, (n) => shardId(10 + i * 2 + n));
    }
    expect(kinds).toEqual(['isolate', 'isolate']);
    expect(shards.some(({ range }) => range.start === hotKey && range.end === hotKey)).toBe(true);
    const then = planOf({ shards, records: 1_600, heat: withHotKey });
    expect(then.why).toContain('cannot be split');
  });

  it('halves a hot range at its weighted point, not in the middle of the shard', () => {
    const { kind, operation, advice } = planOf({ shards: 2, records: 1_500, heat: narrow });
    expect(kind).toBe('split');
    const at = operation?.call === 'SplitShard' ? operation.at : 0n;
    expect(at > 1n << 127n && at < (1n << 127n) + (1n << 120n)).toBe(true);
    expect(advice).toEqual([]);
  });

  it('merges the coldest neighbours', () => {
    const heat = heatOf([
      { start: 0n, width: 127, weight: 90 },
      { start: 1n << 127n, width: 127, weight: 10 },
    ]);
    const { operation } = planOf({ records: 1_000, heat });
    expect(operation).toEqual({ call: 'MergeShards', shardId: shardId(2), adjacentId: shardId(3) });
  });

  it('puts three shards into two where no two go into one', () => {
    // Each 0.55 full.
    let shards: readonly Shard[] = reshard(
      uniformShards(2),
      { call: 'SplitShard', shardId: shardId(1), at: 3n << 126n },
      (i) => shardId(2 + i),
    );
    const heat = heatOf([
      { start: 0n, width: 127, weight: 40 },
      { start: 1n << 127n, width: 126, weight: 40 },
      { start: 3n << 126n, width: 126, weight: 40 },
    ]);
    const kinds: string[] = [];
    for (let made = 4; shards.length !== 2 && made < 20; made += 2) {
      const plan = planOf({ shards, records: 1_650, heat });
      kinds.push(plan.kind);
      shards = reshard(shards, plan.operation!, (i) => shardId(made + i));
    }
    expect(kinds).toEqual(['split', 'merge', 'merge']);
    expect(planOf({ shards, records: 1_650, heat }).kind).toBe('hold');
  });

  it('makes ranges that someone has cut equal only when the load was even for a day', () => {
    const [first] = uniformShards(1);
    const shards = reshard(
      [first!],
      { call: 'SplitShard', shardId: first!.id, at: 1n << 126n },
      (i) => shardId(1 + i),
    );
    const kindAfter = (hours: number) =>
      planOf({ shards, records: 2_500, history: { unevenAt: NOW - hours * 60 * MINUTE } }).kind;
    expect(kindAfter(23)).toBe('split');
    expect(kindAfter(24)).toBe('uniform');
  });

  it('makes room at the maximum: two cold ones merge for a hot half', () => {
    const { kind, why } = planOf({ shards: 4, records: 2_000, heat: narrow, limits: { max: 4 } });
    expect(kind).toBe('merge');
    expect(why).toContain('room for a split');
  });
});

describe('planScaling refuses', () => {
  it('shards that are no partition of the ring', () => {
    expect(() => planOf({ shards: uniformShards(4).slice(1) })).toThrow(
      'no partition of the hash keys',
    );
    expect(() => planOf({ shards: uniformShards(4).slice(0, 3) })).toThrow(
      'no partition of the hash keys',
    );
    expect(() => planOf({ shards: [] })).toThrow('no partition of the hash keys');
  });

  it('limits that make no sense', () => {
    expect(() => planOf({ limits: { min: 5, max: 4 } })).toThrow(RangeError);
    expect(() => planOf({ limits: { target: 0 } })).toThrow(RangeError);
    expect(() => planOf({ limits: { target: Number.NaN } })).toThrow(RangeError);
  });
});
