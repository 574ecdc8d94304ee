import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from './faults.ts';
import { runSeeds, startRunner } from './pool.ts';
import { failureText } from './report.ts';
import type { Outcome } from './run-seed.ts';

const SEEDS = 1_000;

describe('simulated worlds', () => {
  it(`stay exact in ${SEEDS} seeds`, { timeout: 600_000 }, async () => {
    const broken: Outcome[] = [];
    const met = new Set<string>();
    await runSeeds({ from: 1, seeds: SEEDS, faults: null }, (outcome) => {
      for (const kind of outcome.faults) met.add(kind);
      if (outcome.violation !== null) broken.push(outcome);
      return broken.length === 0;
    });
    expect(broken.map((outcome) => failureText(outcome, outcome.faults))).toEqual([]);
    expect([...met].sort()).toEqual([...FAULT_KINDS].sort());
  });

  it('are the same for the same seed, in any thread and after any other', async () => {
    const [first, second] = [startRunner(null), startRunner(null)];
    try {
      await first.run({ from: 40, seeds: 3, faults: null });
      const job = { from: 7, seeds: 2, faults: FAULT_KINDS };
      expect(await first.run(job)).toEqual(await second.run(job));
    } finally {
      await Promise.all([first.stop(), second.stop()]);
    }
  });
});
