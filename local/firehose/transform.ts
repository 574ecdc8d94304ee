import type { FirehoseEvent, FirehoseRecord, ResponseRecord } from '../../shared/firehose/event.ts';
import { fromBase64 } from '../../shared/records/payload.ts';
import type { Clock } from '../mapping/types.ts';
import { FunctionError } from '../sandbox.ts';
import type { DeliverySettings, Failure, SourceRecord, Transform, Transformed } from './types.ts';

export interface TransformPorts {
  readonly invoke: (event: FirehoseEvent, requestId: string) => Promise<unknown>;
  readonly clock: Clock;
  readonly deliveryArn: string;
  readonly settings: Pick<DeliverySettings, 'streamArn' | 'region'>;
  /** Of an invocation that fails. Default: Firehose's 3. */
  readonly retries?: number;
  /** Hears why an invocation failed. */
  readonly failed?: (reason: string) => void;
}

/** Of a request and of a response: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const PAYLOAD_BYTES = 6 * 1024 * 1024;
const RETRIES = 3;
const PAUSE_MS = 200;

/**
 * The transformation of Firehose: an invocation that fails is tried again, and then fails all of its
 * records; a record that the answer lacks, or has twice, fails alone.
 * https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
 */
export function lambdaTransform(ports: TransformPorts): Transform {
  const { clock, retries = RETRIES, failed } = ports;
  return async (records) => {
    const event = toEvent(records, ports);
    for (let attempt = 1; ; attempt += 1) {
      const answer = await tryInvoke(event, ports);
      if (!('errorCode' in answer)) return readAnswers(event.records, answer, attempt);
      failed?.(answer.reason);
      if (attempt <= retries) {
        await clock.sleep(PAUSE_MS * 2 ** (attempt - 1));
        continue;
      }
      const { errorCode, errorMessage } = answer;
      return records.map(() => failure(errorCode, errorMessage, attempt));
    }
  };
}

function toEvent(
  records: readonly SourceRecord[],
  { deliveryArn, settings }: TransformPorts,
): FirehoseEvent {
  return {
    invocationId: '',
    deliveryStreamArn: deliveryArn,
    sourceKinesisStreamArn: settings.streamArn,
    region: settings.region,
    records: records.map(
      (record, index): FirehoseRecord => ({
        // Opaque, long, and one of its kind in the batch.
        recordId: `${record.sequenceNumber}${String(index).padStart(6, '0')}`,
        approximateArrivalTimestamp: record.arrival,
        data: record.data.toString('base64'),
        kinesisRecordMetadata: {
          shardId: record.shardId as `shardId-${number}`,
          partitionKey: record.partitionKey,
          approximateArrivalTimestamp: record.arrival,
          sequenceNumber: record.sequenceNumber,
          subsequenceNumber: String(record.subSequenceNumber ?? ''),
        },
      }),
    ),
  };
}

type Failed = Pick<Failure, 'errorCode' | 'errorMessage'> & { readonly reason: string };

async function tryInvoke(
  event: FirehoseEvent,
  { invoke }: TransformPorts,
): Promise<readonly ResponseRecord[] | Failed> {
  if (bytesOf(event) > PAYLOAD_BYTES) return functionError('the request is over 6 MB');
  const invocationId = crypto.randomUUID();
  try {
    const response = await invoke({ ...event, invocationId }, invocationId);
    const wrong = responseProblem(response);
    return wrong === null
      ? (response as { records: readonly ResponseRecord[] }).records
      : functionError(wrong);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof FunctionError) || error.errorType !== 'Sandbox.Timedout') {
      return functionError(reason);
    }
    const errorMessage =
      'The Lambda function invocation timed out. Increase the Timeout setting in the Lambda function.';
    return { errorCode: 'Lambda.FunctionTimedOut', errorMessage, reason };
  }
}

function functionError(reason: string): Failed {
  const errorMessage =
    'The Lambda function was successfully invoked but it returned an error result.';
  return { errorCode: 'Lambda.FunctionError', errorMessage, reason };
}

function responseProblem(response: unknown): string | null {
  const records = (response as { records?: unknown } | null)?.records;
  if (!Array.isArray(records)) return 'the response has no records';
  for (const [index, record] of records.entries()) {
    const { recordId, result, data } = (record ?? {}) as Record<string, unknown>;
    if (typeof recordId !== 'string') return `records[${index}] of the response has no recordId`;
    if (result === 'Dropped' || result === 'ProcessingFailed') continue;
    if (result !== 'Ok') return `records[${index}] of the response has no result that is known`;
    if (typeof data !== 'string' || fromBase64(data) === null) {
      return `records[${index}] of the response has no data in base64`;
    }
  }
  return bytesOf(response) > PAYLOAD_BYTES ? 'the response is over 6 MB' : null;
}

function bytesOf(payload: unknown): number {
  return Buffer.byteLength(JSON.stringify(payload));
}

function readAnswers(
  records: readonly FirehoseRecord[],
  answers: readonly ResponseRecord[],
  attempt: number,
): Transformed[] {
  const byId = Map.groupBy(answers, ({ recordId }) => recordId);
  return records.map(({ recordId }) => {
    const [answer, ...more] = byId.get(recordId) ?? [];
    if (answer === undefined) {
      const message =
        'One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids.';
      return failure('Lambda.MissingRecordId', message, attempt);
    }
    if (more.length > 0) {
      const message =
        'Multiple records were returned with the same record Id. Ensure that the Lambda function returns a unique record Id for each record.';
      return failure('Lambda.DuplicatedRecordId', message, attempt);
    }
    if (answer.result === 'Dropped') return { result: 'Dropped' };
    if (answer.result === 'ProcessingFailed') {
      const message = 'ProcessingFailed status set for record';
      return failure('Lambda.ProcessingFailedStatus', message, attempt);
    }
    const data = Buffer.from(answer.data ?? '', 'base64');
    return { result: 'Ok', data, keys: answer.metadata?.partitionKeys ?? {} };
  });
}

function failure(errorCode: string, errorMessage: string, attemptsMade: number): Transformed {
  const type = 'processing-failed';
  return { result: 'Failed', failure: { type, attemptsMade, errorCode, errorMessage } };
}
