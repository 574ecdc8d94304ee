import type { Clock } from './types.ts';

export interface VirtualClock extends Clock {
  /**
   * Lets time pass until `work` settles: whenever nothing can go on without waiting, the clock
   * jumps to the next sleeper. Rejects when `work` hangs with nobody asleep, or past `limitMs`.
   */
  run<T>(work: Promise<T>, limitMs?: number): Promise<T>;
}

/**
 * A clock on which years pass in a moment and always in the same order. Everything that runs on
 * it must be free of real input and output: promises and microtasks only.
 */
export function createVirtualClock(start: number): VirtualClock {
  let time = start;
  let order = 0;
  const sleepers: { at: number; order: number; wake: () => void }[] = [];
  return { now: () => time, sleep, run };

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { at: time + Math.max(0, ms), order: order++, wake };
      sleepers.push(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
      function wake(): void {
        signal?.removeEventListener('abort', wake);
        const index = sleepers.indexOf(sleeper);
        if (index >= 0) sleepers.splice(index, 1);
        resolve();
      }
    });
  }

  async function run<T>(work: Promise<T>, limitMs = Number.POSITIVE_INFINITY): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    work.then(settle, settle);
    const limit = time + limitMs;
    for (;;) {
      // A turn of the event loop: all promises that can go on have gone on.
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return work;
      const next = sleepers.reduce<(typeof sleepers)[number] | undefined>(
        (a, b) => (a && (a.at < b.at || (a.at === b.at && a.order < b.order)) ? a : b),
        undefined,
      );
      if (next === undefined) throw new Error('virtual clock: work waits for something not on it');
      if (next.at > limit) throw new Error(`virtual clock: work goes on after ${limitMs} ms`);
      time = next.at;
      next.wake();
    }
  }
}
