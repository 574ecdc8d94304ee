import { type HashKeyRange, hashKeyRange } from '../../shared/kpl/hash-key.ts';

/** The hash key range of a shard of the stream. Throws if the stream has no such shard. */
export type ShardRanges = (shardId: string) => Promise<HashKeyRange>;

/**
 * Looks ranges up with ListShards: once, and again when a shard is met that was not there (after
 * a reshard). A shard's range never changes. The Kinesis client is loaded with the first look-up.
 */
export function createShardRanges(streamName: string): ShardRanges {
  const known = new Map<string, HashKeyRange>();
  return async (shardId) => {
    if (!known.has(shardId)) await listShards(streamName, known);
    const range = known.get(shardId);
    if (range === undefined) {
      throw new Error(`stream ${streamName} does not list shard ${shardId}; is it being deleted?`);
    }
    return range;
  };
}

async function listShards(streamName: string, known: Map<string, HashKeyRange>): Promise<void> {
  const { KinesisClient, ListShardsCommand } = await import('@aws-sdk/client-kinesis');
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  // One call in a function's life: HTTP/1.1 does, and emulators speak nothing else.
  const client = new KinesisClient({ requestHandler: new NodeHttpHandler() });
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new ListShardsCommand(NextToken === undefined ? { StreamName: streamName } : { NextToken }),
    );
    for (const { ShardId, HashKeyRange } of page.Shards ?? []) {
      const range = hashKeyRange(HashKeyRange!.StartingHashKey!, HashKeyRange!.EndingHashKey!);
      known.set(ShardId!, range);
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
}
