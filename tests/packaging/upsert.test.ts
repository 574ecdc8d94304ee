import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseStreams } from '../../shared/config/streams.ts';
import { serverless } from './serverless.ts';
import { unzip } from './zip.ts';

const STREAMS = `streams:
  clicks: { shards: 1, format: json }
  results: { shards: 1, retention: 48h, format: json, producer: kpl }
applications:
  clicks:
    stream: clicks
    sql: clicks.sql
    schema: { "page": VARCHAR(64) }
    outputs: { CLICKS: { table: results } }
upserts:
  orders:
    stream: results
    table: orders
    key: { partition: [country], sort: [minute] }
    version: at
    keep: 1d
    batch: { size: 200, window: 5s }
    columns:
      country: VARCHAR(2)
      minute: TIMESTAMP
      at: BIGINT
      status: { type: VARCHAR(16), path: $.state }
      amount: { type: "DECIMAL(15,2)", merge: add }
  delivered:
    format: csv
    table: results
    key: { partition: [id] }
    columns: { id: INTEGER, low: { type: DOUBLE, merge: min } }
`;

const SQL = `CREATE STREAM "CLICKS" ("page" VARCHAR(64), "clicks" BIGINT);
CREATE PUMP "P" AS INSERT INTO "CLICKS"
SELECT STREAM s."page", COUNT(*) FROM SOURCE_SQL_STREAM_001 AS s
GROUP BY s."page", STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
`;

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-upsert-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('upserts in the packaged template', () => {
  let template: Record<string, Resource> = {};
  const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
  const ofType = (type: string) => Object.values(template).filter((one) => one.Type === type);
  const lambdaOf = (name: string) =>
    Object.entries(template).find(
      ([, { Properties }]) => Properties?.FunctionName === `sluice-dev-${name}`,
    )!;

  beforeAll(async () => {
    writeFileSync(join(folder, 'streams.yml'), STREAMS);
    writeFileSync(join(folder, 'clicks.sql'), SQL);
    const env = { SLUICE_STREAMS: join(folder, 'streams.yml') };
    const { code, output } = await serverless(['package', '--package', folder], env);
    expect(code, output).toBe(0);
    const file = join(folder, 'cloudformation-template-update-stack.json');
    template = JSON.parse(readFileSync(file, 'utf8')).Resources;
  });

  it('have a function each, with their table', () => {
    expect(lambdaOf('upsert-orders')[1].Properties).toMatchObject({
      Handler: 'dist/upsert-orders/handler.handler',
      MemorySize: 512,
      Timeout: 60,
      Environment: {
        Variables: {
          SLUICE_TABLE: 'sluice-dev-orders',
          SLUICE_FAULTS: { 'Fn::Sub': `s3://\${Faults}` },
          SLUICE_STREAM: 'sluice-dev-results',
          SLUICE_STAGE: 'dev',
        },
      },
    });
    expect(lambdaOf('upsert-delivered')[1].Properties).toMatchObject({
      Environment: {
        Variables: {
          SLUICE_TABLE: 'sluice-dev-results',
          SLUICE_FAULTS: { 'Fn::Sub': `s3://\${Faults}` },
          SLUICE_STAGE: 'dev',
        },
      },
    });
    const tables = ofType('AWS::DynamoDB::Table').map(({ Properties }) => Properties.TableName);
    expect(tables).toEqual(['sluice-dev-state', 'sluice-dev-results', 'sluice-dev-orders']);
  });

  it('read their stream with every value of the mapping given', () => {
    const [orders] = lambdaOf('upsert-orders');
    expect(template.MappingUpsertDashorders?.Properties).toMatchObject({
      EventSourceArn: arn('StreamResults'),
      FunctionName: arn(orders),
      Enabled: true,
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 200,
      MaximumBatchingWindowInSeconds: 5,
      ParallelizationFactor: 1,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    expect(ofType('AWS::Lambda::EventSourceMapping')).toHaveLength(2);
  });

  it.each([
    [
      'Orders',
      'orders',
      [
        [expect.arrayContaining(['kinesis:GetRecords']), [arn('StreamResults')]],
        [['dynamodb:GetItem', 'dynamodb:UpdateItem'], [arn('TableOrders')]],
      ],
    ],
    [
      'Delivered',
      'delivered',
      [[['dynamodb:GetItem', 'dynamodb:UpdateItem'], [arn('TableResults')]]],
    ],
  ])('%s may do no more than it does', (_, name, own) => {
    const role = template[`RoleUpsertDash${name}`]?.Properties as {
      Policies: [{ PolicyDocument: { Statement: { Action: string[]; Resource: unknown[] }[] } }];
    };
    const statements = role.Policies[0].PolicyDocument.Statement;
    expect(statements.map(({ Action, Resource }) => [Action, Resource]).slice(0, -1)).toEqual([
      ...own,
      [['s3:PutObject'], [{ 'Fn::Sub': `\${Faults.Arn}/faults/${name}/*` }]],
    ]);
    expect(statements.at(-1)?.Action).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
  });

  it('raise alarms: behind only where there is a stream', () => {
    const names = ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmName);
    const own = names.filter((name) => String(name).includes('-upsert-')).sort();
    expect(own).toEqual([
      'sluice-dev-upsert-delivered-errors',
      'sluice-dev-upsert-delivered-faults',
      'sluice-dev-upsert-orders-behind',
      'sluice-dev-upsert-orders-errors',
      'sluice-dev-upsert-orders-faults',
    ]);
  });

  it('know their rules from their artifact', () => {
    const names = unzip(join(folder, 'upsert-orders.zip'), join(folder, 'unzipped'));
    const file = names.find((name) => name.endsWith('upsert.json'))!;
    const DAY = 86_400_000;
    expect(JSON.parse(readFileSync(join(folder, 'unzipped', file), 'utf8'))).toEqual({
      name: 'orders',
      stream: { name: 'results', producer: 'kpl' },
      format: 'json',
      compression: 'none',
      columns: [
        {
          name: 'country',
          type: { name: 'VARCHAR', length: 2 },
          path: '$.country',
          merge: 'key',
          notNull: true,
        },
        {
          name: 'minute',
          type: { name: 'TIMESTAMP' },
          path: '$.minute',
          merge: 'key',
          notNull: true,
        },
        { name: 'at', type: { name: 'BIGINT' }, path: '$.at', merge: 'replace', notNull: true },
        {
          name: 'status',
          type: { name: 'VARCHAR', length: 16 },
          path: '$.state',
          merge: 'replace',
        },
        {
          name: 'amount',
          type: { name: 'DECIMAL', precision: 15, scale: 2 },
          path: '$.amount',
          merge: 'add',
        },
      ],
      key: { partition: ['country'], sort: ['minute'] },
      version: 'at',
      generation: expect.stringMatching(/^[0-9a-f]{8}$/),
      // Not the day that was asked for: what may come again has to find its item.
      lastsMs: 2 * DAY + 3 * DAY,
    });
  });
});

describe('upserts that cannot be', () => {
  it.each([
    [
      'no such stream',
      'stream: results\n    table: orders',
      'stream: result\n    table: orders',
      'UNKNOWN_STREAM',
    ],
    ['a stream and a format', 'table: orders', 'format: json\n    table: orders', 'CONFLICT'],
    ['neither', '    format: csv\n', '', 'MISSING_KEY'],
    ["the functions' own table", 'table: orders', 'table: state', 'CONFLICT'],
    ['the name of an application', '  orders:', '  clicks:', 'CONFLICT'],
    ['no such key column', 'sort: [minute]', 'sort: [minut]', 'UNKNOWN_COLUMN'],
    ['a key column twice', 'sort: [minute]', 'sort: [country]', 'CONFLICT'],
    [
      'a key column that merges',
      'country: VARCHAR(2)',
      'country: { type: VARCHAR(2), merge: max }',
      'CONFLICT',
    ],
    ['no such version', 'version: at', 'version: when', 'UNKNOWN_COLUMN'],
    ['no version where values replace', '    version: at\n', '', 'MISSING_KEY'],
    ['a version that merges', 'at: BIGINT', 'at: { type: BIGINT, merge: max }', 'CONFLICT'],
    ['a version in the key', 'version: at', 'version: minute', 'CONFLICT'],
    ['text that is added up', 'path: $.state', 'merge: add', 'CONFLICT'],
    ['another merge', 'merge: min', 'merge: sum', 'WRONG_VALUE'],
    ['a column of the table itself', 'status: {', '_status: {', 'RESERVED_COLUMN'],
    ['a column that no record can have', '"DECIMAL(15,2)"', 'BINARY(4)', 'WRONG_VALUE'],
    ['an unknown key', 'keep: 1d', 'kept: 1d', 'UNKNOWN_KEY'],
  ])('%s', (_, piece, instead, code) => {
    expect(STREAMS).toContain(piece);
    const { diagnostics, config } = parseStreams(STREAMS.replace(piece, instead));
    expect(config).toBeNull();
    expect(diagnostics.map((one) => one.code)).toContain(code);
  });

  it('other rules are another generation, and nothing else is', () => {
    const generation = (text: string) =>
      parseStreams(text).config!.upserts.orders!.upsert.generation;
    const own = generation(STREAMS);
    for (const same of [
      ['keep: 1d', 'keep: 9d'],
      ['size: 200', 'size: 300'],
      ['$.state', '$.s'],
    ]) {
      expect(generation(STREAMS.replace(same[0]!, same[1]!))).toBe(own);
    }
    for (const other of [
      ['VARCHAR(16)', 'VARCHAR(8)'],
      ['merge: add', 'merge: max'],
      ['partition: [country], sort: [minute]', 'partition: [minute], sort: [country]'],
    ]) {
      expect(generation(STREAMS.replace(other[0]!, other[1]!))).not.toBe(own);
    }
  });
});
