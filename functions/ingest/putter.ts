import type { KinesisClient } from '@aws-sdk/client-kinesis';
import {
  createProducer,
  type Producer,
  type ProducerRecord,
  type Receipt,
} from '../../shared/producer/producer.ts';
import { RECORD_BYTES } from './records.ts';

/** What became of one record: where it is, or why it is not known to be there. */
export type Put = PromiseSettledResult<Receipt>;

/** Puts records and waits for all their results, for `forMs` at most; never rejects. */
export type Putter = (records: readonly ProducerRecord[], forMs: number) => Promise<Put[]>;

export interface PutterOptions {
  readonly aggregates: boolean;
  /** How long a record is tried: a client does better to hear of a refusal than to wait for long. */
  readonly ttlMs?: number;
}

/** How long Kinesis may take to answer. */
const REQUEST_MS = 4_000;

/**
 * One producer serves all requests of a function's life, so that the stream's shards are looked up
 * once. Nothing is under way between two requests: Lambda stops the clock there.
 */
export function createPutter(
  client: KinesisClient,
  stream: string,
  { aggregates, ttlMs = 5_000 }: PutterOptions,
): Putter {
  const start = (): { producer: Producer; controller: AbortController } => {
    const controller = new AbortController();
    const producer = createProducer({
      client,
      stream,
      // Without aggregates the order would cost a request for each record of a key.
      ...(!aggregates && { aggregation: false, order: 'none' }),
      lingerMs: 0,
      recordTtlMs: ttlMs,
      requestTimeoutMs: REQUEST_MS,
      maxRecordBytes: RECORD_BYTES,
      signal: controller.signal,
    });
    return { producer, controller };
  };
  let current = start();
  return async (records, forMs) => {
    const { producer, controller } = current;
    // One that was aborted takes nothing more; the next request finds another.
    const deadline = setTimeout(
      () => {
        current = start();
        controller.abort();
      },
      Math.max(0, forMs),
    );
    const puts = records.map((record) => producer.put(record));
    void producer.flush();
    const results = await Promise.allSettled(puts);
    clearTimeout(deadline);
    return results;
  };
}
