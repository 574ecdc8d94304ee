import type { MappingSettings } from '../../local/mapping/types.ts';

/** When a world begins. */
export const START = Date.UTC(2026, 4, 2, 12);

/** The application's. */
export const TABLES = { prefix: 't-', state: 't-state' };

/** The event source mapping as infra/ deploys it. */
export const SETTINGS: MappingSettings = {
  streamArn: 'arn:aws:kinesis:eu-west-1:111122223333:stream/events',
  functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:aggregate-app',
  roleArn: 'arn:aws:iam::111122223333:role/aggregate-app',
  region: 'eu-west-1',
  batchSize: 100,
  batchWindowMs: 0,
  startingPosition: { at: 'TRIM_HORIZON' },
  reportBatchItemFailures: true,
  bisectBatchOnFunctionError: false,
  maximumRetryAttempts: -1,
  maximumRecordAgeMs: -1,
  tumblingWindowMs: 0,
  finalWithRecords: false,
  pollMs: 4_000,
  discoverMs: 15_000,
  backoffMs: 500,
  backoffMaxMs: 8_000,
};
