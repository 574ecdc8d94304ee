import type { StreamEvent } from '../../../shared/consume/consume.ts';
import { log } from '../../../shared/observe/log.ts';
import type { HeatKeeper } from './keeper.ts';

/** So much longer an invocation may take for it; it happens only where DynamoDB is slow. */
export const GRACE_MS = 100;

/**
 * Keeps heat beside a consumer: while it writes the rows of the batch. What fails in it is no failure
 * of the batch, and what takes longer is left to itself, to be done when the process is next thawed.
 */
export function besideHeat<Answer>(
  consume: (event: StreamEvent) => Promise<Answer>,
  heat: HeatKeeper,
): (event: StreamEvent) => Promise<Answer> {
  return async (event) => {
    const batch = consume(event);
    const kept = heat.keep(event);
    try {
      return await batch;
    } finally {
      if (kept !== null) await atMost(GRACE_MS, kept);
    }
  };
}

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), ms);
  const end = await Promise.race([work, promise]);
  clearTimeout(timer);
  if (end === 'late') log('warn', 'heat is not kept yet, the batch does not wait for it', { ms });
}
