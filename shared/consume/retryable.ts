import { RecordFault } from '../records/types.ts';

/** What a handler throws where no retry can help: the record is set aside, the batch goes on. */
export class FinalError extends Error {
  override readonly name: string = 'FinalError';
  readonly retryable = false;
}

/**
 * Whether a later try may succeed. Final are a RecordFault, and what says `retryable: false`; all
 * else is retryable, errors that nobody foresaw included: a shard that waits loses nothing, a
 * record that was taken for hopeless by mistake does.
 */
export function isRetryable(error: unknown): boolean {
  if (error instanceof RecordFault) return false;
  return !(error instanceof Object && 'retryable' in error && error.retryable === false);
}
