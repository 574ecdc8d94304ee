import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { GapsAnswer } from '../../functions/redrive/gaps.ts';
import { batchRows } from '../aggregate/harness.ts';
import type { Event, Fate, Script, Step } from '../redrive/gap-script.ts';
import { createGapWorld, plan } from '../redrive/gap-world.ts';
import { always } from './runs.ts';

const event: fc.Arbitrary<Event> = fc.option(
  fc.record({
    who: fc.constantFrom('a', 'b', 'c'),
    gap: fc.constantFrom(0, 1_000, 20_000),
    behind: fc.constantFrom(0, 30_000),
  }),
  { freq: 8 },
);
const fate = fc.constantFrom<Fate>(
  'fails in part',
  'fails in part',
  'dies half-way',
  'dies after',
  'never invoked',
  'sound',
);
const share = fc.double({ min: 0, max: 0.999, noNaN: true });
const deliver = (givesUp: fc.Arbitrary<boolean>, tries: fc.Arbitrary<Fate[]>) =>
  fc.record({
    kind: fc.constant('deliver' as const),
    size: fc.integer({ min: 1, max: 6 }),
    hasPayload: fc.boolean(),
    ...{ givesUp, tries },
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: deliver(fc.constant(false), fc.array(fate, { maxLength: 2 })) },
  { weight: 3, arbitrary: deliver(fc.constant(true), fc.array(fate, { maxLength: 2 })) },
  {
    weight: 1,
    arbitrary: deliver(fc.constant(true), fc.array(fc.constant<Fate>('never invoked'))),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ kind: fc.constant('read again' as const), share },
      size: fc.integer({ min: 1, max: 30 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fall back' as const), share }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('deploy' as const), isOther: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('rebuild' as const),
      size: fc.integer({ min: 1, max: 10 }),
      meanwhile: deliver(fc.boolean(), fc.array(fate, { maxLength: 2 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(30_000, 90_000, 1_800_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('close' as const),
      isFlaky: fc.boolean(),
      isTwice: fc.boolean(),
      meanwhile: fc.constantFrom(0, 0, 3),
    }),
  },
);
const script: fc.Arbitrary<Script> = fc.record({
  events: fc.array(event, { minLength: 1, maxLength: 25 }),
  begin: fc.constantFrom(0, 0, 2),
  steps: fc.array(step, { minLength: 1, maxLength: 14 }),
  luck: fc.infiniteStream(fc.boolean()),
});

type World = ReturnType<typeof createGapWorld>;

beforeAll(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterAll(() => vi.restoreAllMocks());

describe('batches that were given up', () => {
  const seen = { closed: 0, uncertain: 0, other: 0 };
  always(
    'in a world of retries, pollers and deployments: closed exactly or left open by name, never twice',
    fc.asyncProperty(script, async (given) => {
      const begin = Math.min(given.begin, given.events.length);
      const world = createGapWorld({ ...given, begin });
      for (const one of given.steps) {
        await world.take(one);
        expectNothingTwice(world);
      }
      const before = world.dump();
      const dry = await world.close(true);
      expect(world.dump()).toEqual(before);

      const answer = await world.close();
      expect(reasons(answer)).toEqual(reasons(dry));
      if (isClosed(answer)) expectExact(world);
      else expectNothingTwice(world);
      const closed = world.dump();
      for (let again = 0; again < 2; again++) {
        expect(reasons(await world.close())).toEqual(reasons(answer));
        expect(world.dump()).toEqual(closed);
      }

      await world.replay();
      if (isClosed(answer)) expectExact(world);
      else expectNothingTwice(world);
      if (world.given() > 0) {
        const open = reasons(answer);
        if (open.length === 0) seen.closed++;
        else if (open.every((one) => one === 'UNCERTAIN')) seen.uncertain++;
        else seen.other++;
      }
    }),
  );
  it('and each of the three was met', { skip: process.env.FUZZ_PATH !== undefined }, () => {
    expect(Math.min(seen.closed, seen.uncertain, seen.other)).toBeGreaterThan(0);
  });
});

function reasons({ gaps }: GapsAnswer): string[] {
  return gaps.flatMap(({ open }) => Object.keys(open)).sort();
}

function isClosed(answer: GapsAnswer): boolean {
  return reasons(answer).length === 0;
}

function expectExact({ tables, rows }: World): void {
  for (const [name, lines] of Object.entries(tables())) {
    expect(lines, name).toEqual(batchRows(plan, rows(), name));
  }
}

/** Of each result: its sum is one of records of its own, each once, as many as it counts. */
function expectNothingTwice({ tables, rows }: World): void {
  const truth = sums(batchRows(plan, rows(), 'ADDED_OUT'));
  for (const [key, { count, sum }] of sums(tables().ADDED_OUT!)) {
    const whole = truth.get(key)?.sum ?? 0;
    expect({ key, other: sum & ~whole, rows: bits(sum) }).toEqual({ key, other: 0, rows: count });
  }
}

/** By group: ADDED_OUT gives a name, its minute, how many, and their sum. */
function sums(lines: readonly string[]): Map<string, { count: number; sum: number }> {
  return new Map(
    lines.map((line) => {
      const { c0, c1, c2, c3 } = JSON.parse(line);
      return [JSON.stringify([c0, c1]), { count: Number(c2.N), sum: Number(c3.N) }];
    }),
  );
}

function bits(sum: number): number {
  return sum.toString(2).replaceAll('0', '').length;
}
