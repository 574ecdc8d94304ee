import { parentPort, workerData } from 'node:worker_threads';
import { chooseFaults, type Fault } from './faults.ts';
import { GUARDS, type Guard, type GuardName } from './guards.ts';
import { applyPatches } from './patch.ts';

/** A thread that runs seeds, with one guard off or none. */
export interface Job {
  readonly from: number;
  readonly seeds: number;
  /** Exactly these kinds; null: a random subset for each seed. */
  readonly faults: readonly Fault[] | null;
  /** Kinds that every random subset has. */
  readonly always?: readonly Fault[];
}

const guard: Guard = GUARDS[workerData as GuardName] ?? {};
// Refused rows and lost requests are errors by the thousand.
Error.stackTraceLimit = 0;
applyPatches(guard.patches ?? []);
// Only now: what is patched must not have been loaded before.
const { runSeed } = await import('./run-seed.ts');

parentPort!.on('message', async ({ from, seeds, faults, always = [] }: Job) => {
  const outcomes = [];
  for (let seed = from; seed < from + seeds; seed++) {
    const kinds = new Set(faults ?? [...always, ...chooseFaults(seed)]);
    const outcome = await runSeed(seed, kinds, guard.weakness);
    outcomes.push(outcome);
    if (outcome.violation !== null) break;
  }
  parentPort!.postMessage(outcomes);
});
