import { afterAll, describe, expect, it } from 'vitest';
import { GUARDS, type GuardName } from './guards.ts';
import { type Caught, catchGuard } from './pool.ts';
import { guardTable } from './report.ts';

const SEEDS = 1_000;
const caught: Caught[] = [];

describe('the simulation can fail', () => {
  const names = Object.keys(GUARDS) as GuardName[];
  it.each(names)('without %s a world breaks', { timeout: 300_000 }, async (guard) => {
    const one = await catchGuard(guard, 1, SEEDS);
    caught.push(one);
    expect(one.seeds, GUARDS[guard].rule).not.toBeNull();
  });

  afterAll(() => {
    console.log(`guard off, seeds until caught, by which invariant\n${guardTable(caught)}`);
  });
});
