import type { Clock } from '../mapping/types.ts';

const TICK_MS = 100;

/** Works until it is aborted. What fails is told, and tried again; at the end it rejects. */
export async function everyTick(
  clock: Clock,
  signal: AbortSignal,
  work: () => Promise<void>,
  failed: (error: Error) => void,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(TICK_MS, signal);
    try {
      await work();
    } catch (error) {
      if (signal.aborted) throw error;
      failed(error as Error);
    }
  }
}
