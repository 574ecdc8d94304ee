import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildFunctions } from '../../infra/build.ts';
import { describeService } from '../../infra/service.ts';
import { emulatorEnvironment, kinesisClient } from '../../local/clients.ts';
import { createTable, type LocalDynamodb, startDynamodb } from '../../local/dynamodb.ts';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import { createLedger, type Ledger } from '../../local/ledger.ts';
import { startMapping } from '../../local/mapping/mapping.ts';
import type { Invoke } from '../../local/mapping/types.ts';
import { realClock } from '../../local/real-clock.ts';
import { createRuntime, type Runtime } from '../../local/runtime.ts';
import { kinesisSource } from '../../local/source.ts';
import { parseStreams } from '../../shared/config/streams.ts';
import { createProducer, producerClient } from '../../shared/producer/producer.ts';
import { delivery } from '../upsert/rig.ts';
import { disturb, shardOf } from './disturb.ts';
import { scan } from './items.ts';
import { createKiller } from './kills.ts';
import { mappingSettings } from './mapping-settings.ts';

const STREAM = 'sluice-results';
const ROWS = 600;
const BATCH = 8;
const { config } = parseStreams(`streams:
  results: { shards: 2, format: json, producer: kpl }
applications:
  any: { stream: results, sql: any.sql, schema: { a: INTEGER }, outputs: { ANY: { table: any } } }
upserts:
  orders:
    stream: results
    table: orders
    key: { partition: [country] }
    version: at
    keep: 30d
    columns:
      country: VARCHAR(8)
      at: INTEGER
      status: VARCHAR(16)
      orders: { type: BIGINT, merge: add }
      amount: { type: "DECIMAL(15,2)", merge: add }
      low: { type: INTEGER, merge: min }
      high: { type: INTEGER, merge: max }
`);

const folder = mkdtempSync(join(tmpdir(), 'sluice-upsert-'));
const stops: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true })];
let kinesis: LocalKinesis;
let dynamodb: LocalDynamodb;

beforeAll(async () => {
  kinesis = await startKinesis({ streams: [{ name: STREAM, shards: 2 }] });
  stops.push(kinesis.stop);
  dynamodb = await startDynamodb({ tables: [] });
  stops.push(dynamodb.stop);
});

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

/** The packaged function with a table of its own. */
async function side(stage: string) {
  const faults = pathToFileURL(join(folder, stage)).href;
  const service = describeService([], config!, stage, faults);
  const fn = service.functions.find(({ name }) => name === 'upsert-orders')!;
  await buildFunctions([fn], join(folder, stage, 'dist'));
  await createTable(dynamodb.client, fn.environment.SLUICE_TABLE!);
  const endpoints = { kinesis: kinesis.endpoint, dynamodb: dynamodb.endpoint };
  const runtime = createRuntime({
    functionName: fn.physicalName,
    folder: join(folder, stage, 'dist', fn.name),
    environment: { ...fn.environment, SLUICE_STREAM: STREAM, ...emulatorEnvironment(endpoints) },
    timeoutMs: 60_000,
    memoryMb: 256,
  });
  stops.push(runtime.stop);
  const items = () =>
    scan(
      dynamodb.client,
      service.tables.filter(({ name }) => name === 'orders'),
    );
  return { runtime, items };
}

/** Reads the stream from its start until all that was put is done. */
async function read(runtime: Runtime, invoke: Invoke, batchSize: number, ledger: Ledger) {
  const client = kinesisClient(kinesis.endpoint);
  const mapping = startMapping({
    source: kinesisSource(client, STREAM),
    invoke,
    clock: realClock,
    report: (event) => {
      if (event.kind === 'checkpoint') ledger.checkpoint(event.shardId, event.sequenceNumber);
    },
    settings: mappingSettings(STREAM, runtime.functionArn, batchSize),
  });
  while (ledger.waitingSince !== null) await realClock.sleep(50);
  await mapping.stop();
  client.destroy();
}

const rows = Array.from({ length: ROWS }, (_, i) => ({
  country: `c-${(i * 7) % 40}`,
  at: (i * 13) % 101,
  status: `s-${i % 17}`,
  orders: i % 5,
  amount: `${i}.25`,
  low: (i * 31) % 997,
  high: (i * 31) % 997,
}));

