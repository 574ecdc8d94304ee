import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { formatBatches } from '../../events/formats.ts';
import { createTransform } from '../../functions/transform/transform.ts';
import type { Transformer } from '../../shared/config/transformer.ts';
import { transformer } from '../../shared/firehose/transformer.ts';
import type { MappedColumn } from '../../shared/records/types.ts';
import { ARRIVAL, firehoseEvent, MINUTES, textsOf } from '../helpers/firehose.ts';

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
});

const NOON = Date.UTC(2026, 4, 2, 12);
const BASE: Transformer = {
  delivery: 'archive',
  format: 'json',
  compression: 'none',
  work: { kind: 'format' },
  partitionKeys: [],
  timestamps: 'iso',
};

async function run(config: Partial<Transformer>, data: readonly (Uint8Array | string)[]) {
  const all = { ...BASE, ...config };
  const handler = transformer(createTransform(all), { keys: all.partitionKeys, putBack: null });
  return handler(firehoseEvent(data), MINUTES);
}

const textsFor = async (config: Partial<Transformer>, data: readonly (Uint8Array | string)[]) =>
  textsOf(await run(config, data));

describe('JSON is passed on as it is written', () => {
  it.each<[string, Partial<Transformer>, string, string]>([
    [
      'an object',
      {},
      '{"n":12345678901234567890.10, "b":1e400}',
      '{"n":12345678901234567890.10, "b":1e400}\n',
    ],
    ['with line breaks', {}, '{\r\n  "a": "x\\ny"\n}\n', '{   "a": "x\\ny" }\n'],
    ['an array', { format: 'json-array' }, '[{"a":1.0},\n {"a":2}]', '{"a":1.0}\n{"a":2}\n'],
    ['lines', { format: 'ndjson' }, '{"a":1}\n\n{"a":"é\\ud800"}', '{"a":1}\n{"a":"é\\ud800"}\n'],
    [
      'a file of CloudTrail',
      { format: 'cloudtrail' },
      '{"Records":[{"eventVersion":"1.11","x":1},{"eventVersion":"1.11","x":[\n2]}]}',
      '{"eventVersion":"1.11","x":1}\n{"eventVersion":"1.11","x":[ 2]}\n',
    ],
    [
      'an event of EventBridge around it',
      { format: 'cloudtrail' },
      '{"detail-type":"AWS API Call via CloudTrail","detail":{"eventVersion":"1.11"}}',
      '{"eventVersion":"1.11"}\n',
    ],
  ])('%s', async (_, config, data, text) => {
    expect(await textsFor(config, [data])).toEqual([text]);
  });

  it('an empty list is nothing to deliver', async () => {
    expect(await textsFor({ format: 'json-array' }, ['[]', '[{}]'])).toEqual(['Dropped', '{}\n']);
  });
});

describe('other formats become lines with all that a record holds', () => {
  const batches = formatBatches(NOON);

  it('access logs', async () => {
    const line = '192.0.2.1 - ann [02/May/2026:12:00:00 +0200] "GET /a\\"b HTTP/1.1" 200 - "-" "é"';
    expect(
      await textsFor({ format: 'apache' }, [`${line}\n${line.replace(' "-" "é"', '')}\n`]),
    ).toEqual([
      '{"host":"192.0.2.1","ident":null,"user":"ann","time":"2026-05-02T10:00:00.000Z","method":"GET",' +
        '"page":"/a\\"b","protocol":"HTTP/1.1","status":200,"bytes":null,"referrer":null,"agent":"é"}\n' +
        '{"host":"192.0.2.1","ident":null,"user":"ann","time":"2026-05-02T10:00:00.000Z","method":"GET",' +
        '"page":"/a\\"b","protocol":"HTTP/1.1","status":200,"bytes":null,"referrer":null,"agent":null}\n',
    ]);
  });

  it('syslog, old and new', async () => {
    expect(await textsFor({ format: 'syslog' }, batches.syslog!)).toEqual([
      '{"facility":"local4","severity":"notice","time":"2026-05-02T12:00:01.000Z","host":"web-1","app":"orders",' +
        '"procid":"4242","msgid":"ID47","data":"[order@32473 id=\\"7\\" user=\\"ann\\"]","message":"paid"}\n',
      '{"facility":"auth","severity":"crit","time":"2026-05-02T12:00:02.000Z","host":"web-1","app":"sshd",' +
        '"procid":"17","msgid":null,"data":null,"message":"Failed password for invalid user admin"}\n',
      'ProcessingFailed',
    ]);
  });

  it('log events of CloudWatch, control messages left out, one damaged envelope by itself', async () => {
    const [first, ...others] = await textsFor(
      { format: 'cloudwatch-logs' },
      batches['cloudwatch-logs']!,
    );
    const events = first!
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events).toHaveLength(3);
    expect(events[1]).toEqual({
      id: '39537812734829572398475293847529384752938475230000000012',
      timestamp: '2026-05-02T12:00:00.012Z',
      message: '{"level":"info","order":{"id":7}}',
      extractedFields: null,
      logGroup: '/aws/lambda/orders',
      logStream: '2026/05/02/[$LATEST]0f1e2d3c',
      owner: '123456789012',
      subscriptionFilters: ['all'],
      policyLevel: null,
    });
    expect(others).toEqual(['Dropped', 'ProcessingFailed']);
  });

  it('changes of a DynamoDB table, attributes without their types', async () => {
    const exact = {
      eventName: 'INSERT',
      dynamodb: {
        NewImage: { id: { S: 'a' }, n: { N: '12345678901234567890.12345' }, s: { NS: ['1'] } },
      },
      userIdentity: '{"',
    };
    const texts = await textsFor({ format: 'dynamodb' }, [
      ...batches.dynamodb!,
      JSON.stringify(exact),
    ]);
    expect(texts[1]).toBe(
      '{"eventID":"00000000-0000-4000-8000-000000000002","eventName":"MODIFY","tableName":"orders",' +
        '"awsRegion":"eu-west-1","time":"2026-05-02T12:00:02.000Z","keys":{"id":"o-7"},' +
        '"new":{"id":"o-7","price":12.5},"old":{"id":"o-7","price":10},"size":61,"userIdentity":null}\n',
    );
    expect(texts[3]).toBe('ProcessingFailed');
    expect(texts[4]).toContain('"new":{"id":"a","n":12345678901234567890.12345,"s":[1]}');
    expect(texts[4]).toContain('"userIdentity":"{\\""');
  });

  it('csv with fields of the schema, or of each first line', async () => {
    const columns = { csv: { columns: ['id', 'note'] } };
    expect(await textsFor({ format: columns }, ['1,"a ""b"""\r\n2,\n'])).toEqual([
      '{"id":"1","note":"a \\"b\\""}\n{"id":"2","note":null}\n',
    ]);
    const header = { csv: { header: 'first-line', delimiter: ';' } } as const;
    expect(
      await textsFor({ format: header }, ['a;constructor\n1;2', 'b\n3\n4', 'c\n', 'a;a\n1;2', '']),
    ).toEqual([
      '{"a":"1","constructor":"2"}\n',
      '{"b":"3"}\n{"b":"4"}\n',
      'Dropped',
      'ProcessingFailed',
      'ProcessingFailed',
    ]);
  });

  it('records that are gzipped as a whole, bombs and what is no gzip by themselves', async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 26, 0x20));
    expect(
      await textsFor({ compression: 'gzip' }, [
        gzipSync('{"a":1}'),
        bomb,
        '{"a":1}',
        gzipSync('{}'),
      ]),
    ).toEqual(['{"a":1}\n', 'ProcessingFailed', 'ProcessingFailed', '{}\n']);
  });
});

