import { gzipSync } from 'node:zlib';
import type { Format, MappedColumn } from '../../shared/records/types.ts';
import { column } from './columns.ts';

export interface Sample {
  readonly name: string;
  readonly format: Format;
  readonly columns: readonly MappedColumn[];
  /** A record that is right. */
  readonly record: Buffer;
}

const object = { id: 7, at: '2026-05-02T12:00:00Z', user: { name: 'Zoë "Z"' }, tags: ['a', 'b'] };
const paths = [
  column('BIGINT', '$.id'),
  column('TIMESTAMP', '$.at'),
  column('VARCHAR(20)', '$.user.name'),
];
const trail = { eventVersion: '1.11', eventTime: '2026-05-02T12:00:00Z', eventName: 'GetObject' };
export const envelope = {
  messageType: 'DATA_MESSAGE',
  owner: '111111111111',
  logGroup: '/aws/lambda/é',
  logStream: '2026/05/02',
  subscriptionFilters: ['all'],
  logEvents: [
    { id: '1', timestamp: 1_777_723_200_000, message: 'START\tRequestId: 7' },
    { id: '2', timestamp: 1_777_723_200_001, message: JSON.stringify(object) },
  ],
};
export const change = {
  awsRegion: 'eu-west-1',
  eventID: 'a-b',
  eventName: 'MODIFY',
  userIdentity: null,
  recordFormat: 'application/json',
  tableName: 'orders',
  dynamodb: {
    ApproximateCreationDateTime: 1_777_723_200_123_456,
    ApproximateCreationDateTimePrecision: 'MICROSECOND',
    Keys: { id: { S: 'o-1' } },
    NewImage: {
      id: { S: 'o-1' },
      price: { N: '12.50' },
      paid: { BOOL: true },
      note: { NULL: true },
      tags: { SS: ['a', 'é'] },
      lines: { L: [{ M: { sku: { S: 'x' }, count: { N: '2' } } }, { M: { sku: { S: 'y' } } }] },
    },
    OldImage: { id: { S: 'o-1' }, price: { N: '10' } },
    SizeBytes: 99,
  },
  eventSource: 'aws:dynamodb',
};

/** One right record of each format. */
export const SAMPLES: readonly Sample[] = [
  sample('json', paths, JSON.stringify(object)),
  sample('json-array', paths, JSON.stringify([object, { id: 8 }, {}])),
  sample('ndjson', paths, `${JSON.stringify(object)}\n{"id":"8"}\r\n\n{"id":9}`),
  sample('cloudtrail', [column('TIMESTAMP', '$.eventTime')], JSON.stringify({ Records: [trail] })),
  sample(
    'cloudwatch-logs',
    [
      column('VARCHAR(30)', '$.logGroup'),
      column('TIMESTAMP', '$.timestamp'),
      column('VARCHAR(99)', '$.message'),
      column('VARCHAR(20)', '$.message.user.name'),
    ],
    gzipSync(JSON.stringify(envelope)),
  ),
  sample(
    'dynamodb',
    [
      column('TIMESTAMP', '$.time'),
      column('DECIMAL(10,2)', '$.new.price'),
      column('DECIMAL(10,2)', '$.old.price'),
      column('VARCHAR(99)', '$.new.tags'),
      column('VARCHAR(9)', '$.new.lines[0:].sku'),
    ],
    JSON.stringify(change),
  ),
  sample(
    { csv: { columns: ['id', 'at', 'name'] } },
    [column('BIGINT', 'id'), column('TIMESTAMP', 'at'), column('VARCHAR(20)', 'name')],
    '7,2026-05-02T12:00:00Z,"Zoë ""Z"",\r\nx"\r\n8,,\n',
  ),
  sample(
    { csv: { header: 'first-line', delimiter: ';', quote: "'" } },
    [column('BIGINT', 'id'), column('VARCHAR(20)', 'full name')],
    "id;'full name'\n7;'Zoë ''Z'';'\n8;x y\n",
  ),
  sample(
    'apache',
    [column('TIMESTAMP', 'time'), column('VARCHAR(99)', 'page'), column('INTEGER', 'status')],
    '::1 - - [17/May/2015:10:05:03 +0000] "GET /é\\"x HTTP/1.1" 200 5 "-" "Mozilla"\n',
  ),
  sample(
    'syslog',
    [
      column('VARCHAR(9)', 'facility'),
      column('INTEGER', 'severity'),
      column('TIMESTAMP', 'time'),
      column('VARCHAR(20)', "data['meta@1'].user"),
      column('VARCHAR(99)', 'message'),
    ],
    '<165>1 2003-10-11T22:14:15.003Z host app 42 ID47 [meta@1 user="a\\"\\]" n=""][x] \ufeffé it\n<34>Oct 11 22:14:15 host su[7]: failed\n',
  ),
];

function sample(format: Format, columns: readonly MappedColumn[], record: string | Buffer): Sample {
  const name = typeof format === 'string' ? format : JSON.stringify(format);
  return { name, format, columns, record: Buffer.from(record as string) };
}
