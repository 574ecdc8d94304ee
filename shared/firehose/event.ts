import type {
  Context,
  FirehoseTransformationEvent,
  FirehoseTransformationResult,
} from 'aws-lambda';

/**
 * What Firehose hands to a transformer: arrivals in milliseconds, and where the delivery reads a
 * stream the place of each record in it.
 * https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
 */
export type FirehoseEvent = FirehoseTransformationEvent;
export type FirehoseRecord = FirehoseEvent['records'][number];
export type FirehoseResponse = FirehoseTransformationResult;
export type ResponseRecord = FirehoseResponse['records'][number];

/** The part of Lambda's context that is used. */
export type Invocation = Pick<Context, 'getRemainingTimeInMillis'>;

export type TransformHandler = (
  event: FirehoseEvent,
  context: Invocation,
) => Promise<FirehoseResponse>;

/** Throws Error where the event is of another service: there is nothing to answer then. */
export function recordsOf(event: FirehoseEvent): readonly FirehoseRecord[] {
  const { records } = event;
  if (!Array.isArray(records)) {
    throw new Error('not an event of a Firehose transformation: it has no records');
  }
  records.forEach((record: Partial<FirehoseRecord> | null, i) => {
    if (typeof record?.recordId === 'string') return;
    throw new Error(`not an event of a Firehose transformation: records[${i}] has no recordId`);
  });
  return records;
}

/** The answer to a record that cannot be delivered: Firehose keeps it below the error prefix. */
export function failed(recordId: string): ResponseRecord {
  return { recordId, result: 'ProcessingFailed' };
}
