/** A mapping without waits, that retries without end as those of the service do. */
export function mappingSettings(stream: string, functionArn: string, batchSize: number) {
  return {
    streamArn: `arn:aws:kinesis:eu-west-1:123456789012:stream/${stream}`,
    functionArn,
    roleArn: 'arn:aws:iam::123456789012:role/test',
    region: 'eu-west-1',
    batchSize,
    batchWindowMs: 0,
    startingPosition: { at: 'TRIM_HORIZON' },
    reportBatchItemFailures: true,
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts: -1,
    maximumRecordAgeMs: -1,
    tumblingWindowMs: 0,
    finalWithRecords: false,
    pollMs: 50,
    discoverMs: 1_000,
    backoffMs: 20,
    backoffMaxMs: 200,
  } as const;
}
