import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadApplications } from '../../infra/applications.ts';
import { buildFunctions } from '../../infra/build.ts';
import { describeService } from '../../infra/service.ts';
import { type Archive, bucketOf, startArchive } from '../../local/archive.ts';
import { emulatorEnvironment, kinesisClient } from '../../local/clients.ts';
import { startHttp } from '../../local/http.ts';
import { startKinesis } from '../../local/kinesis.ts';
import { kinesisSource } from '../../local/source.ts';

/** A streams.yml has one; it stands still here. */
const APPLICATION = `applications:
  calls:
    stream: calls
    sql: calls.sql
    schema: { eventName: VARCHAR(64) }
    outputs: { CALLS: { table: results } }
`;
const PROGRAM = `CREATE OR REPLACE STREAM CALLS (minute TIMESTAMP, calls BIGINT);
CREATE OR REPLACE PUMP CALLS_PUMP AS INSERT INTO CALLS
SELECT STREAM STEP(c.ROWTIME BY INTERVAL '1' MINUTE), COUNT(*)
FROM SOURCE_SQL_STREAM_001 AS c GROUP BY STEP(c.ROWTIME BY INTERVAL '1' MINUTE);
`;

/** The answer to one record that was posted. */
export interface Posted {
  readonly status: number;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly mayHaveArrived?: boolean;
}

export interface ArchiveRig {
  /** Posts a body to the entrance of a stream. Gives the results of its records. */
  readonly post: (stream: string, type: string, body: string) => Promise<readonly Posted[]>;
  readonly archives: ReadonlyMap<string, Archive>;
  /** The folder in the place of a delivery's bucket. */
  readonly bucket: (delivery: string) => string;
  readonly stop: () => Promise<void>;
}

/**
 * The service of this streams.yml from HTTP to folders: entrance, packaged ingest functions, emulated
 * Kinesis, Firehose loops with packaged transformers.
 */
export async function startArchiveRig(streams: string): Promise<ArchiveRig> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-archive-'));
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true })];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    const file = join(folder, 'streams.yml');
    writeFileSync(file, `${streams}${APPLICATION}`);
    writeFileSync(join(folder, 'calls.sql'), PROGRAM);
    const { applications, config, transformers, errors } = loadApplications(file);
    if (config === null || errors.length > 0) throw new Error(JSON.stringify(errors));
    const service = describeService(applications, config, 'test', 'file:///none', transformers);
    const dist = join(folder, 'dist');
    const names = service.streams.map(({ physicalName, shards }) => ({
      name: physicalName,
      shards,
    }));
    const [kinesis] = await Promise.all([
      startKinesis({ streams: names }),
      buildFunctions(service.functions, dist),
    ]);
    stops.push(kinesis.stop);
    const client = kinesisClient(kinesis.endpoint);
    stops.push(async () => client.destroy());
    const environment = emulatorEnvironment({ kinesis: kinesis.endpoint, dynamodb: '' });

    const logFile = join(folder, 'functions.log');
    const urls = new Map<string, string>();
    for (const fn of service.functions.filter(({ handler }) => handler === 'ingest')) {
      const stream = fn.name.replace('ingest-', '');
      const http = await startHttp({ stream, fn, dist, environment, logFile, port: 0 });
      stops.push(http.stop);
      urls.set(stream, http.url);
    }

    const archives = service.deliveries.map((delivery) => {
      const streamName = names.find(({ name }) =>
        name.endsWith(`-${delivery.config.stream}`),
      )!.name;
      const archive = startArchive({
        delivery,
        fn: service.functions.find(({ name }) => name === delivery.transform) ?? null,
        streamName,
        source: kinesisSource(client, streamName),
        ...{ dist, environment, logFile, folder: join(folder, 'archive') },
      });
      stops.push(archive.stop);
      return [delivery.name, archive] as const;
    });

    return {
      archives: new Map(archives),
      bucket: (name) => {
        const delivery = service.deliveries.find((one) => one.name === name)!;
        return join(folder, 'archive', bucketOf(delivery));
      },
      async post(stream, type, body) {
        const headers = { 'content-type': type };
        const answer = await fetch(urls.get(stream)!, { method: 'POST', headers, body });
        const { records } = (await answer.json()) as { records?: readonly Posted[] };
        if (records === undefined) throw new Error(`the entrance answers ${answer.status}`);
        return records;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
