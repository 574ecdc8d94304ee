import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  MergeShardsCommand,
  SplitShardCommand,
  type StreamDescriptionSummary,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis';
import { hashKeyRange } from '../kpl/hash-key.ts';
import { listShards } from '../producer/list-shards.ts';
import type { Operation, Shard } from '../scaling/ring.ts';

/** A stream as it is now. */
export interface StreamNow {
  readonly isActive: boolean;
  readonly isOnDemand: boolean;
  readonly openShards: number;
  readonly createdAt: number;
}

/** Rejects with ResourceNotFoundException if there is no such stream. */
export async function describe(client: KinesisClient, stream: string): Promise<StreamNow> {
  const request = new DescribeStreamSummaryCommand({ StreamName: stream });
  const { StreamDescriptionSummary: summary } = await client.send(request);
  const {
    StreamStatus,
    StreamModeDetails,
    OpenShardCount,
    StreamCreationTimestamp: created,
  } = summary as StreamDescriptionSummary;
  return {
    isActive: StreamStatus === 'ACTIVE',
    isOnDemand: StreamModeDetails?.StreamMode === 'ON_DEMAND',
    openShards: OpenShardCount ?? 0,
    createdAt: created?.getTime() ?? 0,
  };
}

/** The open shards: those that have no last sequence number yet. */
export async function openShards(client: KinesisClient, stream: string): Promise<Shard[]> {
  const all = await listShards(client, stream);
  return all
    .filter(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber === undefined)
    .map(({ ShardId, HashKeyRange, ParentShardId, AdjacentParentShardId }) => ({
      id: ShardId!,
      range: hashKeyRange(HashKeyRange!.StartingHashKey!, HashKeyRange!.EndingHashKey!),
      parents: [ParentShardId, AdjacentParentShardId].filter((id) => id !== undefined),
    }));
}

/** Makes the call. It has effect some time later, when the stream is ACTIVE again. */
export async function carryOut(
  client: KinesisClient,
  stream: string,
  operation: Operation,
): Promise<void> {
  const StreamName = stream;
  switch (operation.call) {
    case 'UpdateShardCount': {
      const { count } = operation;
      const ScalingType = 'UNIFORM_SCALING';
      await client.send(
        new UpdateShardCountCommand({ StreamName, TargetShardCount: count, ScalingType }),
      );
      return;
    }
    case 'SplitShard': {
      const { shardId, at } = operation;
      const NewStartingHashKey = String(at);
      await client.send(
        new SplitShardCommand({ StreamName, ShardToSplit: shardId, NewStartingHashKey }),
      );
      return;
    }
    case 'MergeShards': {
      const { shardId, adjacentId } = operation;
      await client.send(
        new MergeShardsCommand({
          StreamName,
          ShardToMerge: shardId,
          AdjacentShardToMerge: adjacentId,
        }),
      );
    }
  }
}
