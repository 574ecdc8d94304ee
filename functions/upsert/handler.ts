import { readFileSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readEnvironment } from '../../shared/config/environment.ts';
import type { Upsert } from '../../shared/config/upserts.ts';
import { openFaultStore } from '../../shared/consume/fault-stores.ts';
import { createShardRanges } from '../../shared/consume/shard-ranges.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { createServices } from './services.ts';
import { createUpsert } from './upsert.ts';

/** Written beside the bundle by infra/build.ts. */
const upsert: Upsert = JSON.parse(readFileSync(new URL('./upsert.json', import.meta.url), 'utf8'));
const { SLUICE_TABLE, SLUICE_FAULTS } = readEnvironment(['SLUICE_TABLE', 'SLUICE_FAULTS']);

/** Rows that another engine has made in, exact items out: one function for each upsert of streams.yml. */
export const handler = createUpsert(
  createServices(
    {
      upsert,
      store: dynamoStore(new DynamoDBClient({ maxAttempts: 5 })),
      faults: openFaultStore(SLUICE_FAULTS),
      ranges:
        upsert.stream?.producer === 'kpl'
          ? createShardRanges(readEnvironment(['SLUICE_STREAM']).SLUICE_STREAM)
          : null,
    },
    SLUICE_TABLE,
  ),
);
