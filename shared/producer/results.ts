import type { InvalidUserRecord } from '../kpl/errors.ts';
import { inShardRange } from '../kpl/hash-key.ts';
import type { Parcel } from './batch.ts';
import type { Entry } from './entry.ts';
import { PutAborted, PutRefused, RecordExpired, StreamUnavailable } from './errors.ts';
import type { Latencies } from './latencies.ts';
import type { Counters } from './metrics.ts';
import type { Outcomes } from './sender.ts';
import type { Shards } from './shards.ts';

export interface ResultOptions {
  readonly stream: string;
  readonly recordTtlMs: number;
  readonly shards: Shards;
  readonly counters: Counters;
  readonly latencies: Latencies;
  /** The entry has its result and can be forgotten. */
  readonly done: (entry: Entry) => void;
}

/** Turns what became of records into the results of their put()s, and counts it. */
export function createResults(options: ResultOptions): Outcomes & {
  /** Nothing can be placed. */
  unavailable(entries: readonly Entry[], error: Error): void;
  invalid(entry: Entry, error: InvalidUserRecord): void;
} {
  const { stream, shards, counters, latencies, done } = options;

  function fail(entry: Entry, error: Error): void {
    counters.failed += 1;
    done(entry);
    entry.reject(error);
  }

  /**
   * After a reshard an aggregate may land in a shard that is not that of all its user records. As
   * the KPL does, each is judged by itself: those of the shard are delivered, the others are sent
   * again, and consumers that filter by hash range drop the copy in the wrong shard.
   */
  async function missed({ entries }: Parcel, shardId: string): Promise<readonly Entry[]> {
    if (entries.length === 1) {
      // A record that is not aggregated is always right. Only the map is out of date, and should the
      // look-up fail, the next answer asks for it again.
      shards.rangeOf(shardId).catch(() => {});
      return [];
    }
    const range = await shards.rangeOf(shardId);
    const isRight = ({ partitionKey, explicitHashKey }: Entry): boolean =>
      inShardRange(range, partitionKey, explicitHashKey);
    // The record was addressed by the hash key of its first. A stream that puts it elsewhere goes by
    // no hash keys (record distribution AUTO), so that there is no right shard.
    if (!isRight(entries[0]!)) return [];
    return entries.filter((entry) => !isRight(entry));
  }

  return {
    async arrived(parcel, lane, shardId, sequenceNumber) {
      const { entries } = parcel;
      counters.kinesisRecords += 1;
      if (entries.length > 1) {
        counters.aggregates += 1;
        counters.aggregatedUserRecords += entries.length;
      }
      let wrong: ReadonlySet<Entry> = new Set();
      if (shardId !== lane.shardId) {
        try {
          wrong = new Set(await missed(parcel, shardId));
        } catch (error) {
          const text = `it is in shard ${shardId} of ${stream}, whose hash range cannot be looked up`;
          for (const entry of entries) {
            const { attempts } = entry;
            fail(entry, new StreamUnavailable(text, { attempts, mayHaveArrived: true }, error));
          }
          return [];
        }
      }
      counters.misplaced += wrong.size;
      const now = performance.now();
      for (const [subSequenceNumber, entry] of entries.entries()) {
        if (wrong.has(entry)) continue;
        counters.delivered += 1;
        latencies.add(now - entry.putAt);
        done(entry);
        const { attempts } = entry;
        entry.resolve({ shardId, sequenceNumber, subSequenceNumber, attempts });
      }
      return [...wrong];
    },
    throttled(parcels) {
      counters.throttles += parcels;
    },
    sent(parcels) {
      counters.requests += 1;
      for (const entry of parcels.flatMap(({ entries }) => entries)) {
        if (entry.attempts > 0) counters.retries += 1;
        if (entry.mayHaveArrived) counters.possibleDuplicates += 1;
        entry.attempts += 1;
      }
    },
    repeated(parcels) {
      for (const { entries } of parcels) counters.possibleDuplicates += entries.length;
    },
    unsure(entries) {
      for (const entry of entries) entry.mayHaveArrived = true;
    },
    expired(entries, lane) {
      const seconds = options.recordTtlMs / 1000;
      for (const entry of entries) {
        const sent = entry.attempts === 0 ? 'it was never sent' : `sent ${times(entry.attempts)}`;
        const text = `a record for ${stream} was not delivered within ${seconds} s: ${sent}${doubt(entry)}`;
        fail(entry, new RecordExpired(text, entry, lane.lastError ?? undefined));
      }
    },
    refused(entries, error) {
      for (const entry of entries) {
        const text = `${stream} refuses the record: ${error.name}: ${error.message}`;
        fail(entry, new PutRefused(text, entry, error));
      }
    },
    aborted(entries) {
      for (const entry of entries) {
        const text = `the producer of ${stream} was aborted before a record was delivered${doubt(entry)}`;
        fail(entry, new PutAborted(text, entry));
      }
    },
    unavailable(entries, error) {
      const text = `the shards of ${stream} cannot be listed: ${error.name}: ${error.message}`;
      for (const entry of entries) fail(entry, new StreamUnavailable(text, entry, error));
    },
    invalid: fail,
  };
}

function doubt({ mayHaveArrived }: Entry): string {
  return mayHaveArrived ? '; it may have arrived all the same, an answer was lost' : '';
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
