import { readFileSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import type { KinesisStreamBatchResponse } from 'aws-lambda';
import type { Application } from '../../shared/config/application.ts';
import { readEnvironment } from '../../shared/config/environment.ts';
import type { StreamEvent } from '../../shared/consume/consume.ts';
import { openFaultStore } from '../../shared/consume/fault-stores.ts';
import { createShardRanges } from '../../shared/consume/shard-ranges.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { createDispatcher } from './dispatch.ts';
import { createHeatKeeper } from './heat/keeper.ts';
import { liveGeneration } from './live-generation.ts';
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

const stream = environment.SLUICE_STREAM;
const stateTable = environment.SLUICE_STATE_TABLE;
const store = dynamoStore(new DynamoDBClient({ maxAttempts: 5 }));
const context = {
  application,
  graph: arrange(application.plan),
  tables: { prefix: environment.SLUICE_TABLE_PREFIX, state: stateTable },
  store,
};
const ranges = createShardRanges(stream);
// Only of a stream that is scaled, and by one of its applications: each would see the same.
const heat = process.env.SLUICE_HEAT
  ? createHeatKeeper({ store, stateTable, stream, ranges, application: application.name })
  : null;

const consume = createDispatcher(context, {
  reread: rereadStream(stream),
  faults: openFaultStore(environment.SLUICE_FAULTS),
  ranges: application.stream.producer === 'kpl' ? ranges : null,
  generation: liveGeneration(context, environment.SLUICE_FAULTS),
  heat,
});

/** Kinesis records in, exact tables out: one function for each application of streams.yml. */
export const handler = middy<StreamEvent, KinesisStreamBatchResponse>().handler(consume);
