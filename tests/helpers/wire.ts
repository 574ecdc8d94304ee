import { encodeAggregate } from '../../shared/kpl/encode.ts';

/** A record to be put on the wire. */
export interface WireRecord {
  /** Bytes as they are, text as UTF-8, anything else as JSON. */
  readonly data: Uint8Array | string | object;
  readonly partitionKey?: string;
  /** Milliseconds since 1970, or an ISO time. Default: the arrival of the record before it. */
  readonly arrival?: number | string;
  /** 56 digits. Default: one more than that of the record before it. */
  readonly sequenceNumber?: string;
}

export interface WireOptions {
  readonly shardId?: string;
  readonly streamName?: string;
  readonly firstSequence?: string | bigint;
}

export const FIRST_SEQUENCE = 49590338271490256608559692538361571095921575989136588898n;
export const FIRST_ARRIVAL = Date.UTC(2024, 0, 2, 3, 4, 5, 678);

/**
 * A Kinesis event as Lambda sends it (https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html):
 * base64 data, rising 56-digit sequence numbers, the shard in eventID, arrival in seconds.
 */
export function kinesisEvent(records: readonly WireRecord[], options: WireOptions = {}) {
  const { shardId = 'shardId-000000000000', streamName = 'clicks' } = options;
  let sequence = BigInt(options.firstSequence ?? FIRST_SEQUENCE) - 1n;
  let arrival = FIRST_ARRIVAL;
  return {
    Records: records.map((record) => {
      sequence =
        record.sequenceNumber === undefined ? sequence + 1n : BigInt(record.sequenceNumber);
      if (record.arrival !== undefined) arrival = new Date(record.arrival).getTime();
      const sequenceNumber = String(sequence).padStart(56, '0');
      return {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: record.partitionKey ?? 'key',
          sequenceNumber,
          data: bytesOf(record.data).toString('base64'),
          approximateArrivalTimestamp: arrival / 1000,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: `${shardId}:${sequenceNumber}`,
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: 'arn:aws:iam::123456789012:role/sluice',
        awsRegion: 'eu-west-1',
        eventSourceARN: `arn:aws:kinesis:eu-west-1:123456789012:stream/${streamName}`,
      };
    }),
  };
}

export interface WireWindow {
  readonly start: string;
  readonly end: string;
  readonly state?: Record<string, unknown>;
  readonly final?: boolean;
  readonly terminatedEarly?: boolean;
}

/** The same with a tumbling window (https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html). */
export function windowEvent(
  records: readonly WireRecord[],
  window: WireWindow,
  options: WireOptions = {},
) {
  const { shardId = 'shardId-000000000000', streamName = 'clicks' } = options;
  return {
    ...kinesisEvent(records, options),
    window: { start: window.start, end: window.end },
    state: window.state ?? {},
    shardId,
    eventSourceARN: `arn:aws:kinesis:eu-west-1:123456789012:stream/${streamName}`,
    isFinalInvokeForWindow: window.final ?? false,
    isWindowTerminatedEarly: window.terminatedEarly ?? false,
  };
}

/** One Kinesis record that holds several user records, as the KPL packs them (a single one stays raw). */
export function aggregateRecord(
  users: readonly (Pick<WireRecord, 'data' | 'partitionKey'> & { explicitHashKey?: string })[],
  rest: Pick<WireRecord, 'arrival' | 'sequenceNumber'> = {},
): WireRecord {
  const { data, partitionKey } = encodeAggregate(
    users.map((user) => ({
      data: bytesOf(user.data),
      partitionKey: user.partitionKey ?? 'key',
      explicitHashKey: user.explicitHashKey,
    })),
  );
  return { ...rest, data, partitionKey };
}

function bytesOf(data: WireRecord['data']): Buffer {
  if (data instanceof Uint8Array) return Buffer.from(data);
  return Buffer.from(typeof data === 'string' ? data : JSON.stringify(data));
}
