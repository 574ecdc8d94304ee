import { type HashKeyRange, hashKeyRange } from '../kpl/hash-key.ts';

/** The hash key range of a shard of the stream. Throws if the stream has no such shard. */
export type ShardRanges = (shardId: string) => Promise<HashKeyRange>;

/**
 * Looks ranges up with ListShards: once, and again when a shard is met that was not there (after
 * a reshard), for all who ask meanwhile. A shard's range never changes. The Kinesis client is loaded with the first look-up.
 */
export function createShardRanges(streamName: string): ShardRanges {
  const known = new Map<string, HashKeyRange>();
  let lookingUp: Promise<void> | null = null;
  return async (shardId) => {
    if (!known.has(shardId)) {
      lookingUp ??= lookUp(streamName, known).finally(() => {
        lookingUp = null;
      });
      await lookingUp;
    }
    const range = known.get(shardId);
    if (range === undefined) {
      throw new Error(`stream ${streamName} does not list shard ${shardId}; is it being deleted?`);
    }
    return range;
  };
}

async function lookUp(streamName: string, known: Map<string, HashKeyRange>): Promise<void> {
  const { KinesisClient } = await import('@aws-sdk/client-kinesis');
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  const { listShards } = await import('../producer/list-shards.ts');
  // One call in a function's life: HTTP/1.1 does, and emulators speak nothing else.
  const client = new KinesisClient({ requestHandler: new NodeHttpHandler() });
  for (const { ShardId, HashKeyRange } of await listShards(client, streamName)) {
    const range = hashKeyRange(HashKeyRange!.StartingHashKey!, HashKeyRange!.EndingHashKey!);
    known.set(ShardId!, range);
  }
}