const COLUMNS: readonly MappedColumn[] = [
  { name: 'id', path: '$.id', type: { name: 'BIGINT' } },
  { name: 'customer', path: '$.user.name', type: { name: 'VARCHAR', length: 5 } },
  { name: 'at', path: '$.at', type: { name: 'TIMESTAMP' } },
  { name: 'day', path: '$.day', type: { name: 'DATE' } },
  { name: 'clock', path: '$.clock', type: { name: 'TIME' } },
  { name: 'paid', path: '$.paid', type: { name: 'BOOLEAN' } },
  { name: 'price', path: '$.price', type: { name: 'DECIMAL', precision: 9, scale: 2 } },
];
const ORDER =
  '{"id":9007199254740993,"user":{"name":"Ann \\"A\\""},"at":"2026-05-02T12:00:00.5Z","day":"2026-05-02","clock":"01:02:03","paid":true,"price":12.345}';

describe('the columns of an application', () => {
  it('are converted to their types, whole numbers with all their digits, times as asked for', async () => {
    const work = { kind: 'columns', columns: COLUMNS } as const;
    const line = (at: string) =>
      `{"id":9007199254740993,"customer":"Ann \\"","at":"${at}","day":"2026-05-02","clock":"01:02:03","paid":true,"price":12.35}\n`;
    expect(await textsFor({ work }, [ORDER])).toEqual([line('2026-05-02T12:00:00.500Z')]);
    expect(await textsFor({ work, timestamps: 'sql' }, [ORDER, ORDER.replace('.5Z', 'Z')])).toEqual(
      [line('2026-05-02 12:00:00.500'), line('2026-05-02 12:00:00.000')],
    );
    expect(await textsFor({ work }, ['{}', '{"id":"x"}'])).toEqual([
      '{"id":null,"customer":null,"at":null,"day":null,"clock":null,"paid":null,"price":null}\n',
      'ProcessingFailed',
    ]);
  });

  it('give partition keys, one set for a record', async () => {
    const work = { kind: 'columns', columns: COLUMNS } as const;
    const partitionKeys = ['hour', 'customer', 'id', 'at'];
    const ndjson = { work, partitionKeys, format: 'ndjson' } as const;
    const other = ORDER.replace('"Ann', '"Bob');
    const response = await run(ndjson, [ORDER, `${ORDER}\n${ORDER}`, `${ORDER}\n${other}`, '{}']);
    const keys = {
      hour: '23',
      customer: 'Ann%20%22',
      id: '9007199254740993',
      at: '2026-05-02T12%3A00%3A00.500Z',
    };
    expect(
      response.records.map(({ result, metadata }) => [result, metadata?.partitionKeys]),
    ).toEqual([
      ['Ok', keys],
      ['Ok', keys],
      ['ProcessingFailed', undefined],
      [
        'Ok',
        {
          hour: '23',
          customer: '__HIVE_DEFAULT_PARTITION__',
          id: '__HIVE_DEFAULT_PARTITION__',
          at: '__HIVE_DEFAULT_PARTITION__',
        },
      ],
    ]);
    expect(new Date(ARRIVAL).getUTCHours()).toBe(23);
  });
});
