import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isStage, STAGES_ARE } from '../../infra/service.ts';
import { STATE_TABLE, type StreamConfig } from '../../shared/config/streams.ts';
import { cloudWatchMetrics } from '../../shared/resharding/cloudwatch.ts';
import { refusalOf } from '../../shared/resharding/errors.ts';
import { readHeats } from '../../shared/resharding/heats.ts';
import type { Services } from '../../shared/resharding/reshard.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { type AwsCall, explainAws, nameOf } from '../aws-errors.ts';
import { existingName } from '../config.ts';
import { CommandError } from '../errors.ts';
import { openKinesis } from '../stream.ts';

/** A stream of streams.yml in one stage, and how to reach all that is known of it. */
export interface Place extends Services {
  /** Its name on AWS. */
  readonly stream: string;
  /** False for an emulated Kinesis, whose metrics nobody has. */
  readonly hasMetrics: boolean;
  readonly close: () => void;
}

/** Throws CommandError for a stage that cannot be. */
export function openPlace(config: StreamConfig, stage: string, now: () => number): Place {
  if (!isStage(stage)) throw new CommandError(`${stage} is no stage: ${STAGES_ARE}`);
  const prefix = `sluice-${stage}-`;
  const stream = existingName(config) ?? prefix + config.name;
  const stateTable = prefix + STATE_TABLE;
  const [kinesis, dynamodb, cloudwatch] = [
    openKinesis(),
    new DynamoDBClient({}),
    new CloudWatchClient({}),
  ];
  const ofTable: AwsCall = {
    what: `table ${stateTable} cannot be read`,
    service: 'DynamoDB',
    needs: 'dynamodb:GetItem and dynamodb:Query, and with --apply dynamodb:UpdateItem',
  };
  const ofMetrics: AwsCall = {
    what: `the metrics of stream ${stream} cannot be read`,
    service: 'CloudWatch',
    needs: 'cloudwatch:GetMetricData',
  };
  const readMetrics = cloudWatchMetrics(cloudwatch);
  const store = dynamoStore(dynamodb);
  const { AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL_CLOUDWATCH, AWS_ENDPOINT_URL } = process.env;
  return {
    stream,
    kinesis,
    stateTable,
    store: {
      ...store,
      read: (key) => told(ofTable, store.read(key)),
      update: (update) => told(ofTable, store.update(update)),
    },
    readMetrics: (...wanted) => told(ofMetrics, readMetrics(...wanted)),
    readHeat: (name, at) => told(ofTable, readHeats(dynamodb, stateTable, name, at)),
    now,
    hasMetrics:
      !AWS_ENDPOINT_URL_KINESIS || Boolean(AWS_ENDPOINT_URL_CLOUDWATCH ?? AWS_ENDPOINT_URL),
    close: () => {
      for (const client of [kinesis, dynamodb, cloudwatch]) client.destroy();
    },
  };
}

/** What AWS answers to a call that is in order stays as it is, for those who know what to make of it. */
async function told<T>(call: AwsCall, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (nameOf(error) === 'ResourceNotFoundException') {
      const hint = 'deploy the service, or say which stage is deployed with --stage';
      throw new CommandError(`${call.what}: it does not exist`, hint, { cause: error });
    }
    throw refusalOf(error) === null ? explainAws(call, error) : error;
  }
}
