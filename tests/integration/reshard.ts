import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  MergeShardsCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { realClock } from '../../local/real-clock.ts';
import { type HashKeyRange, hashKeyRange } from '../../shared/kpl/hash-key.ts';
import { listShards } from '../../shared/producer/list-shards.ts';

/** Splits a shard in the middle of its range. The stream takes records all the while. */
export async function split(client: KinesisClient, stream: string, shardId: string): Promise<void> {
  await active(client, stream);
  const shard = (await listShards(client, stream)).find(({ ShardId }) => ShardId === shardId)!;
  const { start, end } = rangeOf(shard);
  const middle = (start + end) / 2n + 1n;
  const request = { StreamName: stream, ShardToSplit: shardId, NewStartingHashKey: String(middle) };
  await client.send(new SplitShardCommand(request));
}

/** Merges two shards that lie side by side. */
export async function merge(
  client: KinesisClient,
  stream: string,
  [one, other]: readonly [string, string],
): Promise<void> {
  await active(client, stream);
  const request = { StreamName: stream, ShardToMerge: one, AdjacentShardToMerge: other };
  await client.send(new MergeShardsCommand(request));
}

export function rangeOf({ HashKeyRange: range }: Shard): HashKeyRange {
  return hashKeyRange(range!.StartingHashKey!, range!.EndingHashKey!);
}

async function active(client: KinesisClient, StreamName: string): Promise<void> {
  for (;;) {
    const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
    if (answer.StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return;
    await realClock.sleep(50);
  }
}
