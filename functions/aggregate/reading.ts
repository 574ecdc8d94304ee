import type { Epochs } from '../../shared/results/epochs.ts';

/** One batch's part in the reading of its shard. */
export interface Reading {
  readonly epoch: number;
  /** Asked behind every refusal: throws MustWait where other rules have taken the shard over. */
  readonly requireLast: () => Promise<void>;
  /** Notes that the batch is done. */
  readonly done: () => Promise<void>;
}

/**
 * Nothing may be reported as done: the batch has to come again, through the rules that read the
 * shard then.
 */
export class MustWait extends Error {
  override readonly name = 'MustWait';
  readonly retryable = true;
}

/** Enters the epoch of a batch that begins with this record. All of it rejects with MustWait. */
export async function beginReading(
  epochs: Epochs,
  shardId: string,
  first: string,
): Promise<Reading> {
  return readingOf(epochs, shardId, await told(epochs.enter(shardId, first)));
}

/** Of an epoch that was entered already. */
function readingOf(epochs: Epochs, shardId: string, epoch: number): Reading {
  return {
    epoch,
    requireLast: async () => {
      if (await told(epochs.isLast(shardId, epoch))) return;
      throw new MustWait('the rules by which records were refused have been replaced');
    },
    done: () => told(epochs.begin(shardId, epoch)),
  };
}

async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new MustWait('who reads the shard cannot be told', { cause });
  }
}
