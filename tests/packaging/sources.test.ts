import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseStreams } from '../../shared/config/streams.ts';
import { serverless } from './serverless.ts';

const STREAMS = `streams:
  audit:
    shards: 1
    format: cloudtrail
    sources:
      calls: { cloudtrail: all }
  readings:
    arn: arn:aws:kinesis:eu-west-1:123456789012:stream/devices
    format: json
    sources:
      sensors: { iot: sensors/+/readings, key: "\${topic(2)}" }
      any: { iot: "meters/#" }
  changes:
    shards: 1
    format: dynamodb
    sources:
      totals: { dynamodb: results }
  lines:
    shards: 1
    format: cloudwatch-logs
    sources:
      api: { logs: /aws/lambda/api, filter: '?ERROR ?WARN' }
applications:
  calls:
    stream: audit
    sql: calls.sql
    schema: { "name": { type: VARCHAR(64), path: $.eventName } }
    outputs:
      CALLS: { table: results }
`;

const SQL = `CREATE STREAM "CALLS" ("name" VARCHAR(64), "calls" BIGINT);
CREATE PUMP "P" AS INSERT INTO "CALLS"
SELECT STREAM s."name", COUNT(*) FROM SOURCE_SQL_STREAM_001 AS s
GROUP BY s."name", STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
`;

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-sources-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('sources in the packaged template', () => {
  let template: Record<string, Resource> = {};
  const properties = (id: string) => template[id]?.Properties;
  const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

  beforeAll(async () => {
    writeFileSync(join(folder, 'streams.yml'), STREAMS);
    writeFileSync(join(folder, 'calls.sql'), SQL);
    const env = { SLUICE_STREAMS: join(folder, 'streams.yml') };
    const { code, output } = await serverless(['package', '--package', folder], env);
    expect(code, output).toBe(0);
    const file = join(folder, 'cloudformation-template-update-stack.json');
    template = JSON.parse(readFileSync(file, 'utf8')).Resources;
  });

  it('CloudTrail comes by way of an EventBridge rule, and waits in a queue if it cannot', () => {
    expect(properties('RuleAuditDashcalls')).toEqual({
      Name: 'sluice-dev-audit-calls',
      Description: 'CloudTrail events into a stream.',
      State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      EventPattern: {
        'detail-type': [
          'AWS API Call via CloudTrail',
          'AWS Console Sign In via CloudTrail',
          'AWS Service Event via CloudTrail',
        ],
      },
      Targets: [
        {
          Id: 'stream',
          Arn: arn('StreamAudit'),
          RoleArn: arn('SourceRoleAuditDashcalls'),
          KinesisParameters: { PartitionKeyPath: '$.detail.eventID' },
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
          DeadLetterConfig: { Arn: arn('UndeliveredAuditDashcalls') },
        },
      ],
    });
    expect(properties('UndeliveredAuditDashcalls')).toMatchObject({ SqsManagedSseEnabled: true });
    expect(properties('UndeliveredPolicyAuditDashcalls')).toMatchObject({
      PolicyDocument: {
        Statement: [
          {
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: arn('UndeliveredAuditDashcalls'),
            Condition: { ArnEquals: { 'aws:SourceArn': arn('RuleAuditDashcalls') } },
          },
        ],
      },
    });
  });

  it('IoT messages come by a topic rule with a template for the key', () => {
    expect(properties('RuleReadingsDashsensors')).toEqual({
      RuleName: 'sluice_dev_readings_sensors',
      TopicRulePayload: {
        Description: 'MQTT messages into a stream.',
        Sql: "SELECT * FROM 'sensors/+/readings'",
        AwsIotSqlVersion: '2016-03-23',
        RuleDisabled: false,
        Actions: [
          {
            Kinesis: {
              StreamName: 'devices',
              PartitionKey: `\${topic(2)}`,
              RoleArn: arn('SourceRoleReadingsDashsensors'),
            },
          },
        ],
        ErrorAction: {
          S3: {
            BucketName: { Ref: 'Faults' },
            Key: `undelivered/readings-sensors/\${timestamp()}-\${newuuid()}.json`,
            RoleArn: arn('SourceRoleReadingsDashsensors'),
          },
        },
      },
    });
    expect(properties('RuleReadingsDashany')).toMatchObject({
      TopicRulePayload: {
        Sql: "SELECT * FROM 'meters/#'",
        Actions: [{ Kinesis: { PartitionKey: `\${newuuid()}` } }],
      },
    });
  });

  it('log events come by a subscription', () => {
    expect(properties('SubscriptionLinesDashapi')).toEqual({
      FilterName: 'sluice-dev-lines-api',
      LogGroupName: '/aws/lambda/api',
      FilterPattern: '?ERROR ?WARN',
      DestinationArn: arn('StreamLines'),
      RoleArn: arn('SourceRoleLinesDashapi'),
      Distribution: 'Random',
    });
  });

  it("changes of a table come by the table's own property", () => {
    expect(properties('TableResults')?.KinesisStreamSpecification).toEqual({
      StreamArn: arn('StreamChanges'),
      ApproximateCreationDateTimePrecision: 'MICROSECOND',
    });
    expect(properties('TableState')?.KinesisStreamSpecification).toBeUndefined();
  });

  it('each has a role that one service of this account takes, and that puts into one stream', () => {
    const devices = 'arn:aws:kinesis:eu-west-1:123456789012:stream/devices';
    const roles = [
      ['SourceRoleAuditDashcalls', 'events', arn('StreamAudit')],
      ['SourceRoleReadingsDashsensors', 'iot', devices],
      ['SourceRoleReadingsDashany', 'iot', devices],
      ['SourceRoleLinesDashapi', 'logs', arn('StreamLines')],
    ] as const;
    for (const [id, service, stream] of roles) {
      const role = properties(id) as unknown as {
        AssumeRolePolicyDocument: { Statement: [{ Principal: unknown; Condition: unknown }] };
        Policies: [{ PolicyDocument: { Statement: { Action: string[]; Resource: unknown[] }[] } }];
      };
      const [trust] = role.AssumeRolePolicyDocument.Statement;
      expect(trust.Principal).toEqual({ Service: `${service}.amazonaws.com` });
      expect(trust.Condition).toEqual(
        service === 'logs'
          ? {
              StringLike: {
                'aws:SourceArn': { 'Fn::Sub': expect.stringContaining('/aws/lambda/api:*') },
              },
            }
          : { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      );
      const [put, ...rest] = role.Policies[0].PolicyDocument.Statement;
      expect(put).toMatchObject({
        Action: ['kinesis:PutRecord', 'kinesis:PutRecords'],
        Resource: [stream],
      });
      expect(rest.map(({ Action }) => Action)).toEqual(service === 'iot' ? [['s3:PutObject']] : []);
    }
  });
});

describe('sources that cannot be', () => {
  it.each([
    ['of another format', '{ cloudtrail: all }', '{ logs: /x }', 'CONFLICT'],
    ['two in one', '{ cloudtrail: all }', '{ cloudtrail: all, iot: a/b }', 'CONFLICT'],
    ['none in one', '{ cloudtrail: all }', '{ filter: x }', 'MISSING_KEY'],
    ['a key without iot', '{ cloudtrail: all }', '{ cloudtrail: all, key: a }', 'CONFLICT'],
    ['a filter without logs', '"meters/#" }', '"meters/#", filter: x }', 'CONFLICT'],
    ['another selection of calls', 'cloudtrail: all', 'cloudtrail: reads', 'WRONG_VALUE'],
    ['a topic that is no filter', '"meters/#"', '"meters/#/x"', 'WRONG_VALUE'],
    ['a topic that ends the SQL', '"meters/#"', '"a\' b"', 'WRONG_VALUE'],
    ['a table of somebody else', 'dynamodb: results', 'dynamodb: orders', 'UNKNOWN_TABLE'],
    ['changes that bring changes', 'stream: audit', 'stream: changes', 'CONFLICT'],
  ])('%s', (_, piece, instead, code) => {
    expect(STREAMS).toContain(piece);
    const { diagnostics, config } = parseStreams(STREAMS.replace(piece, instead));
    expect(config).toBeNull();
    expect(diagnostics.map((one) => one.code)).toContain(code);
  });

  it('one table with two streams', () => {
    const twice = STREAMS.replace(
      '      totals:',
      '      more: { dynamodb: results }\n      totals:',
    );
    expect(parseStreams(twice).diagnostics.map((one) => one.code)).toEqual(['CONFLICT']);
  });
});
