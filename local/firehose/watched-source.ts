import type { StreamSource } from '../mapping/types.ts';

/** A stream that knows whether all of it has been read. */
export interface WatchedSource extends StreamSource {
  /** Something may have been put into the stream by who reads it: what was read before is not all. */
  touch(): void;
  /** Every shard has been read, and the last read of each found nothing, or its end. */
  isReadOut(): boolean;
}

export function watchSource(source: StreamSource): WatchedSource {
  /** By shard: the turn in which a read began that found nothing; -1 after one that found some. */
  const emptyIn = new Map<string, number>();
  let turn = 0;
  return {
    async listShards() {
      const shards = await source.listShards();
      for (const { shardId } of shards) if (!emptyIn.has(shardId)) emptyIn.set(shardId, -1);
      return shards;
    },
    async getRecords(shardId, from, limit) {
      const began = turn;
      const answer = await source.getRecords(shardId, from, limit);
      const atEnd = answer.next === null ? Number.POSITIVE_INFINITY : began;
      emptyIn.set(shardId, answer.records.length > 0 && answer.next !== null ? -1 : atEnd);
      return answer;
    },
    touch() {
      turn += 1;
    },
    isReadOut: () => emptyIn.size > 0 && [...emptyIn.values()].every((empty) => empty >= turn),
  };
}
