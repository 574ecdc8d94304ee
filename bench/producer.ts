import { KinesisClient, PutRecordsCommand, type PutRecordsInput } from '@aws-sdk/client-kinesis';
import { MAX_HASH_KEY } from '../shared/kpl/hash-key.ts';
import { createProducer } from '../shared/producer/producer.ts';
import { type BenchTable, formatTable, median, rounded } from './table.ts';

const RECORDS = 50_000;
const ROUNDS = 5;

interface Way {
  readonly name: string;
  readonly put: (client: KinesisClient, data: readonly Buffer[]) => Promise<void>;
}

const WAYS: Way[] = [
  { name: 'PutRecords of 500, a bare loop', put: bareLoop },
  { name: 'producer, aggregates', put: (client, data) => produce(client, data, true) },
  { name: 'producer, no aggregates', put: (client, data) => produce(client, data, false) },
];

/**
 * What putting costs this machine: everything up to the request's bytes, which go nowhere. All is
 * taken at once, by two shards.
 */
export async function benchProducer(): Promise<BenchTable> {
  const data = Array.from({ length: RECORDS }, (_, i) => Buffer.from(`${i}`.padEnd(200, ' event')));
  const times = WAYS.map((): number[] => []);
  const counts = WAYS.map(() => ({ kinesisRecords: 0, requests: 0 }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, { put }] of WAYS.entries()) {
      const { client, seen } = nowhere();
      const start = performance.now();
      await put(client, data);
      // The first round warms up.
      if (round > 0) times[i]!.push(performance.now() - start);
      counts[i] = seen;
    }
  }
  return {
    title: `Producer: ${RECORDS.toLocaleString('en')} records of 200 B, 1,000 keys, without a network`,
    columns: ['way', 'records/s', 'µs each', 'Kinesis records', 'records in each', 'requests'],
    rows: WAYS.map(({ name }, i) => {
      const ms = median(times[i]!);
      const { kinesisRecords, requests } = counts[i]!;
      const perSecond = Math.round((RECORDS / ms) * 1000);
      const each = rounded(RECORDS / kinesisRecords);
      return [name, perSecond, rounded((ms * 1000) / RECORDS), kinesisRecords, each, requests];
    }),
    note:
      'The bare loop awaits each request, keeps no order, retries nothing, and has no result per record. ' +
      'Aim: at least 20 records in each Kinesis record.',
  };
}

async function bareLoop(client: KinesisClient, data: readonly Buffer[]): Promise<void> {
  for (let at = 0; at < data.length; at += 500) {
    const Records = data
      .slice(at, at + 500)
      .map((Data, i) => ({ Data, PartitionKey: `key-${(at + i) % 1_000}` }));
    await client.send(new PutRecordsCommand({ StreamName: 'bench', Records }));
  }
}

async function produce(
  client: KinesisClient,
  data: readonly Buffer[],
  isAggregating: boolean,
): Promise<void> {
  const aggregation = isAggregating ? {} : ({ aggregation: false } as const);
  const producer = createProducer({ client, stream: 'bench', ...aggregation });
  for (const [i, bytes] of data.entries()) {
    if (!producer.hasRoom()) await producer.ready();
    void producer.put({ partitionKey: `key-${i % 1_000}`, data: bytes });
  }
  await producer.close();
  const { delivered } = producer.metrics();
  if (delivered !== data.length) throw new Error(`Only ${delivered} records were delivered.`);
}

/** A client that makes its requests as always, and is answered before they leave the process. */
function nowhere() {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new KinesisClient({ region: 'eu-west-1', credentials, maxAttempts: 1 });
  const seen = { kinesisRecords: 0, requests: 0 };
  client.middlewareStack.add(
    (_, { commandName }) =>
      async ({ input }) => {
        const output =
          commandName === 'PutRecordsCommand'
            ? taken(input as PutRecordsInput)
            : { Shards: SHARDS, StreamDescriptionSummary: {} };
        return { response: {}, output: { $metadata: {}, ...output } as never };
      },
    // Behind the serializer, before signature and network.
    { step: 'build', priority: 'high' },
  );
  return { client, seen };

  function taken({ Records = [] }: PutRecordsInput) {
    seen.requests += 1;
    seen.kinesisRecords += Records.length;
    const SequenceNumber = '49590338271490256608559692538361571095921575989136588898';
    // Right for every record but a raw one of the other shard, which does not matter to it.
    return {
      Records: Records.map(({ ExplicitHashKey = '0' }) => {
        const isLow = BigInt(ExplicitHashKey) < HALF;
        return { ShardId: SHARDS[isLow ? 0 : 1]!.ShardId, SequenceNumber };
      }),
    };
  }
}

const HALF = MAX_HASH_KEY / 2n + 1n;
const SHARDS = [
  [0n, HALF - 1n],
  [HALF, MAX_HASH_KEY],
].map(([start, end], i) => ({
  ShardId: `shardId-00000000000${i}`,
  HashKeyRange: { StartingHashKey: String(start), EndingHashKey: String(end) },
  SequenceNumberRange: { StartingSequenceNumber: '1' },
}));

if (import.meta.main) console.log(formatTable(await benchProducer()));
