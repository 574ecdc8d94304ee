import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { vi } from 'vitest';
import { createDispatcher } from '../../../functions/aggregate/dispatch.ts';
import { liveGeneration } from '../../../functions/aggregate/live-generation.ts';
import { loadApplications } from '../../../infra/applications.ts';
import { emulatorEnvironment } from '../../../local/clients.ts';
import { startDynamodb } from '../../../local/dynamodb.ts';
import { readTables, type TableRow } from '../../../local/tables.ts';
import { openFaultStore } from '../../../shared/consume/fault-stores.ts';
import type { KinesisRecord } from '../../../shared/records/event.ts';
import { dynamoStore } from '../../../shared/results/dynamodb.ts';
import { arrange } from '../../../shared/sql/engine/graph.ts';
import { CLICKS, folder, STREAMS } from '../run.ts';

export const SHARD = 'shardId-000000000000';
const PREFIX = 'sluice-test-';
/** A minute that all tests of a file have in common, seconds since 1970. */
const ARRIVAL = Math.floor(Date.now() / 60_000) * 60;

export function sequenceNumber(n: number): string {
  return String(49650000000000000000000000000000000000000000000000000002n + BigInt(n));
}

/** As they are delivered, a second apart. */
export function kinesisRecords(texts: readonly string[], from = 0): KinesisRecord[] {
  return texts.map((text, i) => ({
    eventID: `${SHARD}:${sequenceNumber(from + i)}`,
    kinesis: {
      sequenceNumber: sequenceNumber(from + i),
      partitionKey: 'key',
      approximateArrivalTimestamp: ARRIVAL + i,
      data: Buffer.from(text).toString('base64'),
    },
  }));
}

/** Tables, and the function of the application `web` as it is in a streams.yml. */
export async function startRig() {
  const root = folder({ 'streams.yml': STREAMS, 'clicks.sql': CLICKS });
  const config = join(root, 'streams.yml');
  const faults = pathToFileURL(root).href;
  const dynamodb = await startDynamodb({ tables: [`${PREFIX}results`, `${PREFIX}state`] });
  const environment = emulatorEnvironment({ dynamodb: dynamodb.endpoint, kinesis: '' });
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const application = loadApplications(config).applications[0]!;
  const context = {
    application,
    graph: arrange(application.plan),
    tables: { prefix: PREFIX, state: `${PREFIX}state` },
    store: dynamoStore(dynamodb.client),
  };

  /** Runs the function over one batch of these records, the first of which has this number. */
  const consume = async (records: readonly string[], place = faults, from = 0): Promise<void> => {
    const dispatch = createDispatcher(context, {
      faults: openFaultStore(place),
      ranges: null,
      generation: liveGeneration(context, place),
      reread: () => {
        throw new Error('no window is open here');
      },
    });
    const { batchItemFailures } = await dispatch({ Records: kinesisRecords(records, from) });
    if (batchItemFailures.length > 0) throw new Error('the batch failed');
  };

  const rows = async (): Promise<TableRow['columns'][]> => {
    const tables = await readTables(dynamodb.client, PREFIX, [application]);
    return tables
      .get('web')!
      .get('PAGES')!
      .map(({ columns }) => columns);
  };

  const stop = async (): Promise<void> => {
    vi.unstubAllEnvs();
    await dynamodb.stop();
  };
  return { ...{ root, config, faults, application, consume, rows, stop } };
}

/** What Lambda was asked, and what it is to answer next; `error` is that of a function. */
export interface FakeLambda {
  readonly asked: { readonly path: string; readonly event: Record<string, unknown> }[];
  readonly answers: { readonly error?: string; readonly body: unknown }[];
  readonly stop: () => void;
}

/** Lambda's Invoke: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export async function startLambda(): Promise<FakeLambda> {
  const asked: FakeLambda['asked'] = [];
  const answers: FakeLambda['answers'] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    asked.push({ path: request.url!, event: JSON.parse(Buffer.concat(parts).toString()) });
    const { error, body } = answers.shift()!;
    if (error !== undefined) response.setHeader('X-Amz-Function-Error', error);
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', `http://127.0.0.1:${port}`);
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { asked, answers, stop };
}
