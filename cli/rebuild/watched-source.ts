import type { Clock, Read, StreamSource } from '../../local/mapping/types.ts';

interface Ports {
  readonly source: StreamSource;
  readonly clock: Clock;
  readonly paceMs: number;
}

/** A source that knows how far the consumer has come behind it. */
export interface WatchedSource extends StreamSource {
  /** When the list of shards that `listed` gives was asked for. */
  readonly listedAt: () => number;
  readonly listed: () => readonly string[];
  /** A record of a shard is done, and all before it. */
  readonly applied: (shardId: string, sequenceNumber: string) => void;
  /** The last read that was at the shard's tip, and whose records are all done: when it was sent. */
  readonly tipAt: (shardId: string) => number;
  /** Whatever arrived before is done; null: not known yet. */
  readonly upTo: (shardId: string) => number | null;
  /** Of the records that were read in this run. */
  readonly firstArrival: (shardId: string) => number;
}

interface Seen {
  sent: number;
  first: number;
  tip: number;
  upTo: number | null;
  /** The read whose records are not all done yet. */
  open: { readonly last: string; readonly sent: number; readonly behindMs: number } | null;
}

/** Reads a shard every `paceMs` milliseconds at most. */
export function watchSource({ source, clock, paceMs }: Ports): WatchedSource {
  const shards = new Map<string, Seen>();
  let list: { at: number; ids: readonly string[] } = { at: 0, ids: [] };
  const seenOf = (shardId: string): Seen => {
    const fresh = { sent: 0, first: Infinity, tip: -1, upTo: null, open: null };
    const known = shards.get(shardId) ?? fresh;
    shards.set(shardId, known);
    return known;
  };
  const close = (seen: Seen, sent: number, behindMs: number): void => {
    seen.upTo = sent - behindMs;
    if (behindMs === 0) seen.tip = sent;
    seen.open = null;
  };
  return {
    listedAt: () => list.at,
    listed: () => list.ids,
    tipAt: (shardId) => shards.get(shardId)?.tip ?? -1,
    upTo: (shardId) => shards.get(shardId)?.upTo ?? null,
    firstArrival: (shardId) => shards.get(shardId)?.first ?? Infinity,
    applied: (shardId, sequenceNumber) => {
      const seen = seenOf(shardId);
      if (seen.open !== null && BigInt(sequenceNumber) >= BigInt(seen.open.last)) {
        close(seen, seen.open.sent, seen.open.behindMs);
      }
    },
    listShards: async () => {
      const at = clock.now();
      const found = await source.listShards();
      list = { at, ids: found.map(({ shardId }) => shardId) };
      return found;
    },
    getRecords: async (shardId, from, limit): Promise<Read> => {
      const seen = seenOf(shardId);
      await clock.sleep(seen.sent + paceMs - clock.now());
      const sent = clock.now();
      seen.sent = sent;
      const read = await source.getRecords(shardId, from, limit);
      const last = read.records.at(-1);
      if (last === undefined) {
        // The mapping reads on when all that it has read is done: the batching window is 0.
        close(seen, sent, read.behindMs);
        return read;
      }
      seen.first = Math.min(seen.first, read.records[0]!.arrival);
      seen.open = { last: last.sequenceNumber, sent, behindMs: read.behindMs };
      return read;
    },
  };
}
