import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { NewRecord } from '../../local/producer.ts';
import { createProducer } from '../../shared/producer/producer.ts';

export interface ProducerOptions {
  readonly client: KinesisClient;
  readonly stream: string;
  /** Events that are put together. */
  readonly round: number;
  /** Hears of each user record that the stream has taken. */
  readonly taken: (events: number, shardId: string, sequenceNumber: string) => void;
}

export interface Producer {
  /** Puts the events round by round, each when there is `room` for it. */
  readonly put: (events: readonly NewRecord[], room?: () => Promise<void>) => Promise<void>;
  /** User records sent again because they had reached a shard that they do not belong to. */
  readonly sentAgain: () => number;
}

/** Every so many events one comes as a record of its own. */
const PLAIN_EVERY = 40;

/** Our producer: it packs as the KPL does, and sends again what a reshard has put into a wrong shard. */
export function kplProducer({ client, stream, round, taken }: ProducerOptions): Producer {
  // A slow emulator must not look like a lost answer: nothing here may come twice.
  const patient = { requestTimeoutMs: 60_000, recordTtlMs: 600_000, lingerMs: 0 };
  const producer = createProducer({ client, stream, ...patient });
  return { put, sentAgain: () => producer.metrics().misplaced };

  async function put(events: readonly NewRecord[], room = async () => {}): Promise<void> {
    for (let at = 0; at < events.length; at += round) {
      await room();
      await Promise.all(
        events.slice(at, at + round).map(async (event, index) => {
          const alone = event.alone === true || index % PLAIN_EVERY === 0;
          const { shardId, sequenceNumber } = await producer.put({ ...event, alone });
          taken(1, shardId, sequenceNumber);
        }),
      );
    }
  }
}
