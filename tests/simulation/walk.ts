import { toEvent } from '../../local/mapping/event.ts';
import type { KinesisBatch } from '../../shared/records/event.ts';
import { SETTINGS } from './settings.ts';
import type { Stream } from './stream.ts';
import { Broken } from './violation.ts';
import { withGarbledData } from './wire.ts';

/** Goes through the records of a stream as they lie there, shard by shard in steps of `size`. */
export async function walk(
  stream: Stream,
  oldest: number,
  size: () => number,
  give: (shardId: string, event: KinesisBatch) => Promise<void>,
): Promise<void> {
  const next = new Map([...stream.shards.keys()].map((shardId) => [shardId, 0]));
  while (next.size > 0) {
    for (const [shardId, from] of next) {
      const kept = stream.memory.records(shardId).filter(({ arrival }) => arrival >= oldest);
      const records = kept.slice(from, from + size());
      if (records.length === 0) {
        next.delete(shardId);
        continue;
      }
      next.set(shardId, from + records.length);
      const event = toEvent(shardId, records, SETTINGS, null) as KinesisBatch;
      await give(shardId, withGarbledData(event, stream.garbled));
    }
  }
}

interface Answer {
  readonly batchItemFailures: readonly unknown[];
}

/** Throws Broken unless a function without trouble takes the batch. */
export async function deliver(
  consume: (event: KinesisBatch) => Promise<Answer>,
  shardId: string,
  event: KinesisBatch,
): Promise<void> {
  const answer = await consume(event);
  if (answer.batchItemFailures.length === 0) return;
  const message = `a sound pass does not get over ${shardId}`;
  throw new Broken({ invariant: 'drain', message });
}
