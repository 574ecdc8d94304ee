import { createHash } from 'node:crypto';
import type { MappingEvent, StreamSource } from '../../local/mapping/types.ts';

/**
 * What a parallelization factor does: records of one shard go side by side, in order per partition
 * key only. Every shard becomes `factor` shards named `<shard>~<part>` to the mapping, and one
 * again to the function.
 */
export function parallelSource(source: StreamSource, factor: number): StreamSource {
  const parts = Array.from({ length: factor }, (_, part) => part);
  const split = (shardId: string): string[] => parts.map((part) => `${shardId}~${part}`);
  return {
    listShards: async () => {
      const shards = await source.listShards();
      return shards.flatMap(({ shardId, parents }) =>
        split(shardId).map((name) => ({ shardId: name, parents: parents.flatMap(split) })),
      );
    },
    getRecords: async (name, from, limit) => {
      const [shardId = '', part] = name.split('~');
      const { records, ...place } = await source.getRecords(shardId, from, limit);
      const mine = records.filter(
        ({ partitionKey }) => partOf(partitionKey, factor) === Number(part),
      );
      return { records: mine, ...place };
    },
  };
}

export function joinParts(event: MappingEvent): MappingEvent {
  const Records = event.Records.map((record) => ({
    ...record,
    eventID: nameOf(record.eventID),
  }));
  return { ...event, Records, ...(event.shardId && { shardId: nameOf(event.shardId) }) };
}

function nameOf(text: string): string {
  return text.replace(/~\d+/, '');
}

function partOf(partitionKey: string, factor: number): number {
  return createHash('md5').update(partitionKey).digest()[0]! % factor;
}
