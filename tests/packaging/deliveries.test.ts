import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadApplications } from '../../infra/applications.ts';
import { toTemplate } from '../../infra/cloudformation.ts';
import { renderErrors } from '../../infra/report.ts';
import { describeService } from '../../infra/service.ts';
import { parseStreams } from '../../shared/config/streams.ts';

const STREAMS = `streams:
  audit: { shards: 1, format: cloudtrail }
applications:
  calls:
    stream: audit
    sql: calls.sql
    schema:
      "eventName": VARCHAR(64)
      "eventTime": TIMESTAMP
      "price": DECIMAL(10,2)
    outputs:
      CALLS: { table: results }
deliveries:
  plain: { stream: audit }
  archive:
    stream: audit
    transform: cloudtrail
    bucket: my-archive
    prefix: "date=!{partitionKeyFromLambda:date}/"
    buffer: { mb: 64, seconds: 300 }
    key: arn:aws:kms:eu-west-1:123456789012:key/ab-12
    backup: my-backup
  columns:
    stream: audit
    transform: { application: calls }
    files: parquet
  failures:
    stream: audit
    transform:
      sql: failures.sql
      schema: { "name": { type: VARCHAR(64), path: $.eventName }, "error": { type: VARCHAR(64), path: $.errorCode } }
    prefix: "failures/!{partitionKeyFromLambda:error}/!{timestamp:yyyy}/"
  warehouse:
    stream: audit
    transform: cloudtrail
    redshift:
      url: jdbc:redshift://a.eu-west-1.redshift.amazonaws.com:5439/dev
      secret: arn:aws:secretsmanager:eu-west-1:123456789012:secret:redshift-AbCdEf
      table: calls
  search:
    stream: audit
    transform: cloudtrail
    opensearch: { domain: arn:aws:es:eu-west-1:123456789012:domain/logs, index: calls }
`;

const SQL = `CREATE STREAM "CALLS" ("name" VARCHAR(64), "calls" BIGINT);
CREATE PUMP "P" AS INSERT INTO "CALLS"
SELECT STREAM s."eventName", COUNT(*) FROM SOURCE_SQL_STREAM_001 AS s
GROUP BY s."eventName", STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
`;

const FAILURES = `CREATE STREAM "FAILURES" ("name" VARCHAR(64), "error" VARCHAR(64));
CREATE PUMP "P" AS INSERT INTO "FAILURES"
SELECT STREAM s."name", s."error" FROM SOURCE_SQL_STREAM_001 AS s WHERE s."error" IS NOT NULL;
`;

