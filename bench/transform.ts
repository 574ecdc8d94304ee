import { gunzipSync, gzipSync } from 'node:zlib';
import { createTransform } from '../functions/transform/transform.ts';
import { checkSource } from '../infra/programs.ts';
import type { Transformer, TransformWork } from '../shared/config/transformer.ts';
import type { FirehoseEvent } from '../shared/firehose/event.ts';
import { transformer } from '../shared/firehose/transformer.ts';
import type { Format, MappedColumn } from '../shared/records/types.ts';
import { CHANGE, ORDER, ORDERS } from './samples.ts';
import { type BenchTable, formatTable, median, rounded } from './table.ts';

interface Case {
  readonly name: string;
  readonly format: Format;
  readonly work?: TransformWork;
  readonly record: Buffer;
  /** The obvious way to the lines of a record: nothing is checked. */
  readonly plain: (record: Buffer) => string;
}

const BATCH_BYTES = 3_000_000;
/** Rounds of both before any is timed: else the first case measures the compiler. */
const WARM_UP = 3;
const ROUNDS = 9;
const CONTEXT = { getRemainingTimeInMillis: () => 300_000 };

const line = (value: unknown) => `${JSON.stringify(value)}\n`;
const parse = (record: Buffer) => JSON.parse(record.toString());
const iso = (time: string | number) => new Date(time).toISOString();
const plainItem = (item: Readonly<Record<string, object>>) =>
  Object.fromEntries(
    Object.entries(item).map(([name, typed]) => {
      const [[type, value]] = Object.entries(typed) as [[string, unknown]];
      return [name, type === 'N' ? Number(value) : value];
    }),
  );
const FACILITIES =
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp security console solaris-cron local0 local1 local2 local3 local4'.split(
    ' ',
  );
const SEVERITIES = 'emerg alert crit err warning notice info debug'.split(' ');
const lines = (values: readonly unknown[]) => values.map(line).join('');

const EVENT = {
  eventVersion: '1.11',
  userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::123456789012:user/ada', userName: 'ada' },
  eventTime: '2026-05-02T12:00:00Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'GetObject',
  awsRegion: 'eu-west-1',
  sourceIPAddress: '10.0.0.7',
  userAgent: 'aws-cli/2.15 Python/3.11 Linux/5.10 exe/x86_64',
  requestParameters: { bucketName: 'orders', key: 'a/b/c/2026-05-02.json' },
  eventID: '00000000-0000-4000-8000-000000000001',
};
const ENVELOPE = {
  ...{ messageType: 'DATA_MESSAGE', owner: '123456789012', logGroup: 'g', logStream: 's' },
  subscriptionFilters: ['f'],
  logEvents: Array.from({ length: 50 }, (_, i) => ({
    id: `3195310660696698337880902507980421114328961542${String(i).padStart(10, '0')}`,
    timestamp: 1777723200000 + i,
    message: `request ${i * 7919} of /orders/${i * 104729} took ${i} ms`,
  })),
};
const LOG =
  '83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /images/logo.png HTTP/1.1" 200 203023 "http://example.com/" "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1)"';
const LOG_FORM =
  /^(?<host>\S+) (?<ident>\S+) (?<user>.+?) \[(?<time>[^\]]+)\] "(?<method>\S+) (?<page>.*?) (?<protocol>\S+)" (?<status>\d+|-) (?<bytes>\d+|-) "(?<referrer>.*?)" "(?<agent>.*?)"$/;
const SYSLOG =
  '<165>1 2026-05-01T22:14:15.003Z web-1 app 4242 ID47 [meta@1 user="ann" tries="3"] Failed password for invalid user';
const SYSLOG_FORM =
  /^<(?<priority>\d+)>1 (?<time>\S+) (?<host>\S+) (?<app>\S+) (?<procid>\S+) (?<msgid>\S+) (?<data>-|\[.*?\]) (?<message>.*)$/;
const NAMES = ['id', 'at', 'user', 'page', 'region', 'price', 'note', 'status'];
const CSV = '7,2026-05-02T12:00:00Z,ann,/orders/7919,eu-west-1,12.50,"some text",200';

const COLUMNS: readonly MappedColumn[] = [
  { name: 'id', path: '$.id', type: { name: 'BIGINT' } },
  { name: 'at', path: '$.at', type: { name: 'TIMESTAMP' } },
  { name: 'customer', path: '$.user.name', type: { name: 'VARCHAR', length: 64 } },
];
const PROGRAM = `CREATE STREAM "OUT" ("id" BIGINT, "at" TIMESTAMP, "customer" VARCHAR(64));
CREATE PUMP "P" AS INSERT INTO "OUT"
SELECT STREAM s."id" + 1, s."at", UPPER(s."customer") FROM SOURCE_SQL_STREAM_001 AS s WHERE s."id" > 1;
`;

