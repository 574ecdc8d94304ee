import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Position, StreamRecord } from '../../local/mapping/types.ts';
import { kinesisSource } from '../../local/source.ts';
import { explicitHashKey, partitionKey, userData } from '../../shared/kpl/aggregate.ts';
import { decodeAggregate } from '../../shared/kpl/decode.ts';
import { hashKeyRange, inShardRange } from '../../shared/kpl/hash-key.ts';
import { listShards } from '../../shared/producer/list-shards.ts';

export interface ReadRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly partitionKey: string;
  readonly data: Buffer;
  /** False for what a consumer with a hash-range filter drops. */
  readonly isKept: boolean;
}

/** What is in a stream: its Kinesis records, and the user records in them; parent shards before their children, in order. */
export async function readStream(client: KinesisClient, stream: string) {
  const source = kinesisSource(client, stream);
  const shards = (await listShards(client, stream)).sort((a, b) =>
    a.ShardId! < b.ShardId! ? -1 : 1,
  );
  const records: { shardId: string; record: StreamRecord }[] = [];
  const users: ReadRecord[] = [];
  for (const { ShardId, HashKeyRange } of shards) {
    const range = hashKeyRange(HashKeyRange!.StartingHashKey!, HashKeyRange!.EndingHashKey!);
    for (const record of await readShard(source, ShardId!)) {
      const data = Buffer.from(record.data);
      const { sequenceNumber } = record;
      const common = { shardId: ShardId!, sequenceNumber };
      records.push({ shardId: ShardId!, record });
      const aggregate = decodeAggregate(data);
      if (aggregate?.kind === 'damaged') throw new Error(aggregate.message);
      if (aggregate === null) {
        const key = record.partitionKey;
        users.push({ ...common, subSequenceNumber: 0, partitionKey: key, data, isKept: true });
        continue;
      }
      for (let sub = 0; sub < aggregate.count; sub++) {
        const key = partitionKey(aggregate, sub);
        const isKept = inShardRange(range, key, explicitHashKey(aggregate, sub));
        const user = userData(aggregate, sub);
        users.push({ ...common, subSequenceNumber: sub, partitionKey: key, data: user, isKept });
      }
    }
  }
  return { records, users };
}

async function readShard(source: ReturnType<typeof kinesisSource>, shardId: string) {
  const records: StreamRecord[] = [];
  let position: Position | null = { at: 'TRIM_HORIZON' };
  for (let empty = 0; position !== null && empty < 2; ) {
    const answer: Awaited<ReturnType<typeof source.getRecords>> = await source.getRecords(
      shardId,
      position,
      1_000,
    );
    empty = answer.records.length === 0 ? empty + 1 : 0;
    records.push(...answer.records);
    position = answer.next;
  }
  return records;
}
