import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadApplications } from '../../infra/applications.ts';
import { buildFunctions } from '../../infra/build.ts';
import { describeService } from '../../infra/service.ts';
import { emulatorEnvironment } from '../../local/clients.ts';
import { type Datapoint, type Metrics, startCloudWatch } from '../../local/cloudwatch.ts';
import { startDynamodb } from '../../local/dynamodb.ts';
import { createRuntime, type Runtime } from '../../local/runtime.ts';
import { hashKeyOf } from '../../shared/kpl/hash-key.ts';
import { HEAT, heatKey } from '../../shared/resharding/heats.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { addToHeat, emptyHeat } from '../../shared/scaling/heat.ts';
import { encodeHeat } from '../../shared/scaling/heat-codec.ts';
import type { Rig } from './rig.ts';

const MINUTE = 60_000;

/** The packaged function of the rig's stream, on a clock that the test moves on. */
export interface ScalerRig {
  readonly runtime: Runtime;
  /** Its own DynamoDB: only its writes come in there. */
  readonly dynamodbPort: number;
  readonly invoke: (event: unknown) => Promise<{ outcome: string; why: string }>;
  /**
   * A minute passes in which producers have written this. CloudWatch shows each record as `times` of
   * them: the emulator takes hundreds a second, and a shard thousands.
   */
  readonly minute: (records: readonly Written[], lagMs: number) => Promise<void>;
}

export interface Written {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** What takes the clock from the event; the function behind it is as it was packaged. */
const ON_A_CLOCK = `
const now = Date.now;
let ahead = 0;
Date.now = () => now() + ahead;
const { handler: scale } = await import('./scale-cloudtrail/handler.js');
export const handler = ({ ahead: ms, event }, context) => {
  ahead = ms;
  return scale(event, context);
};
`;

export async function startScaler(rig: Rig, times: number): Promise<ScalerRig> {
  const { stream, kinesisEndpoint, atEnd } = rig;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-scaler-'));
  atEnd(async () => rmSync(folder, { recursive: true }));
  const { applications, config } = loadApplications('streams.yml');
  const { functions } = describeService(applications, config!, 'rough');
  const fn = functions.find(({ name }) => name === 'scale-cloudtrail')!;
  const dist = join(folder, 'dist');
  await buildFunctions([fn], dist);
  writeFileSync(join(dist, 'handler.js'), ON_A_CLOCK);
  writeFileSync(join(dist, 'package.json'), '{"type":"module"}');

  const table = fn.environment.SLUICE_STATE_TABLE!;
  const dynamodb = await startDynamodb({ tables: [table] });
  atEnd(dynamodb.stop);
  const series = new Map<string, Datapoint[]>();
  const metrics: Metrics = (metric, _, from, to) =>
    (series.get(metric) ?? []).filter(({ at }) => at >= from && at < to);
  const cloudwatch = await startCloudWatch(metrics);
  atEnd(cloudwatch.stop);
  const runtime = createRuntime({
    functionName: fn.physicalName,
    folder: dist,
    environment: {
      ...fn.environment,
      ...emulatorEnvironment({ kinesis: kinesisEndpoint, dynamodb: dynamodb.endpoint }),
      AWS_ENDPOINT_URL_CLOUDWATCH: cloudwatch.endpoint,
      SLUICE_STREAM: stream,
    },
    timeoutMs: fn.timeoutSeconds * 1_000,
    memoryMb: fn.memoryMb,
    log: (line) => {
      if (line.includes('"decision"')) console.log(line.slice(0, 400));
    },
  });
  atEnd(runtime.stop);

  // It was known long before.
  let ahead = 60 * MINUTE - (Date.now() % MINUTE);
  let heat = emptyHeat(Date.now() + ahead);
  const store = dynamoStore(dynamodb.client);
  return {
    runtime,
    dynamodbPort: dynamodb.port,
    invoke: (event) =>
      runtime.invoke({ ahead, event }) as Promise<{ outcome: string; why: string }>,
    async minute(records, lagMs) {
      const at = Math.floor((Date.now() + ahead) / MINUTE) * MINUTE;
      const bytes = records.reduce((sum, one) => sum + one.data.length, 0);
      const values = {
        IncomingRecords: records.length * times,
        IncomingBytes: bytes * times,
        WriteProvisionedThroughputExceeded: 0,
        'GetRecords.IteratorAgeMilliseconds': lagMs,
      };
      for (const [metric, value] of Object.entries(values)) {
        series.set(metric, [...(series.get(metric) ?? []), { at, value }]);
      }
      ahead += MINUTE;
      const samples = records.map(({ partitionKey, data }) => ({
        hashKey: hashKeyOf(partitionKey),
        bytes: data.length,
        weight: times,
      }));
      heat = addToHeat(heat, samples, Date.now() + ahead);
      const key = heatKey(table, stream, 'all');
      await store.put(key, { [HEAT]: { B: encodeHeat(heat) } });
    },
  };
}
