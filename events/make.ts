import { mkdirSync, writeFileSync } from 'node:fs';
import { encodeAggregate } from '../shared/kpl/encode.ts';
import { alarmEvents } from './alarms.ts';
import { firehoseEvents } from './firehose.ts';
import { formatBatches } from './formats.ts';
import { httpEvents } from './http.ts';
import { failureEvents } from './on-failure.ts';
import { redriveEvents } from './redrive.ts';
import { deliveryEvent, upsertRows } from './upsert.ts';

/**
 * Writes the sample events of this folder, in the form in which Lambda hands them to a function:
 * `node events/make.ts`. A test asserts that the files are what this makes.
 */
export function sampleEvents(): Record<string, object> {
  // The hash key of 10.0.0.9 belongs to the other of two shards: the KPL sends it again, to that one.
  const aggregate = encodeAggregate(
    ['10.0.0.7', '10.0.0.8', '10.0.0.7', '10.0.0.9'].map((address, i) => ({
      partitionKey: address,
      data: json(call(i * 5, address, 'DescribeInstances', 'ec2.amazonaws.com')),
    })),
  );
  const damaged = Buffer.from(aggregate.data);
  damaged[30]! ^= 0xff;
  const formats = Object.entries(formatBatches(NOON)).map(([name, records]) => [
    `formats/${name}`,
    event(name, records),
  ]);
  const http = Object.entries(httpEvents(NOON)).map(([name, one]) => [`http/${name}`, one]);
  const trail = [0, 12].map((second) =>
    json(call(second, '10.0.0.7', 'ListBuckets', 's3.amazonaws.com')),
  );
  const lines = [line(0, '/', 200, 5120), line(7, '/missing', 404, 312), line(9, '/cart', 503, 0)];
  const batches = { cloudtrail: trail, apache: lines.map((text) => Buffer.from(text)) };
  const rows = upsertRows(NOON);
  const plain = event('cloudtrail', [
    json(call(0, '10.0.0.7', 'ListBuckets', 's3.amazonaws.com')),
    json(call(12, '10.0.0.8', 'GetObject', 's3.amazonaws.com')),
    json(call(20, '10.0.0.7', 'AssumeRole', 'sts.amazonaws.com', 'AccessDenied')),
  ]);
  return {
    ...Object.fromEntries([...formats, ...http]),
    ...inFolder('scale', alarmEvents(NOON)),
    ...inFolder('redrive', redriveEvents(NOON)),
    ...inFolder('firehose', firehoseEvents(NOON, batches)),
    'upsert/stream': event(
      'results',
      rows.map((row) => Buffer.from(row)),
    ),
    'upsert/delivery': deliveryEvent(rows),
    ...inFolder('on-failure', failureEvents(plain, NOON + 3_600_000)),
    'cloudtrail-plain': plain,
    'cloudtrail-aggregated': event('cloudtrail', [
      Buffer.from(aggregate.data),
      json(call(30, '10.0.0.9', 'ListBuckets', 's3.amazonaws.com')),
    ]),
    'cloudtrail-damaged-aggregate': event('cloudtrail', [
      damaged,
      json(call(30, '10.0.0.9', 'ListBuckets', 's3.amazonaws.com')),
    ]),
    'cloudtrail-faults': event('cloudtrail', [
      json(call(0, '10.0.0.7', 'ListBuckets', 's3.amazonaws.com')),
      Buffer.from('{"eventTime":"2026-05-02T12:00:01Z","eventName":'),
      json({ ...call(2, '10.0.0.7', 'ListBuckets', 's3.amazonaws.com'), eventTime: 'yesterday' }),
      json({ ...call(3, '10.0.0.7', 'ListBuckets', 's3.amazonaws.com'), eventTime: undefined }),
      json({
        ...call(4, '10.0.0.7', 'ListBuckets', 's3.amazonaws.com'),
        eventTime: '2036-05-02T12:00:00Z',
      }),
      json(call(5, '10.0.0.8', 'ListBuckets', 's3.amazonaws.com')),
    ]),
    'cloudtrail-late': event('cloudtrail', [
      json(call(0, '10.0.0.7', 'ListBuckets', 's3.amazonaws.com')),
      // Late, but within the hour that streams.yml allows: merged into its minute.
      json(call(-20 * 60, '10.0.0.7', 'ListBuckets', 's3.amazonaws.com')),
      // Arrived more than an hour after the end of its minute: set aside.
      json(call(-3 * 3600, '10.0.0.7', 'ListBuckets', 's3.amazonaws.com')),
    ]),
    'apache-plain': event('weblogs', [
      Buffer.from(line(0, '/', 200, 5120)),
      Buffer.from(line(7, '/pricing', 200, 2300)),
      Buffer.from(line(9, '/missing', 404, 312)),
    ]),
    // The first invocation of a minute's window, and its last one: the state is the function's own.
    'apache-window': {
      ...event('weblogs', [
        Buffer.from(line(0, '/', 200, 5120)),
        Buffer.from(line(7, '/', 200, 7)),
      ]),
      ...windowOf('weblogs', false),
    },
    'apache-window-final': {
      ...event('weblogs', [
        Buffer.from(line(0, '/', 200, 5120)),
        Buffer.from(line(7, '/pricing', 200, 2300)),
        Buffer.from(line(9, '/', 200, 5120)),
      ]),
      ...windowOf('weblogs', true),
    },
    'apache-faults': event('weblogs', [
      Buffer.from(line(0, '/', 200, 5120)),
      Buffer.from('this is no access log line'),
      Buffer.from(line(8, '/pricing', 200, 2300)),
    ]),
  };
}

