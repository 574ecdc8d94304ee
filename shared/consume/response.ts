import type { KinesisStreamBatchResponse } from 'aws-lambda';

/**
 * The partial batch response. One identifier at most: Lambda takes the lowest as its checkpoint
 * and delivers everything from it on again. null: the whole batch is done.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export function batchResponse(firstFailed: string | null): KinesisStreamBatchResponse {
  return {
    batchItemFailures: firstFailed === null ? [] : [{ itemIdentifier: firstFailed }],
  };
}
