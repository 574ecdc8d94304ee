import { gunzipSync, gzipSync } from 'node:zlib';
import { parseSqlType } from '../shared/config/sql-type.ts';
import { createDecoder } from '../shared/records/format.ts';
import type { Format, MappedColumn } from '../shared/records/types.ts';
import { CHANGE, ORDER, ORDERS } from './samples.ts';
import { type BenchTable, formatTable, measureSideBySide, ratio, rounded } from './table.ts';

interface Case {
  readonly name: string;
  readonly format: Format;
  /** Path to type. */
  readonly columns: Readonly<Record<string, string>>;
  readonly record: Buffer;
  /** The obvious way to the same columns: their number, so that nothing is left out. */
  readonly plain: (record: Buffer) => number;
}

const NOW = Date.UTC(2026, 4, 2);
const ORDER_COLUMNS = { '$.id': 'BIGINT', '$.at': 'TIMESTAMP', '$.user.name': 'VARCHAR(64)' };
const EVENTS = Array.from({ length: 50 }, (_, i) => ({
  id: `3195310660696698337880902507980421114328961542${String(i).padStart(10, '0')}`,
  timestamp: NOW + i,
  message: JSON.stringify({ level: 'info', took: i, path: `/orders/${i * 7919}`, user: 'ann' }),
}));
const ENVELOPE = {
  ...{ messageType: 'DATA_MESSAGE', owner: '123456789012', logGroup: 'g', logStream: 's' },
  ...{ subscriptionFilters: ['f'], logEvents: EVENTS },
};
const LOG_LINE =
  '83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /images/logo.png HTTP/1.1" 200 203023 "http://example.com/" "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36"';
const LOG = /^(\S+) (\S+) (.+?) \[([^\]]+)\] "(\S+) (.*?) (\S+)" (\d+|-) (\d+|-) "(.*?)" "(.*?)"$/;
const OLD =
  '<34>May  1 22:14:15 web-1 sshd[4242]: Failed password for invalid user admin from 192.0.2.7';
const OLD_FORM = /^<(\d+)>(\w{3} [ \d]\d [\d:]{8}) (\S+) ([^[:]+)(?:\[(\d+)\])?: (.*)$/;
const NEW =
  '<165>1 2026-05-01T22:14:15.003Z web-1 app 4242 ID47 [meta@1 user="ann" tries="3"] Failed password for invalid user';
const NEW_FORM = /^<(\d+)>1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|\[.*?\]) (.*)$/;
const CSV_LINE = '7,2026-05-02T12:00:00Z,ann,/orders/7919,eu-west-1,12.50,"a ""quoted"" text",200';
const CSV_NAMES = ['id', 'at', 'user', 'page', 'region', 'price', 'note', 'status'];

const parse = (record: Buffer) => JSON.parse(record.toString());
const time = (text: string) => Date.parse(text);

