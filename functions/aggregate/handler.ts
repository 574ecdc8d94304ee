import { readFileSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import type { KinesisStreamBatchResponse } from 'aws-lambda';
import type { Application } from '../../shared/config/application.ts';
import { readEnvironment } from '../../shared/config/environment.ts';
import type { StreamEvent } from '../../shared/consume/consume.ts';
import { openFaultStore } from '../../shared/consume/fault-stores.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { createDispatcher } from './dispatch.ts';
import { liveGeneration } from './live-generation.ts';
import { createShardRanges } from './shard-ranges.ts';
import { rereadStream } from './windowed/reread.ts';

const environment = readEnvironment([
  'SLUICE_TABLE_PREFIX',
  'SLUICE_STATE_TABLE',
  'SLUICE_FAULTS',
  'SLUICE_STREAM',
]);

/** Written beside the bundle by infra/build.ts: the checked program and its settings. */
const application: Application = JSON.parse(
  readFileSync(new URL('./application.json', import.meta.url), 'utf8'),
);

const context = {
  application,
  graph: arrange(application.plan),
  tables: { prefix: environment.SLUICE_TABLE_PREFIX, state: environment.SLUICE_STATE_TABLE },
  store: dynamoStore(new DynamoDBClient({ maxAttempts: 5 })),
};

const consume = createDispatcher(context, {
  reread: rereadStream(environment.SLUICE_STREAM),
  faults: openFaultStore(environment.SLUICE_FAULTS),
  ranges:
    application.stream.producer === 'kpl' ? createShardRanges(environment.SLUICE_STREAM) : null,
  generation: liveGeneration(context, environment.SLUICE_FAULTS),
});

/** Kinesis records in, exact tables out: one function for each application of streams.yml. */
export const handler = middy<StreamEvent, KinesisStreamBatchResponse>().handler(consume);
