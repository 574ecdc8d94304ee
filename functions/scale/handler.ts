import { readFileSync } from 'node:fs';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Context } from 'aws-lambda';
import { readEnvironment } from '../../shared/config/environment.ts';
import type { ScalingConfig } from '../../shared/config/scaling.ts';
import { cloudWatchMetrics } from '../../shared/resharding/cloudwatch.ts';
import { readHeats } from '../../shared/resharding/heats.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { createScaler } from './scaler.ts';

const environment = readEnvironment(['SLUICE_STREAM', 'SLUICE_STATE_TABLE']);
const stateTable = environment.SLUICE_STATE_TABLE;

/** Written beside the bundle by infra/build.ts. */
const { limits, mode }: ScalingConfig = JSON.parse(
  readFileSync(new URL('./scaling.json', import.meta.url), 'utf8'),
);

const dynamodb = new DynamoDBClient({});

const scale = createScaler(
  { stream: environment.SLUICE_STREAM, limits, dryRun: mode === 'dry-run' },
  {
    // HTTP/1.1 does for a few calls, and emulators speak nothing else.
    kinesis: new KinesisClient({ requestHandler: new NodeHttpHandler() }),
    readMetrics: cloudWatchMetrics(new CloudWatchClient({})),
    readHeat: (stream, now) => readHeats(dynamodb, stateTable, stream, now),
    store: dynamoStore(dynamodb),
    stateTable,
    now: Date.now,
  },
);

/** A clock that is not the same everywhere: between two hosts of Lambda. */
const SKEW_MS = 1_000;

/** Alarms and a schedule in, at most one resharding operation out: one function for each scaled stream. */
export const handler = (event: unknown, context: Context) =>
  scale(event, context.getRemainingTimeInMillis() + SKEW_MS);
