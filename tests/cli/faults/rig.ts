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
import { dynamoStore } from '../../../shared/results/dynamodb.ts';
import { arrange } from '../../../shared/sql/engine/graph.ts';
import { CLICKS, folder, STREAMS } from '../run.ts';

export const SHARD = 'shardId-000000000000';
const PREFIX = 'sluice-test-';

export function sequenceNumber(n: number): string {
  return String(49650000000000000000000000000000000000000000000000000002n + BigInt(n));
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

  /** Runs the function over one batch of these records, a second apart. */
  const consume = async (records: readonly string[], place = faults): Promise<void> => {
    const dispatch = createDispatcher(context, {
      faults: openFaultStore(place),
      ranges: null,
      generation: liveGeneration(context, place),
      reread: () => {
        throw new Error('no window is open here');
      },
    });
    const arrival = Math.floor(Date.now() / 60_000) * 60;
    const Records = records.map((text, i) => ({
      eventID: `${SHARD}:${sequenceNumber(i)}`,
      kinesis: {
        sequenceNumber: sequenceNumber(i),
        partitionKey: 'key',
        approximateArrivalTimestamp: arrival + i,
        data: Buffer.from(text).toString('base64'),
      },
    }));
    const { batchItemFailures } = await dispatch({ Records });
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
