import {
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import { listShards } from '../shared/producer/list-shards.ts';
import type { Position, StreamShard, StreamSource } from './mapping/types.ts';

/** A stream behind the Kinesis API as the event source mapping reads it. */
export function kinesisSource(client: KinesisClient, stream: string): StreamSource {
  return {
    async listShards() {
      const shards = await listShards(client, stream);
      return shards.map((shard): StreamShard => {
        const parents = [shard.ParentShardId, shard.AdjacentParentShardId];
        return { shardId: shard.ShardId!, parents: parents.filter((id) => id !== undefined) };
      });
    },
    async getRecords(shardId, from, limit) {
      const answer = await readAt(shardId, from, limit);
      const records = (answer.Records ?? []).map((record) => ({
        sequenceNumber: record.SequenceNumber!,
        partitionKey: record.PartitionKey!,
        data: record.Data!,
        arrival: record.ApproximateArrivalTimestamp!.getTime(),
      }));
      const iterator = answer.NextShardIterator;
      const behindMs = answer.MillisBehindLatest ?? 0;
      if (iterator === undefined) return { records, next: null, behindMs };
      // The iterator for speed, the sequence number for when it has expired (after 5 minutes).
      const after = records.at(-1)?.sequenceNumber ?? resumeFrom(from);
      const cursor = JSON.stringify({ iterator, after });
      return { records, next: { at: 'CURSOR', cursor }, behindMs };
    },
  };

  async function readAt(shardId: string, from: Position, limit: number) {
    const iterator = await iteratorFor(shardId, from);
    try {
      return await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: limit }));
    } catch (error) {
      const after = resumeFrom(from);
      if (!(error instanceof ExpiredIteratorException) || after === null) throw error;
      const fresh = await iteratorFor(shardId, { at: 'AFTER', sequenceNumber: after });
      return client.send(new GetRecordsCommand({ ShardIterator: fresh, Limit: limit }));
    }
  }

  async function iteratorFor(shardId: string, from: Position): Promise<string> {
    if (from.at === 'CURSOR') return readCursor(from.cursor).iterator;
    const answer = await client.send(
      new GetShardIteratorCommand({
        StreamName: stream,
        ShardId: shardId,
        ...(from.at === 'AFTER'
          ? {
              ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
              StartingSequenceNumber: from.sequenceNumber,
            }
          : from.at === 'AT_TIMESTAMP'
            ? { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(from.time) }
            : { ShardIteratorType: from.at }),
      }),
    );
    return answer.ShardIterator!;
  }
}

function readCursor(cursor: string): { iterator: string; after: string | null } {
  return JSON.parse(cursor) as { iterator: string; after: string | null };
}

/** The sequence number to go on from when an iterator cannot be used any more. */
function resumeFrom(from: Position): string | null {
  if (from.at === 'AFTER') return from.sequenceNumber;
  return from.at === 'CURSOR' ? readCursor(from.cursor).after : null;
}
