import { generateCloudTrail } from '../local/generate/cloudtrail.ts';
import { encodeAggregate, type NewUserRecord } from '../shared/kpl/encode.ts';

/** A Lambda event of one shard. */
export interface BatchEvent {
  readonly Records: readonly BatchRecord[];
}

interface BatchRecord {
  readonly eventID: string;
  readonly eventSource: 'aws:kinesis';
  readonly eventVersion: '1.0';
  readonly eventName: 'aws:kinesis:record';
  readonly invokeIdentityArn: string;
  readonly awsRegion: string;
  readonly eventSourceARN: string;
  readonly kinesis: {
    readonly kinesisSchemaVersion: '1.0';
    readonly sequenceNumber: string;
    readonly partitionKey: string;
    readonly approximateArrivalTimestamp: number;
    readonly data: string;
  };
}

const START = Date.UTC(2026, 4, 2, 12);

/** CloudTrail-like events, one per record. */
export function cloudTrail(count: number): BatchEvent {
  const events = generateCloudTrail({ seed: 7, start: START, interval: 20, count: null });
  const sound: Buffer[] = [];
  for (const { data, fault } of events) {
    if (fault === null) sound.push(Buffer.from(data));
    if (sound.length === count) break;
  }
  return batch(sound);
}

/** Small JSON events of 171 bytes or so, one per record. */
export function clicks(count: number): BatchEvent {
  return batch(Array.from({ length: count }, (_, i) => Buffer.from(click(i))));
}

/** The same in KPL aggregates of 250. */
export function aggregatedClicks(count: number): BatchEvent {
  const aggregates = Array.from({ length: Math.ceil(count / 250) }, (_, a) => {
    const users = Array.from({ length: Math.min(250, count - a * 250) }, (_, i): NewUserRecord => {
      const id = a * 250 + i;
      return { partitionKey: `u${id % 500}`, data: Buffer.from(click(id)) };
    });
    return Buffer.from(encodeAggregate(users).data);
  });
  return batch(aggregates);
}

function click(i: number): string {
  return JSON.stringify({
    user: `u-${(i * 7919) % 500}`,
    session: `s-${(i * 31) % 9000}`,
    page: `/products/${(i * 17) % 50}`,
    action: ['view', 'click', 'buy'][i % 3],
    amount: (i % 997) / 100,
    at: new Date(START + i).toISOString(),
    agent: 'Mozilla/5.0 (X11; Linux x86_64)',
  });
}

function batch(data: readonly Buffer[]): BatchEvent {
  const first = 49590338271490256608559692538361571095921575989136588898n;
  return {
    Records: data.map((bytes, i) => {
      const sequenceNumber = String(first + BigInt(i));
      return {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: `u${i % 500}`,
          sequenceNumber,
          data: bytes.toString('base64'),
          approximateArrivalTimestamp: (START + i * 10) / 1000,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: `shardId-000000000000:${sequenceNumber}`,
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: 'arn:aws:iam::123456789012:role/sluice',
        awsRegion: 'eu-west-1',
        eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/clicks',
      };
    }),
  };
}
