import { emulatorEnvironment, kinesisClient } from '../local/clients.ts';
import { startCloudWatch } from '../local/cloudwatch.ts';
import { startDynamodb } from '../local/dynamodb.ts';
import { startKinesis } from '../local/kinesis.ts';
import { openShards } from '../shared/resharding/stream.ts';
import type { ServiceFunction } from './function.ts';
import { renderLog, styleOf } from './invoke-report.ts';
import type { LocalAws } from './local-aws.ts';
import type { Service } from './service.ts';

/**
 * What a scaler needs for one invoke: its stream with the shards of streams.yml, new and without any
 * traffic, an empty state table, and a CloudWatch that knows of nothing.
 */
export async function startLocalScaler(service: Service, fn: ServiceFunction): Promise<LocalAws> {
  const { SLUICE_STREAM: name, SLUICE_STATE_TABLE: table } = fn.environment;
  const declared = service.streams.find(({ physicalName }) => physicalName === name);
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    await Promise.all(stops.splice(0).map((one) => one()));
  };
  try {
    const dynamodb = await startDynamodb({ tables: [table!] });
    stops.push(dynamodb.stop);
    const cloudwatch = await startCloudWatch(() => []);
    stops.push(cloudwatch.stop);
    const streams = [{ name: name!, shards: declared?.shards ?? 1 }];
    const kinesis = await startKinesis({ streams });
    stops.push(kinesis.stop);
    const style = styleOf(process.stderr);
    const say = (line: string) => process.stderr.write(`${line}\n`);
    return {
      environment: {
        ...emulatorEnvironment({ kinesis: kinesis.endpoint, dynamodb: dynamodb.endpoint }),
        AWS_ENDPOINT_URL_CLOUDWATCH: cloudwatch.endpoint,
      },
      log: (line) => say(renderLog(line, style)),
      async report() {
        const client = kinesisClient(kinesis.endpoint);
        const { length } = await openShards(client, name!);
        client.destroy();
        say(`${name} has ${length} open shard${length === 1 ? '' : 's'}.`);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
