import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Fault } from './faults.ts';
import { GUARDS, type Guard, type GuardName } from './guards.ts';
import type { Outcome } from './run-seed.ts';
import type { Job } from './worker.ts';

/** Seeds of one message to a thread. */
const CHUNK = 20;

export interface Runner {
  readonly run: (job: Job) => Promise<Outcome[]>;
  readonly stop: () => Promise<unknown>;
}

/** A thread with one guard off, or with none. */
export function startRunner(guard: GuardName | null): Runner {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: guard });
  return {
    run: async (job) => {
      worker.postMessage(job);
      const [outcomes] = (await once(worker, 'message')) as [Outcome[]];
      return outcomes;
    },
    stop: () => worker.terminate(),
  };
}

export interface SeedRange {
  readonly from: number;
  readonly seeds: number;
  readonly faults: readonly Fault[] | null;
}

/** Runs seeds on all cores; `hear` is told of every outcome, and ends it by answering false. */
export async function runSeeds(
  { from, seeds, faults }: SeedRange,
  hear: (outcome: Outcome) => boolean,
): Promise<void> {
  let next = from;
  let goOn = true;
  const work = async (): Promise<void> => {
    const runner = startRunner(null);
    while (goOn && next < from + seeds) {
      const first = next;
      next = Math.min(next + CHUNK, from + seeds);
      const size = next - first;
      for (let done = 0; goOn && done < size; ) {
        // A thread stops at what is broken, so that it is told at once.
        const outcomes = await runner.run({ from: first + done, seeds: size - done, faults });
        done += outcomes.length;
        for (const outcome of outcomes) goOn &&= hear(outcome);
      }
    }
    await runner.stop();
  };
  const threads = Math.min(availableParallelism(), Math.ceil(seeds / CHUNK));
  await Promise.all(Array.from({ length: threads }, work));
}

export interface Caught {
  readonly guard: GuardName;
  /** How many seeds it took; null: not caught. */
  readonly seeds: number | null;
  readonly outcome: Outcome | null;
}

/** Runs seeds with a guard off until a world breaks that is sound with it. */
export async function catchGuard(guard: GuardName, from: number, limit: number): Promise<Caught> {
  const [weak, sound] = [startRunner(guard), startRunner(null)];
  const { among: always = [] }: Guard = GUARDS[guard];
  try {
    for (let seed = from; seed < from + limit; seed++) {
      const seeds = from + limit - seed;
      const outcomes = await weak.run({ from: seed, seeds, faults: null, always });
      const outcome = outcomes.at(-1)!;
      seed = outcome.seed;
      if (outcome.violation === null) break;
      const [same] = await sound.run({ from: seed, seeds: 1, faults: outcome.faults });
      if (same!.violation === null) return { guard, seeds: seed - from + 1, outcome };
    }
    return { guard, seeds: null, outcome: null };
  } finally {
    await Promise.all([weak.stop(), sound.stop()]);
  }
}
