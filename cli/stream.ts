import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  type _Record as KinesisRecord,
  type Shard,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import {
  type Aggregate,
  dataEnd,
  dataStart,
  explicitHashKey,
  partitionKey,
} from '../shared/kpl/aggregate.ts';
import { decodeAggregate } from '../shared/kpl/decode.ts';
import { type HashKeyRange, hashKeyRange, inShardRange } from '../shared/kpl/hash-key.ts';
import { listShards } from '../shared/producer/list-shards.ts';
import { explainAws, nameOf } from './aws-errors.ts';
import { CommandError } from './errors.ts';
import type { Progress } from './io.ts';

/** One user record of a stream. */
export interface StreamRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** 0 for a record that is not aggregated. */
  readonly sub: number;
  readonly partitionKey: string;
  readonly arrival: number;
  readonly data: Buffer;
  readonly from: number;
  readonly to: number;
  /** Why what looks like an aggregate is none. */
  readonly damage: string | null;
}

/** A client as the environment says. Behind an endpoint of one's own there is seldom HTTP/2, the SDK's default. */
export function openKinesis(): KinesisClient {
  const isEmulated = process.env.AWS_ENDPOINT_URL_KINESIS || process.env.AWS_ENDPOINT_URL;
  return new KinesisClient({
    // Others read the shards too, and five reads a second are all that one has.
    ...(!process.env.AWS_MAX_ATTEMPTS && { maxAttempts: 6 }),
    ...(isEmulated && { requestHandler: new NodeHttpHandler() }),
  });
}

/**
 * Reads a stream from its beginning to its tip and gives its user records in the order of their
 * arrival. `names` are tried in turn; the one that exists is told to `found`. With `isKpl` user
 * records outside their shard's hash range are left out: the KPL has sent them again.
 * Throws CommandError.
 */
export async function readStream(
  client: KinesisClient,
  names: readonly string[],
  isKpl: boolean,
  progress: Progress,
): Promise<{ readonly name: string; readonly records: readonly StreamRecord[] }> {
  try {
    const { name, shards } = await findStream(client, names);
    let count = 0;
    const perShard = await Promise.all(
      shards.map(async (shard) => {
        const records: StreamRecord[] = [];
        for await (const { batch, behindMs } of readShard(client, name, shard.ShardId!)) {
          for (const record of batch) records.push(...userRecords(record, shard, isKpl));
          count += batch.length;
          const behind = behindMs > 0 ? `, ${Math.ceil(behindMs / 1000)} s behind the tip` : '';
          progress.show(`reading ${name}: ${count.toLocaleString('en')} records${behind}`);
        }
        return records;
      }),
    );
    // Stable: records of a shard stay in its order, and a parent's come before its children's.
    const records = perShard.flat().sort((a, b) => a.arrival - b.arrival);
    return { name, records };
  } catch (error) {
    throw explainAws(
      {
        what: `stream ${names[0]} cannot be read`,
        service: 'Kinesis',
        needs: 'kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords',
      },
      error,
    );
  }
}

async function findStream(
  client: KinesisClient,
  names: readonly string[],
): Promise<{ name: string; shards: Shard[] }> {
  for (const name of names) {
    try {
      return { name, shards: await listShards(client, name) };
    } catch (error) {
      if (nameOf(error) !== 'ResourceNotFoundException') throw error;
    }
  }
  const region = await client.config.region();
  throw new CommandError(
    `there is no stream ${names.join(', nor ')} in ${region}`,
    'aws kinesis list-streams shows which there are; AWS_REGION and --stage decide where to look',
  );
}

/** An empty answer may come long before the tip. */
const PAUSE_MS = 200;

async function* readShard(
  client: KinesisClient,
  name: string,
  shardId: string,
): AsyncGenerator<{ batch: KinesisRecord[]; behindMs: number }> {
  const start = { StreamName: name, ShardId: shardId };
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ ...start, ShardIteratorType: 'TRIM_HORIZON' }),
  );
  let iterator = ShardIterator;
  while (iterator !== undefined) {
    const answer = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
    const batch = answer.Records ?? [];
    const behindMs = answer.MillisBehindLatest ?? 0;
    yield { batch, behindMs };
    // A shard that was closed by a split or merge ends without an iterator.
    iterator = behindMs > 0 || batch.length > 0 ? answer.NextShardIterator : undefined;
    if (batch.length === 0 && iterator !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function* userRecords(
  record: KinesisRecord,
  shard: Shard,
  isKpl: boolean,
): Generator<StreamRecord> {
  const bytes = record.Data!;
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const common = {
    shardId: shard.ShardId!,
    sequenceNumber: record.SequenceNumber!,
    arrival: record.ApproximateArrivalTimestamp!.getTime(),
  };
  const aggregate = decodeAggregate(data);
  if (aggregate?.kind === 'aggregate') {
    yield* membersOf(aggregate, common, isKpl ? rangeOf(shard) : null);
    return;
  }
  const damage = aggregate === null ? null : aggregate.message;
  const key = record.PartitionKey!;
  yield { ...common, sub: 0, partitionKey: key, data, from: 0, to: data.length, damage };
}

function* membersOf(
  aggregate: Aggregate,
  common: Pick<StreamRecord, 'shardId' | 'sequenceNumber' | 'arrival'>,
  range: HashKeyRange | null,
): Generator<StreamRecord> {
  for (let sub = 0; sub < aggregate.count; sub++) {
    const key = partitionKey(aggregate, sub);
    if (range !== null && !inShardRange(range, key, explicitHashKey(aggregate, sub))) continue;
    const span = { from: dataStart(aggregate, sub), to: dataEnd(aggregate, sub) };
    yield { ...common, ...span, sub, partitionKey: key, data: aggregate.bytes, damage: null };
  }
}

function rangeOf({ HashKeyRange }: Shard): HashKeyRange {
  return hashKeyRange(HashKeyRange!.StartingHashKey!, HashKeyRange!.EndingHashKey!);
}
