import type { KinesisRecord } from '../shared/records/event.ts';

/**
 * Batches that an event source mapping gave up, in the forms in which a destination keeps them, as
 * events of the function `redrive`:
 * https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export function failureEvents(event: object, now: number): Record<string, object> {
  const plain = failureRecord(event, now, 3);
  const { responseContext: _, ...tooOld } = failureRecord(event, now, 0);
  const text = JSON.stringify(plain);
  const topic = { Type: 'Notification', TopicArn: arn('sns', 'given-up'), Message: text };
  return {
    plain: { onFailure: [plain] },
    // Given up for its age: without responseContext.
    'too-old': { onFailure: [tooOld] },
    // The event of a queue.
    sqs: { onFailure: [{ Records: [message(text)] }] },
    // The event of a topic, and a queue that a topic writes to.
    sns: { onFailure: [{ Records: [{ EventSource: 'aws:sns', Sns: topic }] }] },
    'sns-in-sqs': {
      onFailure: [{ Records: [message(JSON.stringify(topic)), message(JSON.stringify(topic))] }],
    },
    // What an object in S3 holds: the event itself too.
    s3: { onFailure: [{ ...plain, payload: event }] },
  };
}

function failureRecord(event: object, now: number, invokes: number) {
  const { Records } = event as { readonly Records: readonly KinesisRecord[] };
  const [first, last] = [Records[0]!.kinesis, Records.at(-1)!.kinesis];
  const time = (seconds: number): string => new Date(seconds * 1000).toISOString();
  return {
    requestContext: {
      requestId: '0f1d2c3b-4a59-4687-8796-a5b4c3d2e1f0',
      functionArn: `${arn('lambda', 'function')}:sluice-dev-aggregate-cloudtrail`,
      condition: invokes === 0 ? 'RecordAgeExceeded' : 'RetryAttemptsExhausted',
      approximateInvokeCount: invokes,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    KinesisBatchInfo: {
      shardId: Records[0]!.eventID.split(':')[0],
      startSequenceNumber: first.sequenceNumber,
      endSequenceNumber: last.sequenceNumber,
      approximateArrivalOfFirstRecord: time(first.approximateArrivalTimestamp),
      approximateArrivalOfLastRecord: time(last.approximateArrivalTimestamp),
      batchSize: Records.length,
      streamArn: arn('kinesis', 'stream/sluice-dev-cloudtrail'),
    },
  };
}

function message(body: string) {
  return { eventSource: 'aws:sqs', eventSourceARN: arn('sqs', 'given-up'), body };
}

function arn(service: string, resource: string): string {
  return `arn:aws:${service}:eu-west-1:123456789012:${resource}`;
}