const CASES: readonly Case[] = [
  of('json, 190 B', 'json', JSON.stringify(ORDER), (r) => line(parse(r))),
  of('ndjson, 20 lines', 'ndjson', ORDERS.map((one) => JSON.stringify(one)).join('\n'), (r) =>
    lines(
      r
        .toString()
        .split('\n')
        .map((text) => JSON.parse(text)),
    ),
  ),
  of('json-array of 20', 'json-array', JSON.stringify(ORDERS), (r) => lines(parse(r))),
  of('cloudtrail, 480 B', 'cloudtrail', JSON.stringify(EVENT), (r) => line(parse(r))),
  of('cloudwatch-logs, 50 events', 'cloudwatch-logs', gzipSync(JSON.stringify(ENVELOPE)), (r) => {
    const { logEvents, owner, logGroup, logStream } = parse(gunzipSync(r)) as typeof ENVELOPE;
    return lines(
      logEvents.map((event) => ({
        ...event,
        timestamp: iso(event.timestamp),
        ...{ logGroup, logStream, owner },
      })),
    );
  }),
  of('dynamodb, 500 B', 'dynamodb', JSON.stringify(CHANGE), (r) => {
    const { dynamodb, ...rest } = parse(r) as typeof CHANGE;
    const { ApproximateCreationDateTime: at, Keys, NewImage, OldImage, SizeBytes } = dynamodb;
    const images = { keys: plainItem(Keys), new: plainItem(NewImage), old: plainItem(OldImage) };
    return line({ ...rest, time: iso(at), ...images, size: SizeBytes });
  }),
  of('apache, combined', 'apache', LOG, (r) => {
    const { groups } = LOG_FORM.exec(r.toString())!;
    const { time, status, bytes } = groups!;
    const numbers = { status: Number(status), bytes: Number(bytes) };
    return line({ ...groups, time: iso(time!.replace(':', ' ')), ...numbers });
  }),
  of('syslog, RFC 5424', 'syslog', SYSLOG, (r) => {
    const { priority, time, ...rest } = SYSLOG_FORM.exec(r.toString())!.groups!;
    const code = Number(priority);
    const words = { facility: FACILITIES[code >> 3], severity: SEVERITIES[code & 7] };
    return line({ ...words, time: iso(time!), ...rest });
  }),
  of('csv, 8 fields', { csv: { columns: NAMES } }, CSV, (r) => {
    const fields = r.toString().split(',');
    return line(Object.fromEntries(NAMES.map((name, i) => [name, fields[i]])));
  }),
  {
    ...of('3 columns of json', 'json', JSON.stringify(ORDER), order),
    work: { kind: 'columns', columns: COLUMNS },
  },
  { ...of('the same by SQL', 'json', JSON.stringify(ORDER), order), work: program() },
];

/** Batches of 3 MB through the whole handler, beside a bare loop: base64, parse, write, base64. */
export async function benchTransform(): Promise<BenchTable> {
  const rows: (string | number)[][] = [];
  const { log } = console;
  console.log = () => {};
  try {
    for (const one of CASES) rows.push(await row(one));
  } finally {
    console.log = log;
  }
  return {
    title: 'Transformers of Firehose, batches of 3 MB',
    columns: ['record', 'records', 'loop ms', 'ours ms', 'records/s', 'MB/s', 'ours/loop'],
    rows,
    note:
      'Aim: ours/loop at most 1.3, ours at most 100 ms. loop: base64 to text, the same fields by JSON.parse, split or a ' +
      'regular expression, JSON.stringify, base64; nothing is checked, caught or counted. MB/s of records as they come.',
  };
}

if (import.meta.main) console.log(formatTable(await benchTransform()));

async function row({ name, format, work, record, plain }: Case): Promise<(string | number)[]> {
  const config: Transformer = {
    ...{ delivery: 'bench', format, compression: 'none', work: work ?? { kind: 'format' } },
    ...{ partitionKeys: ['date'], timestamps: 'iso' },
  };
  const handler = transformer(createTransform(config), {
    delivery: 'bench',
    keys: ['date'],
    putBack: null,
    // What gzip held is more than a response takes: here all of it is to be made.
    responseBytes: 100 * BATCH_BYTES,
  });
  const count = Math.ceil(BATCH_BYTES / record.length);
  // As Lambda makes it: parsed, so that no text is in pieces.
  const event: FirehoseEvent = JSON.parse(JSON.stringify(eventOf(record, count)));
  const loop = () =>
    event.records.map(({ recordId, data }) => ({
      recordId,
      result: 'Ok',
      data: Buffer.from(plain(Buffer.from(data, 'base64'))).toString('base64'),
    }));
  const { records } = await handler(event, CONTEXT);
  if (records.some(({ result }) => result !== 'Ok')) throw new Error(`${name}: a record failed`);
  const times: Record<'loop' | 'ours', number[]> = { loop: [], ours: [] };
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const loopMs = await timed(async () => loop());
    const oursMs = await timed(() => handler(event, CONTEXT));
    if (round < 0) continue;
    times.loop.push(loopMs);
    times.ours.push(oursMs);
  }
  const ours = median(times.ours);
  const quotient = median(times.ours.map((ms, i) => ms / times.loop[i]!));
  const figures = [median(times.loop), ours, (count / ours) * 1000];
  const mb = (count * record.length) / ours / 1000;
  return [name, count, ...[...figures, mb, quotient].map(rounded)];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function eventOf(record: Buffer, count: number): FirehoseEvent {
  const data = record.toString('base64');
  const arrival = Date.UTC(2026, 4, 2, 12);
  return {
    invocationId: 'i',
    deliveryStreamArn: 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/bench',
    region: 'eu-west-1',
    records: Array.from({ length: count }, (_, i) => ({
      recordId: String(49590338271490256608559692538361571095921575989136588898n + BigInt(i)),
      approximateArrivalTimestamp: arrival + i,
      data,
    })),
  };
}

function of(name: string, format: Format, record: string | Buffer, plain: Case['plain']): Case {
  return { name, format, record: Buffer.from(record as string), plain };
}

function order(record: Buffer): string {
  const { id, at, user } = parse(record) as typeof ORDER;
  return line({ id: id + 1, at: iso(at), customer: user.name.toUpperCase() });
}

function program(): TransformWork {
  const { plan } = checkSource(PROGRAM, { stream: 'orders', columns: COLUMNS });
  return { kind: 'sql', columns: COLUMNS, plan: plan!, output: 'OUT' };
}
