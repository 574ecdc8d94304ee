import type { Decision, Outcome } from '../../shared/resharding/decision.ts';
import { reshardOnce, type Task } from '../../shared/resharding/reshard.ts';
import { describe } from '../../shared/resharding/stream.ts';
import { type Io, progressOn } from '../io.ts';
import type { Place } from './place.ts';

/** Longer than any look takes; a process that is killed holds the lease for so long. */
const HOLD_MS = 30_000;
const PAUSE_MS = 1_000;
/** What passes by itself is tried again, so often in a row. */
const TRIES = 10;
const PASSING: readonly Outcome[] = ['busy', 'updating', 'throttled', 'in-use', 'refused'];

/** What is in order; all else is exit status 1. */
export const FINE: readonly Outcome[] = ['begun', 'held'];

/**
 * Begins the operation that is planned, as the scaler does: under its lease, by its memory. With `wait`
 * one after the other, until the plan is to stay or AWS refuses. Gives each decision.
 */
export async function* apply(
  task: Task,
  place: Place,
  wait: boolean,
  io: Io,
): AsyncGenerator<Decision> {
  let tries = 0;
  for (;;) {
    const decision = await reshardOnce(task, place, HOLD_MS);
    tries = decision.outcome === 'begun' ? 0 : tries + 1;
    const goesOn = wait && (decision.outcome === 'begun' || PASSING.includes(decision.outcome));
    if (!goesOn || tries >= TRIES || decision.outcome === 'begun') yield decision;
    if (!goesOn || tries >= TRIES) return;
    await untilActive(place, io);
  }
}

async function untilActive({ kinesis, stream }: Place, io: Io): Promise<void> {
  const progress = progressOn(io);
  const started = performance.now();
  try {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const { isActive, openShards } = await describe(kinesis, stream);
      if (isActive) return;
      const seconds = Math.round((performance.now() - started) / 1_000);
      progress.show(`${stream} is being resharded: ${openShards} open shards, ${seconds} s`);
    }
  } finally {
    progress.clear();
  }
}
