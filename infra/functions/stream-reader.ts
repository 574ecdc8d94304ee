import type { StreamConfig } from '../../shared/config/streams.ts';
import type { Grant, Mapping } from '../function.ts';

/** How a function is fed by a stream. `windowSeconds`: of Lambda's tumbling window, 0 without one. */
export function streamMapping(
  stream: StreamConfig,
  batch: { readonly size: number; readonly windowMs: number },
  windowSeconds: number,
): Mapping {
  return {
    stream: stream.name,
    arn: stream.arn,
    batchSize: batch.size,
    batchWindowSeconds: batch.windowMs / 1000,
    parallelizationFactor: 1,
    tumblingWindowSeconds: windowSeconds,
    maximumRetryAttempts: -1,
    maximumRecordAgeSeconds: -1,
    // A half of a batch with a window's end is not documented, and data never fails a batch.
    bisectBatchOnFunctionError: windowSeconds === 0,
    functionResponseTypes: ['ReportBatchItemFailures'],
    startingPosition: 'TRIM_HORIZON',
  };
}

/** What it takes to read a stream. */
export function readGrant({ name, arn }: StreamConfig): Grant {
  return {
    // kinesis:ListStreams knows no resource but `*`, and reading one stream does not need it.
    actions: [
      'kinesis:DescribeStream',
      'kinesis:DescribeStreamSummary',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
    ],
    on: [{ stream: name, arn }],
  };
}
