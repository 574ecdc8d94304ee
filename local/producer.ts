import type { KinesisClient } from '@aws-sdk/client-kinesis';
import {
  type AggregateBuilder,
  aggregateBuilder,
  type NewUserRecord,
} from '../shared/kpl/encode.ts';
import { hashKeyOf, hashKeyRange } from '../shared/kpl/hash-key.ts';
import type { Clock } from './mapping/types.ts';
import { putRecords } from './put-records.ts';
import { listShards } from './source.ts';

/** One event on its way into a stream. */
export interface NewRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** True: never inside an aggregate (because it looks like one already). */
  readonly alone?: boolean;
}

export interface ProducerOptions {
  readonly client: KinesisClient;
  readonly stream: string;
  readonly clock: Clock;
  /** Events per second; null: as fast as the stream takes them. */
  readonly rate: number | null;
  /** Put every second event into a KPL aggregate. */
  readonly aggregate: boolean;
  readonly signal: AbortSignal;
  /** Hears of each Kinesis record that the stream has taken; `events` are inside it. */
  readonly taken?: (events: number, shardId: string, sequenceNumber: string) => void;
}

export interface Produced {
  /** Events that the stream has taken. */
  readonly events: number;
  /** Events that no stream takes: empty key, or over 1 MiB. */
  readonly refused: number;
  /** Records sent again because the stream refused them once. */
  readonly retried: number;
}

/** One Kinesis record to be: an event, or an aggregate of several. */
interface Outgoing extends NewUserRecord {
  readonly events: number;
}

/** The KPL's AggregationMaxSize. */
const AGGREGATE_BYTES = 51_200;
/** Data and partition key of one record, unless the stream allows more. */
const RECORD_BYTES = 1024 * 1024;
/** Events that are put together at most; with a rate, as many as are due. */
const ROUND = 2_000;
/** Pause between rounds of a paced producer. */
const TICK_MS = 200;

/**
 * Replays events into a stream until they end or `signal` is aborted, and gives the final counts.
 * Rejects when the stream keeps refusing.
 */
export async function produce(
  events: AsyncIterable<NewRecord> | Iterable<NewRecord>,
  options: ProducerOptions,
): Promise<Produced> {
  const { client, stream, clock, rate, signal } = options;
  const shardOf = await predictor(client, stream);
  const total = { events: 0, refused: 0, retried: 0 };
  const began = clock.now();
  let taken = 0;
  let round: NewRecord[] = [];

  for await (const event of events) {
    if (signal.aborted) break;
    if (isPuttable(event)) round.push(event);
    else total.refused += 1;
    taken += 1;
    if (round.length >= ROUND) await put();
    if (rate === null) continue;
    // Sleep only when a tick ahead of time, then put what has gathered.
    const due = began + (taken / rate) * 1000;
    if (due - clock.now() < TICK_MS) continue;
    await put();
    await clock.sleep(due - clock.now(), signal);
  }
  if (!signal.aborted) await put();
  return total;

  async function put(): Promise<void> {
    const records = options.aggregate
      ? aggregateHalf(round, shardOf)
      : round.map((event) => ({ ...event, events: 1 }));
    round = [];
    const target = { client, stream, clock, signal };
    total.retried += await putRecords(target, records, ({ events }, shardId, sequenceNumber) => {
      total.events += events;
      options.taken?.(events, shardId, sequenceNumber);
    });
  }
}

function isPuttable({ partitionKey, data }: NewRecord): boolean {
  const bytes = data.length + Buffer.byteLength(partitionKey);
  return partitionKey !== '' && bytes <= RECORD_BYTES;
}

/** Every second event goes into an aggregate of its predicted shard, the others stay as they are. */
function aggregateHalf(
  events: readonly NewRecord[],
  shardOf: (partitionKey: string) => string,
): Outgoing[] {
  const records: Outgoing[] = [];
  const open = new Map<string, AggregateBuilder>();
  events.forEach((event, index) => {
    if (event.alone === true || index % 2 === 0) {
      records.push({ ...event, events: 1 });
      return;
    }
    const shardId = shardOf(event.partitionKey);
    let builder = open.get(shardId) ?? aggregateBuilder();
    if (builder.count() > 0 && builder.sizeWith(event) > AGGREGATE_BYTES) {
      records.push(close(builder));
      builder = aggregateBuilder();
    }
    builder.add(event);
    open.set(shardId, builder);
  });
  for (const builder of open.values()) records.push(close(builder));
  return records;
}

/** Foretells the shard of a partition key, as the KPL does, from the open shards' hash ranges. */
async function predictor(
  client: KinesisClient,
  stream: string,
): Promise<(partitionKey: string) => string> {
  const shards = (await listShards(client, stream))
    .filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined)
    .map((shard) => ({
      shardId: shard.ShardId!,
      range: hashKeyRange(shard.HashKeyRange!.StartingHashKey!, shard.HashKeyRange!.EndingHashKey!),
    }));
  const known = new Map<string, string>();
  return (partitionKey) => {
    const before = known.get(partitionKey);
    if (before !== undefined) return before;
    const hashKey = hashKeyOf(partitionKey);
    const shard = shards.find(({ range }) => hashKey >= range.start && hashKey <= range.end);
    if (shard === undefined) throw new Error(`stream ${stream} has no open shard for a hash key`);
    if (known.size > 10_000) known.clear();
    known.set(partitionKey, shard.shardId);
    return shard.shardId;
  };
}

function close(builder: AggregateBuilder): Outgoing {
  return { ...builder.build(), events: builder.count() };
}
