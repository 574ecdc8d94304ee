import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { InvalidUserRecord } from '../shared/kpl/errors.ts';
import { createProducer } from '../shared/producer/producer.ts';
import type { Clock } from './mapping/types.ts';

/** One event on its way into a stream. */
export interface NewRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** True: never inside an aggregate (because it looks like one already). */
  readonly alone?: boolean;
}

export interface ProducerOptions {
  readonly client: KinesisClient;
  readonly stream: string;
  readonly clock: Clock;
  /** Events per second; null: as fast as the stream takes them. */
  readonly rate: number | null;
  /** Put every second event into a KPL aggregate. */
  readonly aggregate: boolean;
  readonly signal: AbortSignal;
  /** Hears of each event that the stream has taken. */
  readonly taken?: (shardId: string, sequenceNumber: string) => void;
}

export interface Produced {
  /** Events that the stream has taken. */
  readonly events: number;
  /** Events that no stream takes: empty key, or over 1 MiB. */
  readonly refused: number;
  /** Events sent again because the stream refused them once. */
  readonly retried: number;
}

/** Pause between rounds of a paced producer. */
const TICK_MS = 200;
/** Little, so that figures of a replay without a pace keep up with what has arrived. */
const BUFFER_BYTES = 4 * 1024 * 1024;
/** How long what is on its way is still tried once the signal is aborted. */
const DRAIN_MS = 5_000;

/**
 * Replays events into a stream until they end or `signal` is aborted, and gives the final counts.
 * Rejects when the stream keeps refusing.
 */
export async function produce(
  events: AsyncIterable<NewRecord> | Iterable<NewRecord>,
  options: ProducerOptions,
): Promise<Produced> {
  const { client, stream, clock, rate, signal } = options;
  const giveUp = new AbortController();
  const drain = (): unknown => setTimeout(() => giveUp.abort(), DRAIN_MS).unref();
  signal.addEventListener('abort', drain, { once: true });
  const producer = createProducer({
    ...{ client, stream, signal: giveUp.signal, bufferBytes: BUFFER_BYTES },
    // Nothing that reads these streams needs it, and made-up events have few keys.
    order: 'none',
  });
  const total = { events: 0, refused: 0 };
  let failure: unknown = null;
  const began = clock.now();
  let read = 0;

  for await (const event of events) {
    if (signal.aborted || failure !== null) break;
    await producer.ready();
    const alone = event.alone === true || !options.aggregate || read % 2 === 0;
    producer.put({ ...event, alone }).then(
      ({ shardId, sequenceNumber }) => {
        total.events += 1;
        options.taken?.(shardId, sequenceNumber);
      },
      (error: unknown) => {
        if (error instanceof InvalidUserRecord) total.refused += 1;
        else failure ??= error;
      },
    );
    read += 1;
    if (rate === null) continue;
    // Sleep only when a tick ahead of time.
    const due = began + (read / rate) * 1000;
    if (due - clock.now() >= TICK_MS) await clock.sleep(due - clock.now(), signal);
  }
  await producer.close();
  if (failure !== null && !signal.aborted) throw failure;
  return { ...total, retried: producer.metrics().retries };
}