const folder = mkdtempSync(join(tmpdir(), 'sluice-deliveries-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'calls.sql'), SQL);
writeFileSync(join(folder, 'failures.sql'), FAILURES);

function load(text: string) {
  const file = join(folder, 'streams.yml');
  writeFileSync(file, text);
  return loadApplications(file);
}

const { applications, config, transformers } = load(STREAMS);
const service = describeService(applications, config!, 'prod', undefined, transformers);
const { resources } = toTemplate(service, {
  lambda: (name) => `Lambda:${name}`,
  logGroup: (name) => `Log:${name}`,
});
const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const deliveryOf = (name: string) => resources[`Delivery${name}`]?.Properties;
const s3Of = (name: string) =>
  deliveryOf(name)?.ExtendedS3DestinationConfiguration as Record<string, unknown>;

function statements(name: string): { Action: readonly string[]; Resource: readonly unknown[] }[] {
  const role = resources[`DeliveryRole${name}`]?.Properties as unknown as {
    Policies: [{ PolicyDocument: { Statement: { Action: string[]; Resource: unknown[] }[] } }];
  };
  return role.Policies[0].PolicyDocument.Statement;
}

describe('deliveries in the template', () => {
  it('read their stream, and write gzip objects by the hour into a bucket of their own', () => {
    expect(deliveryOf('Plain')).toEqual({
      DeliveryStreamName: 'sluice-prod-plain',
      DeliveryStreamType: 'KinesisStreamAsSource',
      KinesisStreamSourceConfiguration: {
        KinesisStreamARN: arn('StreamAudit'),
        RoleARN: arn('DeliveryRolePlain'),
      },
      ExtendedS3DestinationConfiguration: {
        RoleARN: arn('DeliveryRolePlain'),
        BucketARN: arn('BucketPlain'),
        Prefix: 'plain/!{timestamp:yyyy/MM/dd/HH}/',
        ErrorOutputPrefix: 'plain-failed/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/',
        BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 300 },
        CompressionFormat: 'GZIP',
        EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
        CloudWatchLoggingOptions: {
          Enabled: true,
          LogGroupName: { Ref: 'DeliveryLogPlain' },
          LogStreamName: 'delivery',
        },
        ProcessingConfiguration: {
          Enabled: true,
          Processors: [
            {
              Type: 'AppendDelimiterToRecord',
              Parameters: [{ ParameterName: 'Delimiter', ParameterValue: '\\n' }],
            },
          ],
        },
        DynamicPartitioningConfiguration: { Enabled: false },
      },
    });
    expect(resources.BucketPlain).toMatchObject({
      Type: 'AWS::S3::Bucket',
      DeletionPolicy: 'Retain',
      Properties: { PublicAccessBlockConfiguration: { BlockPublicPolicy: true } },
    });
    expect(resources.BucketPolicyPlain?.Type).toBe('AWS::S3::BucketPolicy');
    expect(resources.BucketArchive).toBeUndefined();
  });

  it('pass their records through a function, and partition by the keys that it gives', () => {
    expect(s3Of('Archive')).toMatchObject({
      BucketARN: { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::my-archive` },
      Prefix: 'date=!{partitionKeyFromLambda:date}/',
      EncryptionConfiguration: {
        KMSEncryptionConfig: { AWSKMSKeyARN: 'arn:aws:kms:eu-west-1:123456789012:key/ab-12' },
      },
      DynamicPartitioningConfiguration: { Enabled: true, RetryOptions: { DurationInSeconds: 300 } },
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          {
            Type: 'Lambda',
            Parameters: [
              {
                ParameterName: 'LambdaArn',
                ParameterValue: { 'Fn::Join': ['', [arn('Lambda:transform-archive'), ':$LATEST']] },
              },
              { ParameterName: 'NumberOfRetries', ParameterValue: '3' },
              { ParameterName: 'RoleArn', ParameterValue: arn('DeliveryRoleArchive') },
              { ParameterName: 'BufferSizeInMBs', ParameterValue: '1' },
              { ParameterName: 'BufferIntervalInSeconds', ParameterValue: '60' },
            ],
          },
        ],
      },
      S3BackupMode: 'Enabled',
      S3BackupConfiguration: {
        BucketARN: { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::my-backup` },
        Prefix: 'archive-source/!{timestamp:yyyy/MM/dd/HH}/',
        CompressionFormat: 'GZIP',
      },
    });
  });

  it('know the columns of Parquet files from the application', () => {
    expect(s3Of('Columns')).toMatchObject({
      CompressionFormat: 'UNCOMPRESSED',
      DataFormatConversionConfiguration: {
        Enabled: true,
        InputFormatConfiguration: {
          Deserializer: {
            OpenXJsonSerDe: {
              ColumnToJsonKeyMappings: { eventname: 'eventName', eventtime: 'eventTime' },
            },
          },
        },
        OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'SNAPPY' } } },
        SchemaConfiguration: {
          DatabaseName: { Ref: 'DatabaseColumns' },
          TableName: { Ref: 'ColumnsColumns' },
          RoleARN: arn('DeliveryRoleColumns'),
        },
      },
    });
    expect(resources.ColumnsColumns?.Properties).toMatchObject({
      TableInput: {
        StorageDescriptor: {
          Columns: [
            { Name: 'eventname', Type: 'string' },
            { Name: 'eventtime', Type: 'timestamp' },
            { Name: 'price', Type: 'decimal(10,2)' },
          ],
        },
      },
    });
  });

  it('call a transformer of gzipped records with fewer of them: they grow', () => {
    const { config: packed, transformers: own } = load(`streams:
  logs: { shards: 1, format: cloudwatch-logs }
deliveries:
  logs: { stream: logs, transform: cloudwatch-logs }
`);
    const { deliveries } = describeService([], packed!, 'prod', undefined, own);
    const template = toTemplate(describeService([], packed!, 'prod', undefined, own), {
      lambda: (name) => name,
      logGroup: (name) => name,
    });
    expect(deliveries[0]?.isPacked).toBe(true);
    expect(JSON.stringify(template.resources.DeliveryLogs)).toContain(
      '{"ParameterName":"BufferSizeInMBs","ParameterValue":"0.2"}',
    );
  });

  it('raise an alarm where records of this stage failed', () => {
    const failed = resources.FailedTransformDashfailures?.Properties;
    expect(failed).toMatchObject({
      AlarmName: 'sluice-prod-transform-failures-failed',
      Namespace: 'Sluice',
      MetricName: 'Failed',
      Dimensions: [
        { Name: 'Stage', Value: 'prod' },
        { Name: 'Delivery', Value: 'failures' },
      ],
    });
  });

  it('copy into Redshift, or index in OpenSearch, as streams.yml says', () => {
    expect(deliveryOf('Warehouse')?.RedshiftDestinationConfiguration).toMatchObject({
      ClusterJDBCURL: 'jdbc:redshift://a.eu-west-1.redshift.amazonaws.com:5439/dev',
      CopyCommand: { DataTableName: 'calls', CopyOptions: "json 'auto ignorecase' gzip" },
      SecretsManagerConfiguration: {
        Enabled: true,
        SecretARN: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:redshift-AbCdEf',
      },
      S3Configuration: { BucketARN: arn('BucketWarehouse'), CompressionFormat: 'GZIP' },
    });
    expect(deliveryOf('Search')?.AmazonopensearchserviceDestinationConfiguration).toMatchObject({
      DomainARN: 'arn:aws:es:eu-west-1:123456789012:domain/logs',
      IndexName: 'calls',
      IndexRotationPeriod: 'OneDay',
      S3BackupMode: 'FailedDocumentsOnly',
    });
  });

  it('have a role each, that Firehose takes for this account, with nothing of another delivery', () => {
    expect(resources.DeliveryRoleArchive?.Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'firehose.amazonaws.com' },
          Condition: { StringEquals: { 'sts:ExternalId': { Ref: 'AWS::AccountId' } } },
        },
      ],
    });
    const archive = { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::my-archive` };
    const backup = { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::my-backup` };
    const objects = (bucket: unknown, prefix: string) => ({
      'Fn::Join': ['', [bucket, `/${prefix}*`]],
    });
    expect(statements('Archive').map(({ Action, Resource }) => [Action[0], Resource])).toEqual([
      ['kinesis:DescribeStream', [arn('StreamAudit')]],
      ['s3:GetBucketLocation', [archive]],
      ['s3:AbortMultipartUpload', [objects(archive, 'date='), objects(archive, 'archive-failed/')]],
      ['logs:PutLogEvents', [arn('DeliveryLogArchive')]],
      ['s3:GetBucketLocation', [backup]],
      [
        's3:AbortMultipartUpload',
        [objects(backup, 'archive-source/'), objects(backup, 'archive-failed/')],
      ],
      [
        'lambda:InvokeFunction',
        [
          arn('Lambda:transform-archive'),
          { 'Fn::Join': ['', [arn('Lambda:transform-archive'), ':$LATEST']] },
        ],
      ],
      ['kms:Decrypt', ['arn:aws:kms:eu-west-1:123456789012:key/ab-12']],
    ]);
    for (const name of ['Plain', 'Archive', 'Columns', 'Failures', 'Warehouse', 'Search']) {
      for (const { Action, Resource } of statements(name)) {
        for (const action of Action) expect(action).not.toContain('*');
        expect(Resource).not.toContain('*');
      }
    }
  });

  it('have a transform function each, which may do nothing in a stream that others read too', () => {
    const fn = service.functions.find(({ name }) => name === 'transform-failures');
    expect(fn).toMatchObject({
      handler: 'transform',
      timeoutSeconds: 300,
      mapping: null,
      environment: { SLUICE_DELIVERY: 'failures', SLUICE_PARTITION_KEYS: 'error' },
      grants: [],
    });
    expect(fn?.files['transformer.json']).toMatchObject({
      delivery: 'failures',
      format: 'cloudtrail',
      work: { kind: 'sql', output: 'FAILURES' },
      partitionKeys: ['error'],
    });
    expect(service.functions.map(({ name }) => name)).not.toContain('transform-plain');
  });

  it.each([
    ['its own, which it alone reads', '{ shards: 1 }', '', true],
    [
      'one that is not ours',
      '{ arn: "arn:aws:kinesis:eu-west-1:123456789012:stream/x" }',
      '',
      false,
    ],
    ['one that another delivery reads', '{ shards: 1 }', '  other: { stream: audit }', false],
  ])('put what does not fit a response back into a stream: %s', (_, stream, more, isPutBack) => {
    const alone = load(`streams:
  audit: ${stream.replace(' }', ', format: cloudtrail }')}
deliveries:
  archive: { stream: audit, transform: cloudtrail }
${more}
`);
    expect(alone.errors).toEqual([]);
    const { functions } = describeService([], alone.config!, 'prod', undefined, alone.transformers);
    expect(functions[0]).toMatchObject({
      environment: isPutBack
        ? { SLUICE_DELIVERY: 'archive', SLUICE_PUT_BACK: 'sluice-prod-audit' }
        : { SLUICE_DELIVERY: 'archive' },
      grants: isPutBack
        ? [{ actions: ['kinesis:PutRecords'], on: [{ stream: 'audit', arn: null }] }]
        : [],
    });
    expect('SLUICE_PUT_BACK' in functions[0]!.environment).toBe(isPutBack);
  });
});

