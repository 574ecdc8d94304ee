import type { Failure, SourceRecord } from './types.ts';

/**
 * The line that Firehose writes for a record it cannot deliver.
 * https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
 */
export function failureLine(
  { data, arrival }: SourceRecord,
  { attemptsMade, errorCode, errorMessage }: Failure,
  now: number,
  lambdaArn: string | null,
): Buffer {
  const line = {
    attemptsMade,
    arrivalTimestamp: arrival,
    errorCode,
    errorMessage,
    attemptEndingTimestamp: now,
    rawData: data.toString('base64'),
    ...(lambdaArn !== null && { lambdaArn }),
  };
  return Buffer.from(`${JSON.stringify(line)}\n`);
}
