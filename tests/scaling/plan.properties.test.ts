import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../local/generate/random.ts';
import { DAY_MS, UPDATES_PER_DAY } from '../../shared/scaling/limits.ts';
import { EVEN_AGAIN_MS, hotAbove, LEAST_BAND, shrinkBelow } from '../../shared/scaling/policy.ts';
import { inOrder, isUniform } from '../../shared/scaling/ring.ts';
import { heatOf, NOW, spots } from './arbitrary.ts';
import { carryOut, type Phase, type Step } from './world.ts';

const phases: fc.Arbitrary<Phase> = fc.record({
  recordsPerSecond: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30_000 })),
  throttledPerSecond: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    fc.integer({ min: 1, max: 5_000 }),
  ),
  lagMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 600_000 })),
  heat: fc.option(
    spots.map((all) => heatOf(all, NOW)),
    { nil: null },
  ),
  minutes: fc.integer({ min: 1, max: 90 }),
});
const limits = fc
  .record({
    min: fc.integer({ min: 1, max: 8 }),
    more: fc.nat(24),
    target: fc.integer({ min: 30, max: 100 }),
  })
  .map(({ min, more, target }) => ({ min, max: min + more, target: target / 100 }));
const worlds = fc.record({
  start: fc.integer({ min: 1, max: 40 }),
  phases: fc.array(phases, { minLength: 1, maxLength: 6 }),
  limits,
  evenHours: fc.integer({ min: 0, max: 30 }),
});

/** All steps of random worlds; shrinking gives the smallest that breaks the rule. */
function always(
  rule: (steps: Step[], world: { start: number; limits: { min: number; max: number } }) => void,
) {
  fc.assert(
    fc.property(worlds, (world) =>
      rule(carryOut(world.start, world.phases, world.limits, world.evenHours), world),
    ),
    { numRuns: 40 },
  );
}

describe('whatever the load does', () => {
  it('the open shards stay a partition of the ring', () => {
    always((steps) => {
      for (const { after } of steps) inOrder(after);
    });
  });

  it('the count stays within min and max, once it is there', () => {
    always((steps, { limits: { min, max } }) => {
      for (const { before, after } of steps) {
        const [was, is] = [before.length, after.length];
        if (was >= min && was <= max) expect(is >= min && is <= max).toBe(true);
        else if (was < min) expect(is > was && is <= max).toBe(true);
        else expect(is < was && is >= min).toBe(true);
      }
    });
  });

  it('UpdateShardCount is called at most ten times in any day, from half to double', () => {
    always((steps) => {
      const updates = steps.filter(({ plan }) => plan.operation?.call === 'UpdateShardCount');
      for (const { now, before, after } of updates) {
        const inDay = updates.filter((one) => one.now <= now && one.now > now - DAY_MS);
        expect(inDay.length).toBeLessThanOrEqual(UPDATES_PER_DAY);
        expect(after.length).toBeLessThanOrEqual(before.length * 2);
        expect(after.length * 2).toBeGreaterThanOrEqual(before.length);
      }
    });
  });

  it('a uniform call undoes no cut before the load was even for a day', () => {
    always((steps) => {
      for (const { plan, before, now, unevenAt } of steps) {
        if (plan.kind !== 'uniform') continue;
        expect(isUniform(before) || now - unevenAt >= EVEN_AGAIN_MS).toBe(true);
      }
    });
  });

  it('shards are not taken away while consumers lag, unless max says so', () => {
    fc.assert(
      fc.property(worlds, ({ start, phases: all, limits: given }) => {
        const lagging = all.map((phase) => ({ ...phase, lagMs: 61_000 }));
        for (const { before, after } of carryOut(start, lagging, given)) {
          // At the maximum, two cold ones may make room for a hot shard's half.
          if (before.length < given.max) expect(after.length).toBeGreaterThanOrEqual(before.length);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('every plan has a reason, and operation and kind agree', () => {
    const calls = {
      hold: undefined,
      uniform: 'UpdateShardCount',
      split: 'SplitShard',
      isolate: 'SplitShard',
      merge: 'MergeShards',
    };
    always((steps) => {
      for (const { plan, before } of steps) {
        expect(plan.why).toMatch(/\d/);
        expect(plan.operation?.call).toBe(calls[plan.kind]);
        expect(plan.figures.shards).toBe(before.length);
      }
    });
  });
});

describe('on a load that stays', () => {
  const steady = worlds.map(({ start, phases: [phase], limits: { min, target } }) => ({
    start,
    phase: { ...phase!, throttledPerSecond: 0, minutes: 8 * 60 },
    limits: { min, max: 100, target },
  }));

  it('plans come to rest and stay there', () => {
    fc.assert(
      fc.property(steady, ({ start, phase, limits: given }) => {
        const steps = carryOut(start, [phase], given);
        const late = steps.filter(({ now }) => now >= NOW + 6 * 3_600_000);
        expect(late.map(({ plan }) => plan.kind)).toEqual(late.map(() => 'hold'));
      }),
      { numRuns: 20 },
    );
  });

  it('there is room between hot and what shrinking fills, whatever the target', () => {
    for (let percent = 30; percent <= 100; percent++) {
      const target = percent / 100;
      const room = hotAbove(target) - shrinkBelow(target);
      expect(room).toBeGreaterThanOrEqual(LEAST_BAND - Number.EPSILON);
    }
  });

  it('nothing flaps on a load that trembles', () => {
    fc.assert(
      fc.property(steady, fc.integer(), fc.integer({ min: 1, max: 6 }), (world, seed, percent) => {
        const random = (minute: number): number => createRandom(seed + minute).next() * 2 - 1;
        const noise = (minute: number): number => 1 + (random(minute) * percent) / 100;
        const steps = carryOut(world.start, [{ ...world.phase, noise }], world.limits);
        const late = steps.filter(({ now }) => now >= NOW + 5 * 3_600_000);
        const moves = late.filter(({ plan }) => plan.kind !== 'hold');
        // A shard at the edge may still tip over once: one cut, and the two merges of a shift.
        expect(moves.length).toBeLessThanOrEqual(3);
      }),
      { numRuns: 20 },
    );
  });
});