describe('deliveries that cannot be', () => {
  it.each([
    ['an unknown stream', 'plain: { stream: audit }', 'plain: { stream: adit }', 'UNKNOWN_STREAM'],
    [
      'another format',
      'transform: cloudtrail\n    bucket',
      'transform: json\n    bucket',
      'CONFLICT',
    ],
    ['an unknown application', 'application: calls', 'application: call', 'UNKNOWN_APPLICATION'],
    [
      'keys without a transformer',
      '{ stream: audit }',
      '{ stream: audit, prefix: "!{partitionKeyFromLambda:date}/" }',
      'CONFLICT',
    ],
    ['a key that no built-in gives', 'Lambda:date}', 'Lambda:name}', 'UNKNOWN_COLUMN'],
    ['an expression of no kind', '!{timestamp:yyyy}', '!{time:yyyy}', 'WRONG_VALUE'],
    ['an expression without end', '!{timestamp:yyyy}', '!{timestamp:yyyy', 'WRONG_VALUE'],
    [
      'errors without their type',
      'mb: 64, seconds: 300 }',
      'mb: 64, seconds: 300 }\n    errors: failed/',
      'WRONG_VALUE',
    ],
    ['a small buffer with keys', 'mb: 64,', 'mb: 5,', 'CONFLICT'],
    ['Parquet without columns', '{ application: calls }', 'cloudtrail', 'CONFLICT'],
    ['Parquet in gzip', 'files: parquet', 'files: parquet\n    compression: gzip', 'CONFLICT'],
    ['sql without a schema', '      schema: { "name"', '      #', 'MISSING_KEY'],
    [
      'a schema without sql',
      '{ application: calls }',
      '{ application: calls, schema: { "a": BIGINT } }',
      'CONFLICT',
    ],
    [
      'two destinations',
      'index: calls }',
      'index: calls }\n    redshift: { url: "jdbc:redshift://a:1/b", secret: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a", table: b }',
      'CONFLICT',
    ],
    [
      'a password in the URL',
      'jdbc:redshift://a.eu',
      'jdbc:redshift://me:secret@a.eu',
      'WRONG_VALUE',
    ],
    [
      'Redshift with zip',
      '      table: calls',
      '      table: calls\n    compression: zip',
      'CONFLICT',
    ],
    [
      'a key for the records as they came',
      'backup: my-backup',
      'backup: { bucket: my-backup, prefix: "!{partitionKeyFromLambda:date}/" }',
      'CONFLICT',
    ],
    ['an unknown key', 'files: parquet', 'file: parquet', 'UNKNOWN_KEY'],
  ])('%s', (_, piece, instead, code) => {
    expect(STREAMS).toContain(piece);
    const { diagnostics, config: none } = parseStreams(STREAMS.replace(piece, instead));
    expect(none).toBeNull();
    expect(diagnostics.map((one) => one.code)).toContain(code);
  });

  it.each([
    ['a program with aggregates', 'sql: failures.sql', 'sql: calls.sql', 'NOT_STATELESS'],
    ['a key that the program does not give', 'Lambda:error', 'Lambda:eror', 'UNKNOWN_COLUMN'],
    [
      'an output that the program lacks',
      'sql: failures.sql',
      'sql: failures.sql\n      output: X',
      'UNKNOWN_STREAM',
    ],
    ['a column that the source lacks', '"error": {', '"err": {', 'UNKNOWN_COLUMN'],
  ])('%s, told with its place', (_, piece, instead, code) => {
    expect(STREAMS).toContain(piece);
    const text = STREAMS.replace(piece, instead).replace(
      '{ type: VARCHAR(64), path: $.eventName }',
      '{ type: VARCHAR(64), path: $.eventName }, "eventName": VARCHAR(64)',
    );
    const { errors, transformers: none } = load(text);
    expect(none).toEqual([]);
    expect(renderErrors(errors)).toMatch(new RegExp(`:\\d+:\\d+: [^]*\\[${code}\\]`));
  });
});
