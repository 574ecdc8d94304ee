import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { loadApplications } from '../../infra/applications.ts';
import { buildFunctions } from '../../infra/build.ts';
import { describeService } from '../../infra/service.ts';
import { emulatorEnvironment, kinesisClient } from '../../local/clients.ts';
import { createTable, startDynamodb } from '../../local/dynamodb.ts';
import { startKinesis } from '../../local/kinesis.ts';
import type { Ledger } from '../../local/ledger.ts';
import { type Mapping, startMapping } from '../../local/mapping/mapping.ts';
import type { Invoke, MappingReport } from '../../local/mapping/types.ts';
import { realClock } from '../../local/real-clock.ts';
import { createRuntime, type Runtime } from '../../local/runtime.ts';
import { kinesisSource } from '../../local/source.ts';
import type { Application } from '../../shared/config/application.ts';
import type { FaultyRecord } from '../../shared/consume/faults.ts';
import { type Items, readFaults, scan } from './items.ts';
import { mappingSettings } from './mapping-settings.ts';

/** The application's function with tables and a place for faults of its own. */
export interface Side {
  readonly runtime: Runtime;
  /** Starts to read the stream from its start; the ledger hears what is done. */
  readonly map: (invoke: Invoke, batchSize: number, ledger: Ledger) => Mapping;
  readonly items: () => Promise<Items>;
  readonly faults: () => FaultyRecord[];
}

/** One stream in emulated Kinesis, emulated DynamoDB, and the packaged function as often as it is asked for. */
export interface Rig {
  readonly application: Application;
  readonly client: KinesisClient;
  readonly stream: string;
  readonly dynamodbPort: number;
  readonly kinesisEndpoint: string;
  /** For what only some tests start. */
  readonly atEnd: (stop: () => Promise<void>) => void;
  readonly side: (stage: string) => Promise<Side>;
  /** Ends all that was started; nothing is left behind. */
  readonly stop: () => Promise<void>;
}

/** Starts with the `account-activity` of streams.yml, `settings` in the place of its own. */
export async function startRig(settings: Partial<Application>, shards = 2): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-exactness-'));
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true })];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  const { applications, config } = loadApplications('streams.yml');
  const sample = applications.find(({ name }) => name === 'account-activity')!;
  const application: Application = { ...sample, ...settings };
  const stream = `sluice-${sample.stream.name}`;
  try {
    const kinesis = await startKinesis({ streams: [{ name: stream, shards }] });
    stops.push(kinesis.stop);
    const dynamodb = await startDynamodb({ tables: [] });
    stops.push(dynamodb.stop);
    const client = kinesisClient(kinesis.endpoint);
    stops.push(async () => client.destroy());
    const endpoints = { kinesis: kinesis.endpoint, dynamodb: dynamodb.endpoint };
    const source = kinesisSource(client, stream);

    const side = async (stage: string): Promise<Side> => {
      const faultsUrl = pathToFileURL(join(folder, stage)).href;
      const service = describeService([application], config!, stage, faultsUrl);
      const fn = service.functions[0]!;
      await buildFunctions([fn], join(folder, stage, 'dist'));
      for (const { physicalName } of service.tables) {
        await createTable(dynamodb.client, physicalName);
      }
      const runtime = createRuntime({
        functionName: fn.physicalName,
        folder: join(folder, stage, 'dist', fn.name),
        environment: {
          ...fn.environment,
          SLUICE_STREAM: stream,
          ...emulatorEnvironment(endpoints),
        },
        timeoutMs: 60_000,
        memoryMb: 256,
      });
      stops.push(runtime.stop);
      return {
        runtime,
        map: (invoke, batchSize, ledger) => {
          const report = (event: MappingReport) => {
            if (event.kind !== 'checkpoint') return;
            ledger.checkpoint(event.shardId, event.sequenceNumber);
          };
          const settings = mappingSettings(stream, runtime.functionArn, batchSize);
          const mapping = startMapping({ source, invoke, clock: realClock, report, settings });
          stops.push(mapping.stop);
          return mapping;
        },
        items: () => scan(dynamodb.client, service.tables),
        faults: () => readFaults(join(folder, stage, 'faults')),
      };
    };
    return {
      application,
      client,
      stream,
      dynamodbPort: dynamodb.port,
      kinesisEndpoint: kinesis.endpoint,
      atEnd: (one) => stops.push(one),
      side,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
