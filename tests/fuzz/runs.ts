import fc from 'fast-check';
import { it } from 'vitest';

/** Set by `npm run fuzz`; a few hundred runs are what `npm test` has time for. */
const { FUZZ_RUNS, FUZZ_SEED, FUZZ_PATH } = process.env;
const RUNS = Number(FUZZ_RUNS ?? 200);

/**
 * A property that has to hold for any input. What fails is told with its seed and path, and
 * `npm run fuzz -- --seed S --path P` shows it again.
 */
export function always<T>(name: string, property: fc.IRawProperty<T>): void {
  it(name, { timeout: 3_600_000 }, async () => {
    const started = performance.now();
    await fc.assert(property, {
      numRuns: RUNS,
      ...(FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) }),
      ...(FUZZ_PATH === undefined ? {} : { path: FUZZ_PATH, endOnFailure: true }),
    });
    if (FUZZ_RUNS === undefined) return;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${String(RUNS).padStart(9)} runs  ${seconds.padStart(7)} s  ${name}\n`);
  });
}
