import { readFileSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import type { Application } from '../../shared/config/application.ts';
import { readEnvironment } from '../../shared/config/environment.ts';
import { openFaultArchive } from '../../shared/consume/fault-archives.ts';
import { openFaultStore } from '../../shared/consume/fault-stores.ts';
import { createShardRanges } from '../../shared/consume/shard-ranges.ts';
import { emitMetrics } from '../../shared/observe/metrics.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { rereadStream } from '../aggregate/windowed/reread.ts';
import { createGapCloser, type GapsAnswer, isClosed } from './gaps.ts';
import { createRedriver, type RedriveAnswer } from './redriver.ts';
import { readGapsRequest, readRequest } from './request.ts';

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
const ranges =
  application.stream.producer === 'kpl' ? createShardRanges(environment.SLUICE_STREAM) : null;

const redrive = createRedriver(context, {
  archive: openFaultArchive(environment.SLUICE_FAULTS),
  ranges,
});

const closeGaps = createGapCloser(context, {
  faults: openFaultStore(environment.SLUICE_FAULTS),
  reread: rereadStream(environment.SLUICE_STREAM),
  stream: environment.SLUICE_STREAM,
  ranges,
});

/**
 * Brings back what was set aside of one application, under the program and schema of now. Invoked
 * by a person (`npx sluice faults redrive`), again with `next` until that is null. With `onFailure`
 * it closes the gaps of batches that the event source mapping gave up.
 */
export const handler = middy<unknown, RedriveAnswer | GapsAnswer>().handler(async (event) => {
  const gaps = readGapsRequest(event, application.name);
  if (gaps !== null) {
    const answer = await closeGaps(gaps);
    if (!answer.dryRun) emitMetrics({ Application: application.name }, countGaps(answer));
    return answer;
  }
  const answer = await redrive(readRequest(event, application.name));
  const stillOpen = answer.meant - answer.redriven;
  if (!answer.dryRun) {
    emitMetrics(
      { Application: application.name },
      { Redriven: answer.redriven, NotRedriven: stillOpen },
    );
  }
  return answer;
});

function countGaps({ gaps }: GapsAnswer) {
  const closed = gaps.filter(isClosed).length;
  return { GapsClosed: closed, GapsOpen: gaps.length - closed };
}