const CASES: readonly Case[] = [
  of('json, 190 B', 'json', ORDER_COLUMNS, JSON.stringify(ORDER), (r) => order(parse(r))),
  of(
    'ndjson, 20 lines',
    'ndjson',
    ORDER_COLUMNS,
    ORDERS.map((o) => JSON.stringify(o)).join('\n'),
    (r) =>
      sum(
        r
          .toString()
          .split('\n')
          .map((line) => order(JSON.parse(line))),
      ),
  ),
  of('json-array of 20', 'json-array', ORDER_COLUMNS, JSON.stringify(ORDERS), (r) =>
    sum(parse(r).map(order)),
  ),
  of(
    'cloudwatch-logs, 50 events',
    'cloudwatch-logs',
    { '$.timestamp': 'TIMESTAMP', '$.message': 'VARCHAR(200)' },
    gzipSync(JSON.stringify(ENVELOPE)),
    (r) =>
      sum(
        parse(gunzipSync(r)).logEvents.map(
          (e: (typeof EVENTS)[0]) => e.timestamp + e.message.length,
        ),
      ),
  ),
  of(
    'the same, into its JSON',
    'cloudwatch-logs',
    { '$.timestamp': 'TIMESTAMP', '$.message.level': 'VARCHAR(9)', '$.message.took': 'BIGINT' },
    gzipSync(JSON.stringify(ENVELOPE)),
    (r) =>
      sum(
        parse(gunzipSync(r)).logEvents.map((e: (typeof EVENTS)[0]) => JSON.parse(e.message).took),
      ),
  ),
  of(
    'dynamodb, 500 B',
    'dynamodb',
    {
      '$.time': 'TIMESTAMP',
      '$.eventName': 'VARCHAR(9)',
      '$.new.price': 'DECIMAL(9,2)',
      '$.old.price': 'DECIMAL(9,2)',
    },
    JSON.stringify(CHANGE),
    (r) => {
      const { dynamodb } = parse(r) as typeof CHANGE;
      return Number(dynamodb.NewImage.price.N) + Number(dynamodb.OldImage.price.N);
    },
  ),
  of(
    'csv, 8 fields',
    { csv: { columns: CSV_NAMES } },
    { id: 'BIGINT', at: 'TIMESTAMP', user: 'VARCHAR(64)', status: 'INTEGER' },
    CSV_LINE,
    (r) => {
      const fields = r.toString().split(','); // quotes and all: no parser could be shorter
      return Number(fields[0]) + time(fields[1]!) + Number(fields[7]);
    },
  ),
  of(
    'apache, combined',
    'apache',
    { host: 'VARCHAR(64)', time: 'TIMESTAMP', page: 'VARCHAR(99)', status: 'INTEGER' },
    LOG_LINE,
    (r) => Number(LOG.exec(r.toString())![8]),
  ),
  of(
    'syslog, RFC 3164',
    'syslog',
    { severity: 'VARCHAR(9)', time: 'TIMESTAMP', host: 'VARCHAR(64)', message: 'VARCHAR(99)' },
    OLD,
    (r) => {
      const [, priority, at] = OLD_FORM.exec(r.toString())!;
      return Number(priority) + time(`${at} 2026 UTC`);
    },
  ),
  of(
    'syslog, RFC 5424',
    'syslog',
    {
      severity: 'VARCHAR(9)',
      time: 'TIMESTAMP',
      'data.meta@1.tries': 'INTEGER',
      message: 'VARCHAR(99)',
    },
    NEW,
    (r) => {
      const [, priority, at, , , , , data] = NEW_FORM.exec(r.toString())!;
      return Number(priority) + time(at!) + Number(/tries="(\d+)"/.exec(data!)![1]);
    },
  ),
];

/** A record of each format to rows of a few columns, beside the obvious way to the same values. */
export async function benchFormats(): Promise<BenchTable> {
  return {
    title: 'Formats, ns per record',
    columns: ['record', 'bytes', 'rows', 'plain', 'ours', 'ours/row', 'MB/s', 'ours/plain'],
    rows: CASES.map(row),
    note:
      'plain: JSON.parse, split or a regular expression over the text, and the same values taken out; nothing ' +
      'checked, no row made. ours: every byte checked, the columns converted to their types. MB/s of unpacked text.',
  };
}

if (import.meta.main) console.log(formatTable(await benchFormats()));

function row({ name, format, columns, record, plain }: Case): (string | number)[] {
  const mapped = Object.entries(columns).map(([path, text]): MappedColumn => {
    const type = parseSqlType(text);
    if ('wrong' in type) throw new Error(type.wrong);
    return { name: path, path, type };
  });
  const decoder = createDecoder(format, mapped);
  let rows = 0;
  const timings = measureSideBySide({
    plain: () => plain(record),
    ours: () => {
      rows = 0;
      decoder.decode(record, 0, record.length, () => rows++, NOW);
      return rows;
    },
  });
  const bytes = record[0] === 0x1f ? gunzipSync(record).length : record.length;
  const { ns } = timings.ours;
  const figures = [timings.plain.ns, ns, ns / rows, (bytes / ns) * 1000];
  return [name, bytes, rows, ...[...figures, ratio(timings.ours, timings.plain)].map(rounded)];
}

function of(
  name: string,
  format: Format,
  columns: Case['columns'],
  record: string | Buffer,
  plain: Case['plain'],
): Case {
  return { name, format, columns, record: Buffer.from(record as string), plain };
}

function order({ id, at, user }: typeof ORDER): number {
  return id + time(at) + user.name.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
