import type { Epochs, Passage } from '../../shared/results/epochs.ts';

/** One batch's part in the reading of its shard. */
export interface Reading {
  readonly epoch: number;
  /**
   * Notes what became of the batch. Throws MustWait where some of it was refused, and others have
   * taken the shard over.
   */
  readonly passed: (passage: Passage) => Promise<void>;
}

/**
 * Nothing may be reported as done: the batch has to come again, through the rules that read the
 * shard then.
 */
export class MustWait extends Error {
  override readonly name = 'MustWait';
  readonly retryable = true;
}

/**
 * Enters the epoch of a batch that begins with this record; `folded` as for Epochs. All of it rejects
 * with MustWait.
 */
export async function beginReading(
  epochs: Epochs,
  shardId: string,
  first: string,
  folded = 0,
): Promise<Reading> {
  const epoch = await told(epochs.enter(shardId, first, folded));
  return {
    epoch,
    passed: async (passage) => {
      if (await told(epochs.pass(shardId, epoch, passage))) return;
      throw new MustWait('the rules by which records were refused have been replaced');
    },
  };
}

async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new MustWait('who reads the shard cannot be told', { cause });
  }
}