function expected() {
  return [...Map.groupBy(rows, ({ country }) => country)].map(([country, own]) => {
    const at = Math.max(...own.map((row) => row.at));
    const newest = own.filter((row) => row.at === at).map((row) => row.status);
    return {
      country: { S: country },
      at: { N: String(at) },
      status: { S: newest.sort().at(-1) },
      orders: { N: String(own.reduce((sum, row) => sum + row.orders, 0)) },
      amount: { N: String(own.reduce((sum, row) => sum + Number(row.amount), 0)) },
      low: { N: String(Math.min(...own.map((row) => row.low))) },
      high: { N: String(Math.max(...own.map((row) => row.high))) },
      _n: { N: String(own.length) },
    };
  });
}

it('rows of a stream come to exact items under repeats, other batches and kills', {
  timeout: 240_000,
}, async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'local';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'local';
  const client = producerClient({ endpoint: kinesis.endpoint, region: 'us-east-1' });
  const producer = createProducer({ client, stream: STREAM, aggregation: { maxBytes: 400 } });
  const receipts = await Promise.all(
    rows.map((row, i) => {
      const data = JSON.stringify(row).replace(/"(\d+\.25)"/, '$1');
      return producer.put({ partitionKey: `k-${i % 90}`, data });
    }),
  );
  await producer.close();
  client.destroy();
  const ledgerOf = () => {
    const ledger = createLedger();
    for (const { shardId, sequenceNumber } of receipts) {
      ledger.putRecord(1, shardId, sequenceNumber, 0);
    }
    return ledger;
  };

  const [rough, calm] = [await side('rough'), await side('calm')];
  const trouble = { invokes: 0, halves: 0, older: 0, repeats: 0, overlaps: 0 };
  const killer = createKiller(rough.runtime, dynamodb.port, [
    { name: 'one', writes: 3, due: (shardId) => shardId.endsWith('0') },
    { name: 'two', writes: 9, due: (shardId) => shardId.endsWith('1') && trouble.invokes > 4 },
    { name: 'three', writes: 14, due: () => trouble.invokes > 8 },
  ]);
  const disturbed = disturb(rough.runtime.invoke, trouble);
  const invoke: Invoke = (event, id) => killer.around(shardOf(event), () => disturbed(event, id));
  await read(rough.runtime, invoke, BATCH, ledgerOf());
  killer.stop();
  expect(killer.done).toHaveLength(3);
  expect(Math.min(...Object.values(trouble))).toBeGreaterThan(0);

  const items = await rough.items();
  const found = [...items.values()].sort((a, b) => (a.country!.S! < b.country!.S! ? -1 : 1));
  const wanted = expected().sort((a, b) => (a.country.S < b.country.S ? -1 : 1));
  expect(found).toMatchObject(wanted);

  await read(rough.runtime, rough.runtime.invoke, 100, ledgerOf());
  expect(await rough.items()).toEqual(items);
  await read(calm.runtime, calm.runtime.invoke, 37, ledgerOf());
  expect(await calm.items()).toEqual(items);
});

it('rows of a Lambda destination come to exact items, killed and delivered again', {
  timeout: 120_000,
}, async () => {
  const { runtime, items } = await side('delivered');
  const records = rows.slice(0, 120).map((row, i) => ({
    id: `record-${i}`,
    data: JSON.stringify(row).replace(/"(\d+\.25)"/, '$1'),
  }));
  const killer = createKiller(runtime, dynamodb.port, [
    { name: 'first', writes: 5, due: () => true },
    { name: 'second', writes: 11, due: () => true },
  ]);
  for (let from = 0; from < records.length; from += 40) {
    const event = delivery(records.slice(Math.max(0, from - 10), from + 40));
    for (let done = false; !done; ) {
      try {
        const answer = await killer.around('any', () => runtime.invoke(event));
        const { records: results } = answer as { records: { result: string }[] };
        done = results.every(({ result }) => result === 'Ok');
      } catch {
        // Killed: the caller delivers again.
      }
    }
  }
  killer.stop();
  expect(killer.done).toEqual(['first', 'second']);
  const sums = [...Map.groupBy(rows.slice(0, 120), ({ country }) => country)].map(
    ([country, own]) => [country, own.length, own.reduce((sum, row) => sum + row.orders, 0)],
  );
  const found = [...(await items()).values()].map((item) => [
    item.country!.S,
    Number(item._n!.N),
    Number(item.orders!.N),
  ]);
  expect(found.sort()).toEqual(sums.sort());
});
