import type {
  FailureRecord,
  MappingEvent,
  MappingRecord,
  MappingSettings,
  OpenWindow,
  StreamRecord,
} from './types.ts';

/** Invocation payload limit of Lambda: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const PAYLOAD_BYTES = 6 * 1024 * 1024;
/** What the wire form adds to one record, beside its base64. Measured on events in true form. */
const ENVELOPE_BYTES = 538;

export interface WindowPart extends OpenWindow {
  readonly final: boolean;
  readonly terminatedEarly: boolean;
}

/** The event of one invoke in its wire form; with `window` the extra fields of a tumbling window. */
export function toEvent(
  shardId: string,
  records: readonly StreamRecord[],
  settings: MappingSettings,
  window: WindowPart | null,
): MappingEvent {
  const Records = records.map((record) => toEventRecord(shardId, record, settings));
  if (window === null) return { Records };
  return {
    Records,
    window: { start: isoSeconds(window.start), end: isoSeconds(window.end) },
    state: window.state,
    shardId,
    eventSourceARN: settings.streamArn,
    isFinalInvokeForWindow: window.final,
    isWindowTerminatedEarly: window.terminatedEarly,
  };
}

/**
 * How many of the first records make one batch, and whether the batch is closed by that
 * (by BatchSize, the payload limit or `before`, the end of the open window).
 * A single record beyond the payload limit goes alone: what AWS does with it is not documented.
 */
export function batchLength(
  records: readonly StreamRecord[],
  batchSize: number,
  before: number,
): { readonly length: number; readonly closed: boolean } {
  let bytes = 0;
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    bytes += ENVELOPE_BYTES + Math.ceil(record.data.length / 3) * 4;
    const over = i > 0 && bytes > PAYLOAD_BYTES;
    if (i === batchSize || over || record.arrival >= before) return { length: i, closed: true };
  }
  return { length: records.length, closed: records.length === batchSize };
}

/** The body for an on-failure destination of kind SQS or SNS. `records` holds at least one. */
export function toFailureRecord(failure: {
  readonly condition: FailureRecord['requestContext']['condition'];
  readonly shardId: string;
  readonly records: readonly StreamRecord[];
  readonly settings: MappingSettings;
  readonly requestId: string;
  readonly invokes: number;
  readonly functionError: 'Unhandled' | null;
  readonly now: number;
}): FailureRecord {
  const { condition, shardId, records, settings } = failure;
  const first = records[0]!;
  const last = records[records.length - 1]!;
  const head = {
    requestContext: {
      requestId: failure.requestId,
      functionArn: settings.functionArn,
      condition,
      approximateInvokeCount: failure.invokes,
    },
  };
  const tail = {
    version: '1.0',
    timestamp: new Date(failure.now).toISOString(),
    KinesisBatchInfo: {
      shardId,
      startSequenceNumber: first.sequenceNumber,
      endSequenceNumber: last.sequenceNumber,
      approximateArrivalOfFirstRecord: new Date(first.arrival).toISOString(),
      approximateArrivalOfLastRecord: new Date(last.arrival).toISOString(),
      batchSize: records.length,
      streamArn: settings.streamArn,
    },
  } as const;
  // Recorded on AWS in November 2025: age messages come without a responseContext.
  if (condition === 'RecordAgeExceeded') return { ...head, ...tail };
  const { functionError } = failure;
  return {
    ...head,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError },
    ...tail,
  };
}

function toEventRecord(
  shardId: string,
  record: StreamRecord,
  settings: MappingSettings,
): MappingRecord {
  const { data } = record;
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.partitionKey,
      sequenceNumber: record.sequenceNumber,
      data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
      approximateArrivalTimestamp: record.arrival / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${record.sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: settings.roleArn,
    awsRegion: settings.region,
    eventSourceARN: settings.streamArn,
  };
}

/** Windows are written without milliseconds: 2020-12-09T07:04:00Z. */
function isoSeconds(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
