import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createTransform } from '../../functions/transform/transform.ts';
import type { Transformer } from '../../shared/config/transformer.ts';
import { transformer } from '../../shared/firehose/transformer.ts';
import { encodeAggregate } from '../../shared/kpl/encode.ts';
import { firehoseEvent, logOf, MINUTES, textsOf } from '../helpers/firehose.ts';

const CSV = { csv: { columns: ['a', 'b'] } };
const logs = (more: object) =>
  gzipSync(JSON.stringify({ messageType: 'DATA_MESSAGE', logEvents: [], ...more }));
const pretty = JSON.stringify({ a: Array(20).fill(1) }, null, 2);

/** What is wrong, in which format, the record, and its one outcome; 'x' is a sound record of it. */
const BAD: [
  what: string,
  config: Partial<Transformer>,
  record: Uint8Array | string,
  sound: Uint8Array | string,
  outcome: string,
][] = [
  ['nothing at all', { format: 'json' }, '', '{}', 'BAD_JSON'],
  ['white space', { format: 'ndjson' }, ' \n', '{}', 'BAD_JSON'],
  ['JSON cut in a string', { format: 'json' }, '{"a":"b', '{}', 'BAD_JSON'],
  ['two objects where one is asked for', { format: 'json' }, '{}{}', '{}', 'BAD_JSON'],
  ['a number where an object is', { format: 'json' }, '7', '{}', 'BAD_FORMAT'],
  [
    '1,001 levels',
    { format: 'json' },
    `${'{"a":'.repeat(1001)}1${'}'.repeat(1001)}`,
    '{}',
    'BAD_JSON',
  ],
  ['UTF-16', { format: 'json' }, Buffer.from('{"a":"b"}', 'utf16le'), '{}', 'BAD_JSON'],
  [
    'a byte that is no UTF-8',
    { format: 'json' },
    Buffer.from('{"a":"\xff"}', 'latin1'),
    '{}',
    'BAD_ENCODING',
  ],
  ['numbers in the list of objects', { format: 'json-array' }, '[1]', '[{}]', 'BAD_FORMAT'],
  [
    'other JSON for CloudTrail',
    { format: 'cloudtrail' },
    '{"Records":[{}]}',
    '{"eventVersion":"1"}',
    'BAD_FORMAT',
  ],
  [
    'a line of words',
    { format: 'apache' },
    'hello world',
    'h - - [02/May/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1',
    'BAD_FORMAT',
  ],
  [
    'the 31st of February',
    { format: 'apache' },
    'h - - [31/Feb/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1',
    'h - - [02/May/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1',
    'BAD_TYPE',
  ],
  [
    'a priority of 999',
    { format: 'syslog' },
    '<999>May  2 12:00:00 h app: x',
    '<34>May  2 12:00:00 h app: x',
    'BAD_FORMAT',
  ],
  ['a field too many', { format: CSV }, '1,2,3', '1,2', 'BAD_FORMAT'],
  ['a quote without an end', { format: CSV }, '1,"2', '1,2', 'BAD_FORMAT'],
  [
    'gzip cut short',
    { format: 'cloudwatch-logs' },
    logs({}).subarray(0, -9),
    logs({ logEvents: [{ id: '1' }] }),
    'BAD_GZIP',
  ],
  [
    'gzip that unpacks without end',
    { format: 'cloudwatch-logs' },
    gzipSync(Buffer.alloc(2 ** 25)),
    logs({ logEvents: [{ id: '1' }] }),
    'BAD_GZIP',
  ],
  [
    'an envelope of no kind',
    { format: 'cloudwatch-logs' },
    logs({ messageType: 'OTHER' }),
    logs({ logEvents: [{ id: '1' }] }),
    'BAD_FORMAT',
  ],
  [
    'few bytes of many rows',
    { format: 'cloudwatch-logs' },
    logs({
      logGroup: 'g'.repeat(5_000),
      logEvents: Array.from({ length: 3_000 }, (_, i) => ({ id: String(i * 7919) })),
      pad: Array.from({ length: 30_000 }, (_, i) => Math.sin(i)),
    }),
    logs({ logEvents: [{ id: '1' }] }),
    'TOO_LARGE',
  ],
  [
    'no record of a table',
    { format: 'dynamodb' },
    '{"id":1}',
    '{"eventName":"INSERT","dynamodb":{}}',
    'BAD_FORMAT',
  ],
  [
    'an attribute without its type',
    { format: 'dynamodb' },
    '{"eventName":"INSERT","dynamodb":{"NewImage":{"a":1}}}',
    '{"eventName":"INSERT","dynamodb":{}}',
    'BAD_FORMAT',
  ],
  [
    'a text where a number is asked for',
    { work: { kind: 'columns', columns: [{ name: 'a', path: '$.a', type: { name: 'BIGINT' } }] } },
    '{"a":"b"}',
    '{"a":1}',
    'BAD_TYPE',
  ],
  [
    'a record larger than a response',
    { format: 'json' },
    `{"a":"${'x'.repeat(4_600_000)}"}`,
    '{}',
    'TOO_LARGE',
  ],
  [
    'an aggregate with a damaged user record',
    { format: 'json' },
    aggregate('{"a":1}', '{'),
    aggregate('{"a":1}', '{"a":2}'),
    'BAD_JSON',
  ],
  [
    'an aggregate that was changed',
    { format: 'json' },
    changed(aggregate('{"a":1}', '{"a":2}')),
    aggregate(pretty, '{"a":2}'),
    'DAMAGED_AGGREGATE',
  ],
];

describe('a malformed record fails by its reason, and the others are delivered', () => {
  it.each(BAD)('%s', async (_, config, record, sound, outcome) => {
    const transform = createTransform({
      ...{ delivery: 'x', format: 'json', compression: 'none', work: { kind: 'format' } },
      ...{ partitionKeys: [], timestamps: 'iso' },
      ...config,
    });
    const handler = transformer(transform, { keys: [], putBack: null });
    const log = await logOf(async () => {
      const texts = textsOf(await handler(firehoseEvent([sound, record, sound]), MINUTES));
      expect(texts[0]).toMatch(/^(\{.*\}\n)+$/);
      expect(texts).toEqual([texts[0], 'ProcessingFailed', texts[0]]);
    });
    expect(log.flatMap(({ Reason }) => Reason ?? [])).toEqual([outcome]);
  });
});

function aggregate(...texts: string[]): Buffer {
  return encodeAggregate(texts.map((text) => ({ partitionKey: 'k', data: Buffer.from(text) })))
    .data;
}

function changed(data: Buffer): Buffer {
  const copy = Buffer.from(data);
  copy[10]! ^= 1;
  return copy;
}
