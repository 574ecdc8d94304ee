import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadApplications } from '../../infra/applications.ts';
import { buildFunctions } from '../../infra/build.ts';
import { describeService } from '../../infra/service.ts';
import { emulatorEnvironment, kinesisClient } from '../../local/clients.ts';
import { startDynamodb } from '../../local/dynamodb.ts';
import { generateCloudTrail } from '../../local/generate/cloudtrail.ts';
import { startKinesis } from '../../local/kinesis.ts';
import { createLedger } from '../../local/ledger.ts';
import { startMapping } from '../../local/mapping/mapping.ts';
import type { MappingEvent } from '../../local/mapping/types.ts';
import { produce } from '../../local/producer.ts';
import { realClock } from '../../local/real-clock.ts';
import { createRuntime } from '../../local/runtime.ts';
import { kinesisSource } from '../../local/source.ts';
import { readTables } from '../../local/tables.ts';
import type { Application } from '../../shared/config/application.ts';
import { type ReadRecord, userRecords } from '../../shared/records/event.ts';
import { accountActivity, rowText } from './oracle.ts';

const FILE = '../shared/data/cloudtrail/events.ndjson.gz';

/** Invokes in the middle of which the function is killed. */
const KILLED_TURNS = [1, 3, 4, 8, 11];

interface Line {
  readonly partitionKey: string;
  readonly data: Buffer;
}

function fileLines(): Line[] {
  const lines = gunzipSync(readFileSync(FILE)).toString().trim().split('\n');
  return lines.map((line, i) => ({ partitionKey: `key-${i % 97}`, data: Buffer.from(line) }));
}

function madeUpLines(count: number): Line[] {
  const options = { seed: 11, start: Date.UTC(2026, 4, 2, 12), interval: 300, count };
  return [...generateCloudTrail(options)]
    .filter(({ fault }) => fault === null)
    .map(({ partitionKey, data }) => ({ partitionKey, data: Buffer.from(data) }));
}

/** Real Kinesis and DynamoDB APIs, the packaged function, and everything that can go wrong on the way. */
async function run(lines: readonly Line[]) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-exactness-'));
  const loaded = loadApplications('streams.yml');
  const sample = loaded.applications.find(({ name }) => name === 'account-activity')!;
  // The events are old, and arrive now.
  const application: Application = { ...sample, latenessMs: null };
  const service = describeService(
    [application],
    loaded.config!,
    'test',
    pathToFileURL(folder).href,
  );
  const [fn] = service.functions;
  const stream = service.streams.find(({ name }) => name === 'cloudtrail')!.physicalName;
  const [kinesis, dynamodb] = await Promise.all([
    startKinesis({ streams: [{ name: stream, shards: 2 }] }),
    startDynamodb({ tables: service.tables.map(({ physicalName }) => physicalName) }),
    buildFunctions(service.functions, folder),
  ]);
  const emulators = { kinesis: kinesis.endpoint, dynamodb: dynamodb.endpoint };
  const runtime = createRuntime({
    functionName: fn!.physicalName,
    folder: join(folder, fn!.name),
    environment: { ...fn!.environment, ...emulatorEnvironment(emulators) },
    timeoutMs: 60_000,
    memoryMb: 256,
  });
  const client = kinesisClient(kinesis.endpoint);
  const ledger = createLedger();
  const seen = new Map<string, ReadRecord>();
  const trouble = { invokes: 0, kills: 0, repeats: 0, otherBatches: 0 };

  const invoke = async (event: MappingEvent): Promise<unknown> => {
    for (const record of userRecords(event)) {
      seen.set(`${record.sequenceNumber}.${record.subSequenceNumber}`, record);
    }
    const turn = trouble.invokes++;
    if (turn % 3 === 0) {
      // The first half is delivered alone, and its answer is lost.
      trouble.otherBatches++;
      const half = event.Records.slice(0, event.Records.length >> 1);
      await runtime.invoke({ ...event, Records: half });
    }
    if (KILLED_TURNS.includes(turn)) {
      trouble.kills++;
      setTimeout(() => void runtime.kill(), 60);
    }
    const answer = await runtime.invoke(event);
    if (turn % 3 !== 2) return answer;
    trouble.repeats++;
    return runtime.invoke(event);
  };
  const mapping = startMapping({
    source: kinesisSource(client, stream),
    invoke,
    clock: realClock,
    report: (event) => {
      if (event.kind === 'checkpoint') ledger.checkpoint(event.shardId, event.sequenceNumber);
    },
    settings: {
      streamArn: `arn:aws:kinesis:eu-west-1:123456789012:stream/${stream}`,
      functionArn: runtime.functionArn,
      roleArn: 'arn:aws:iam::123456789012:role/test',
      region: 'eu-west-1',
      batchSize: 60,
      batchWindowMs: 0,
      startingPosition: { at: 'TRIM_HORIZON' },
      reportBatchItemFailures: true,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: -1,
      maximumRecordAgeMs: -1,
      tumblingWindowMs: 0,
      finalWithRecords: false,
      pollMs: 50,
      discoverMs: 1_000,
      backoffMs: 20,
      backoffMaxMs: 200,
    },
  });
  try {
    await produce(lines, {
      ...{ client, stream, clock: realClock, rate: null, aggregate: true },
      signal: new AbortController().signal,
      taken: (events, shard, sequence) => ledger.putRecord(events, shard, sequence, Date.now()),
    });
    while (ledger.waitingSince !== null) await realClock.sleep(50);
    const tables = await readTables(dynamodb.client, 'sluice-test-', [application]);
    const outputs = [...tables.get(application.name)!].map(
      ([name, rows]) => [name, rows.map(({ columns }) => rowText(columns)).sort()] as const,
    );
    return { tables: Object.fromEntries(outputs), records: [...seen.values()], trouble };
  } finally {
    await mapping.stop();
    await runtime.stop();
    client.destroy();
    await Promise.all([kinesis.stop(), dynamodb.stop()]);
    rmSync(folder, { recursive: true });
  }
}

describe('tables equal those of SQLite, with repeats, other batches and a function killed again and again', () => {
  const cases: [string, () => Line[], boolean][] = [
    ['made-up events', () => madeUpLines(900), true],
    ['real CloudTrail events', fileLines, existsSync(FILE)],
  ];
  it.each(cases)('%s', { timeout: 120_000 }, async (name, lines, there) => {
    if (!there) {
      console.warn(`skipped: ${FILE} is absent`);
      return;
    }
    const input = lines();
    const { tables, records, trouble } = await run(input);
    console.log(`${name}: ${input.length} events, ${JSON.stringify(trouble)}`);
    expect(records.length).toBe(input.length);
    expect(trouble.kills).toBe(KILLED_TURNS.length);
    expect(trouble.repeats).toBeGreaterThan(2);
    const wanted = accountActivity(records);
    for (const [stream, rows] of Object.entries(wanted))
      expect(tables[stream], stream).toEqual(rows);
  });
});