function inFolder(folder: string, events: Record<string, object>): Record<string, object> {
  const named = Object.entries(events).map(([name, event]) => [`${folder}/${name}`, event]);
  return Object.fromEntries(named);
}

const NOON = Date.UTC(2026, 4, 2, 12);

function call(second: number, address: string, name: string, service: string, error?: string) {
  return {
    eventVersion: '1.11',
    userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::123456789012:user/ada', userName: 'ada' },
    eventTime: new Date(NOON + second * 1000).toISOString().replace('.000Z', 'Z'),
    eventSource: service,
    eventName: name,
    awsRegion: 'eu-west-1',
    sourceIPAddress: address,
    ...(error !== undefined && { errorCode: error }),
    eventID: `00000000-0000-4000-8000-${String(second + 1_000_000).padStart(12, '0')}`,
  };
}

function line(second: number, page: string, status: number, bytes: number): string {
  const time = `02/May/2026:12:00:${String(second).padStart(2, '0')} +0000`;
  return `192.0.2.10 - - [${time}] "GET ${page} HTTP/1.1" ${status} ${bytes} "-" "Mozilla/5.0"\n`;
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** The records arrive a second apart, from a minute after noon on. */
function event(stream: string, records: readonly Buffer[]): object {
  const first = 49650000000000000000000000000000000000000000000000000002n;
  return {
    Records: records.map((data, i) => {
      const sequenceNumber = String(first + BigInt(i) * 1_000_003n);
      return {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: `key-${i}`,
          sequenceNumber,
          data: data.toString('base64'),
          approximateArrivalTimestamp: (NOON + 60_000 + i * 1000 + 123) / 1000,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: `shardId-000000000000:${sequenceNumber}`,
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: 'arn:aws:iam::123456789012:role/sluice-dev-aggregate',
        awsRegion: 'eu-west-1',
        eventSourceARN: `arn:aws:kinesis:eu-west-1:123456789012:stream/sluice-dev-${stream}`,
      };
    }),
  };
}

/** What the event of a tumbling window has besides: the minute in which the records arrive. */
function windowOf(stream: string, final: boolean) {
  const time = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
  return {
    window: { start: time(NOON + 60_000), end: time(NOON + 120_000) },
    state: {},
    shardId: 'shardId-000000000000',
    eventSourceARN: `arn:aws:kinesis:eu-west-1:123456789012:stream/sluice-dev-${stream}`,
    isFinalInvokeForWindow: final,
    isWindowTerminatedEarly: false,
  };
}

if (import.meta.main) {
  for (const folder of [
    ...['formats', 'http', 'scale', 'firehose'],
    ...['upsert', 'on-failure', 'redrive'],
  ]) {
    mkdirSync(`${import.meta.dirname}/${folder}`, { recursive: true });
  }
  for (const [name, content] of Object.entries(sampleEvents())) {
    writeFileSync(`${import.meta.dirname}/${name}.json`, `${JSON.stringify(content, null, 2)}\n`);
  }
}
