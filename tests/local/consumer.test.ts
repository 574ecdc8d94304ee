import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { loadApplications } from '../../infra/applications.ts';
import { buildFunctions } from '../../infra/build.ts';
import { isStreamFunction } from '../../infra/function.ts';
import { describeService } from '../../infra/service.ts';
import { emulatorEnvironment, kinesisClient } from '../../local/clients.ts';
import { startConsumer } from '../../local/consumer.ts';
import { startDynamodb } from '../../local/dynamodb.ts';
import { generateCloudTrail } from '../../local/generate/cloudtrail.ts';
import { startKinesis } from '../../local/kinesis.ts';
import { produce } from '../../local/producer.ts';
import { realClock } from '../../local/real-clock.ts';
import { kinesisSource } from '../../local/source.ts';
import { readTables } from '../../local/tables.ts';

const CONFIG = fileURLToPath(new URL('../../streams.yml', import.meta.url));
const COUNT = 3_000;
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

it.each([
  ['batches', null],
  ['windows of two seconds', 2_000],
])('functions killed in mid-invoke leave exact tables: %s', { timeout: 180_000 }, async (_, ms) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-consumer-'));
  stops.push(() => rm(folder, { recursive: true }));
  const { applications, config: written } = loadApplications(CONFIG);
  const application = applications.find(({ name }) => name === 'account-activity')!;
  const settings = { ...written!.applications[application.name]!, stateWindowMs: ms };
  const config = { ...written!, applications: { [application.name]: settings } };
  const root = pathToFileURL(folder).href;
  const service = describeService([application], config, 'local', root);
  const dist = join(folder, 'dist');
  await buildFunctions(service.functions, dist);
  const logFile = join(folder, 'functions.log');
  writeFileSync(logFile, '');
  const stream = service.streams.find(({ name }) => name === 'cloudtrail')!;
  const kinesis = await startKinesis({ streams: [{ name: stream.physicalName, shards: 2 }] });
  stops.push(kinesis.stop);
  const tables = service.tables.map(({ physicalName }) => physicalName);
  const dynamodb = await startDynamodb({ tables });
  stops.push(dynamodb.stop);
  const client = kinesisClient(kinesis.endpoint);
  const endpoints = { kinesis: kinesis.endpoint, dynamodb: dynamodb.endpoint };
  const consumer = startConsumer({
    fn: service.functions.find(isStreamFunction)!,
    streamName: stream.physicalName,
    source: kinesisSource(client, stream.physicalName),
    dist,
    environment: emulatorEnvironment(endpoints),
    logFile,
  });
  stops.push(consumer.stop);

  const start = Date.now() - 300_000;
  const events = [...generateCloudTrail({ seed: 5, start, interval: 100, count: COUNT })];
  const putting = produce(events, {
    client,
    stream: stream.physicalName,
    clock: realClock,
    rate: null,
    aggregate: true,
    signal: new AbortController().signal,
    taken: (shardId, sequenceNumber) =>
      consumer.ledger.putRecord(1, shardId, sequenceNumber, Date.now()),
  });
  // While the function writes its rows, its process is killed: some are in, some are not.
  let kills = 0;
  for (let tries = 0; kills < 4 && tries < 400; tries++) {
    await realClock.sleep(100);
    if (!(await someRowsSince(kills))) continue;
    await consumer.runtime.kill();
    kills += 1;
  }
  await putting;
  await expect.poll(() => consumer.ledger.applied, { timeout: 90_000 }).toBe(COUNT);
  expect(kills).toBe(4);
  expect(consumer.progress(Date.now()).failures).toBeGreaterThan(0);

  const sound = events.filter(({ fault }) => fault === null);
  const expected = new Map<string, number>();
  for (const { data } of sound) {
    const { eventTime, sourceIPAddress } = JSON.parse(Buffer.from(data).toString());
    const key = `${eventTime.slice(0, 16)} ${sourceIPAddress}`;
    expected.set(key, (expected.get(key) ?? 0) + 1);
  }
  const rows = await readRows();
  const found = new Map(
    rows.map(({ window, columns }) => [`${window.slice(0, 16)} ${columns.address}`, columns.calls]),
  );
  expect(found).toEqual(expected);

  async function readRows() {
    const prefix = service.functions[0]!.environment.SLUICE_TABLE_PREFIX!;
    const read = await readTables(dynamodb.client, prefix, [application]);
    return read.get('account-activity')!.get('CALLS_PER_ADDRESS')!;
  }

  /** True while an invoke is under way that has written some rows since the last kill. */
  async function someRowsSince(before: number): Promise<boolean> {
    const { ledger } = consumer;
    if (ledger.put === 0 || ledger.waitingSince === null) return false;
    return (await readRows()).length > before * 20;
  }
});
