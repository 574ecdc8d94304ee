import { requestFailure } from './failures.ts';

const BASE_MS = 50;
const MAX_MS = 5_000;

/**
 * How long to wait after so many failures in a row (1, 2, …), milliseconds: exponential with full
 * jitter, so that producers that failed together do not come back together.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backOffMs(failures: number, random: () => number = Math.random): number {
  return random() * Math.min(MAX_MS, BASE_MS * 2 ** failures);
}

/**
 * Tries a call again and again, with back-off, while another try may succeed. Rejects with its last
 * error when none will, when `patienceMs` have passed, or when the signal is aborted.
 */
export async function retry<T>(
  call: () => Promise<T>,
  patienceMs: number,
  signal: AbortSignal,
): Promise<T> {
  const until = performance.now() + patienceMs;
  for (let failures = 1; ; failures++) {
    try {
      return await call();
    } catch (thrown) {
      const pauseMs = backOffMs(failures);
      const isLate = performance.now() + pauseMs > until;
      if (isLate || signal.aborted || requestFailure(thrown).kind !== 'again') throw thrown;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
