import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadApplications } from '../../infra/applications.ts';
import { role } from '../../infra/roles.ts';
import { describeService } from '../../infra/service.ts';
import {
  DEFAULT_LIMITS,
  hotAbove,
  LEAST_SHRINK,
  SHRINK_WINDOW_MS,
  shrinkBelow,
} from '../../shared/scaling/policy.ts';
import { ROOT, run, serverless } from './serverless.ts';
import { unzip } from './zip.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:mine';
const THEIRS = 'arn:aws:kinesis:eu-west-1:123456789012:stream/events';
const STREAMS = `streams:
  orders:
    shards: 2
    format: json
    scaling: { min: 2, max: 8, target: 0.7 }
  theirs:
    arn: ${THEIRS}
    format: json
    scaling: { mode: dry-run, topic: "${TOPIC}" }
  still: { shards: 1, format: json, scaling: { mode: off } }
applications:
  counts:
    stream: orders
    sql: counts.sql
    schema: { "name": VARCHAR(64) }
    outputs:
      COUNTS: { table: results }
`;

const SQL = `CREATE STREAM "COUNTS" ("name" VARCHAR(64), "orders" BIGINT);
CREATE PUMP "P" AS INSERT INTO "COUNTS"
SELECT STREAM s."name", COUNT(*) FROM SOURCE_SQL_STREAM_001 AS s
GROUP BY s."name", STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
`;

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

const rounded = (value: number) => Math.round(value * 1_000) / 1_000;

const folder = mkdtempSync(join(tmpdir(), 'sluice-scaling-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('scalers in the packaged template', () => {
  let template: Record<string, Resource> = {};
  const properties = (id: string) => template[id]?.Properties;
  const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
  const lambda = (stream: string) => arn(`ScaleDash${stream}LambdaFunction`);
  const ofType = (type: string) => Object.values(template).filter(({ Type }) => Type === type);

  beforeAll(async () => {
    writeFileSync(join(folder, 'streams.yml'), STREAMS);
    writeFileSync(join(folder, 'counts.sql'), SQL);
    const env = { SLUICE_STREAMS: join(folder, 'streams.yml') };
    const { code, output } = await serverless(['package', '--package', folder], env);
    expect(code, output).toBe(0);
    const file = join(folder, 'cloudformation-template-update-stack.json');
    template = JSON.parse(readFileSync(file, 'utf8')).Resources;
  });

  it('there is one function for each stream that is scaled', () => {
    const functions = ofType('AWS::Lambda::Function').map(({ Properties }) => Properties);
    expect(functions.map(({ FunctionName }) => FunctionName)).toEqual([
      'sluice-dev-aggregate-counts',
      'sluice-dev-redrive-counts',
      'sluice-dev-scale-orders',
      'sluice-dev-scale-theirs',
    ]);
    expect(functions[2]).toMatchObject({
      Handler: 'dist/scale-orders/handler.handler',
      MemorySize: 512,
      Timeout: 30,
      Environment: {
        Variables: {
          SLUICE_STREAM: 'sluice-dev-orders',
          SLUICE_STATE_TABLE: 'sluice-dev-state',
          SLUICE_STAGE: 'dev',
        },
      },
    });
    expect(functions[3]).toMatchObject({
      Environment: { Variables: { SLUICE_STREAM: 'events' } },
    });
  });

  it('each may touch its own stream, its own items, and read metrics', () => {
    const statements = (id: string) => {
      const { Policies } = properties(id) as {
        Policies: [{ PolicyDocument: { Statement: unknown[] } }];
      };
      return Policies[0].PolicyDocument.Statement;
    };
    const items = (pk: string) => ({
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [pk] },
    });
    const expected = (stream: unknown, name: string, logs: string) => [
      {
        Effect: 'Allow',
        Action: [
          'kinesis:DescribeStreamSummary',
          'kinesis:ListShards',
          'kinesis:MergeShards',
          'kinesis:SplitShard',
          'kinesis:UpdateShardCount',
        ],
        Resource: [stream],
      },
      {
        Effect: 'Allow',
        Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
        Resource: [arn('TableState')],
        Condition: items(`scaling#${name}`),
      },
      {
        Effect: 'Allow',
        Action: ['dynamodb:Query'],
        Resource: [arn('TableState')],
        Condition: items(`heat#${name}`),
      },
      { Effect: 'Allow', Action: ['cloudwatch:GetMetricData'], Resource: ['*'] },
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: [arn(logs)],
      },
    ];
    expect(statements('RoleScaleDashorders')).toEqual(
      expected(arn('StreamOrders'), 'sluice-dev-orders', 'ScaleDashordersLogGroup'),
    );
    expect(statements('RoleScaleDashtheirs')).toEqual(
      expected(THEIRS, 'events', 'ScaleDashtheirsLogGroup'),
    );
  });

  it('is woken every minute, and not again where that fails', () => {
    expect(properties('ScalingScheduleOrders')).toEqual({
      Name: 'sluice-dev-scale-orders',
      Description: 'Wakes the scaler of stream orders.',
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Targets: [
        {
          Id: 'scaler',
          Arn: lambda('orders'),
          RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
        },
      ],
    });
    expect(properties('ScalingInvokesOrders')).toEqual({
      FunctionName: { Ref: 'ScaleDashordersLambdaFunction' },
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });

  it('may be invoked by its schedule, its alarms and its topic, and by nothing else', () => {
    const permission = (stream: string, Principal: string, SourceArn: unknown) => ({
      FunctionName: lambda(stream),
      Action: 'lambda:InvokeFunction',
      Principal,
      SourceArn,
    });
    const SourceAccount = { Ref: 'AWS::AccountId' };
    const alarms = (name: string) => ({
      'Fn::Sub': `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:${name}-*`,
    });
    const found = ofType('AWS::Lambda::Permission').map(({ Properties }) => Properties);
    const cloudwatch = 'lambda.alarms.cloudwatch.amazonaws.com';
    expect(found).toEqual([
      {
        ...permission('orders', 'events.amazonaws.com', arn('ScalingScheduleOrders')),
        SourceAccount,
      },
      { ...permission('orders', cloudwatch, alarms('sluice-dev-scale-orders')), SourceAccount },
      {
        ...permission('theirs', 'events.amazonaws.com', arn('ScalingScheduleTheirs')),
        SourceAccount,
      },
      { ...permission('theirs', cloudwatch, alarms('sluice-dev-scale-theirs')), SourceAccount },
      permission('theirs', 'sns.amazonaws.com', TOPIC),
    ]);
    expect(ofType('AWS::SNS::Subscription').map(({ Properties }) => Properties)).toEqual([
      { TopicArn: TOPIC, Protocol: 'lambda', Endpoint: lambda('theirs') },
    ]);
  });

  const ofScaler = (stream: string) => [
    { Name: 'Stage', Value: 'dev' },
    { Name: 'Stream', Value: stream },
  ];
  const metrics = (stream: string, Expression: string) => {
    const metric = (
      Id: string,
      Namespace: string,
      MetricName: string,
      Dimensions: readonly unknown[],
      Stat: string,
    ) => ({
      Id,
      ReturnData: false,
      MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: 60, Stat },
    });
    const ofStream = [{ Name: 'StreamName', Value: stream }];
    return [
      metric('bytes', 'AWS/Kinesis', 'IncomingBytes', ofStream, 'Sum'),
      metric('records', 'AWS/Kinesis', 'IncomingRecords', ofStream, 'Sum'),
      metric('shards', 'Sluice', 'OpenShards', ofScaler(stream), 'Maximum'),
      { Id: 'utilisation', Label: 'utilisation', Expression, ReturnData: true },
    ];
  };
  const USE = 'MAX([FILL(bytes, 0) / (1048576 * 60), FILL(records, 0) / (1000 * 60)]) / shards';
  const about = { AlarmDescription: expect.stringContaining('tream orders') };

  it('alarms wake it on utilisation and throttles, with no number of shards in them', () => {
    expect(properties('ScalingHotOrders')).toEqual({
      ...about,
      AlarmName: 'sluice-dev-scale-orders-hot',
      Metrics: metrics('sluice-dev-orders', USE),
      EvaluationPeriods: 1,
      Threshold: rounded(hotAbove(0.7)),
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [lambda('orders')],
    });
    expect(properties('ScalingColdOrders')).toEqual({
      ...about,
      AlarmName: 'sluice-dev-scale-orders-cold',
      Metrics: metrics('sluice-dev-orders', `IF(shards > 2, ${USE}, 1)`),
      EvaluationPeriods: SHRINK_WINDOW_MS / 60_000,
      Threshold: rounded(shrinkBelow(0.7) * LEAST_SHRINK),
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [lambda('orders')],
    });
    expect(properties('ScalingThrottledOrders')).toEqual({
      ...about,
      AlarmName: 'sluice-dev-scale-orders-throttled',
      Namespace: 'AWS/Kinesis',
      MetricName: 'WriteProvisionedThroughputExceeded',
      Dimensions: [{ Name: 'StreamName', Value: 'sluice-dev-orders' }],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [lambda('orders')],
    });
    expect(properties('ScalingHotTheirs')).toMatchObject({
      Metrics: metrics('events', USE),
      Threshold: rounded(hotAbove(DEFAULT_LIMITS.target)),
    });
  });

  it('alarms tell people when consumers are behind and when the scaler fails or is silent', () => {
    expect(properties('ScalingBehindOrders')).toEqual({
      ...about,
      AlarmName: 'sluice-dev-scale-orders-behind',
      Namespace: 'AWS/Kinesis',
      MetricName: 'GetRecords.IteratorAgeMilliseconds',
      Dimensions: [{ Name: 'StreamName', Value: 'sluice-dev-orders' }],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 5,
      Threshold: 600_000,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    const failing = {
      ...about,
      Namespace: 'Sluice',
      Dimensions: ofScaler('sluice-dev-orders'),
      Period: 300,
      EvaluationPeriods: 3,
    };
    expect(properties('ScalingFailingOrders')).toEqual({
      ...failing,
      AlarmName: 'sluice-dev-scale-orders-failing',
      MetricName: 'Failures',
      Statistic: 'Sum',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(properties('ScalingSilentOrders')).toEqual({
      ...failing,
      AlarmName: 'sluice-dev-scale-orders-silent',
      MetricName: 'OpenShards',
      Statistic: 'SampleCount',
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
    expect(properties('ErrorsScaleDashorders')).toMatchObject({
      AlarmName: 'sluice-dev-scale-orders-errors',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'ScaleDashordersLambdaFunction' } }],
    });
  });

  it('the artifact holds the limits and loads on plain Node', async () => {
    const files = join(folder, 'files');
    unzip(join(folder, 'scale-theirs.zip'), files);
    const scaling = join(files, 'dist/scale-theirs/scaling.json');
    expect(JSON.parse(readFileSync(scaling, 'utf8'))).toEqual({
      limits: DEFAULT_LIMITS,
      mode: 'dry-run',
      topic: TOPIC,
    });
    const load =
      "import('./dist/scale-theirs/handler.js').then(({ handler }) => handler({}, {" +
      ' getRemainingTimeInMillis: () => 1 })).then((answer) => console.log(JSON.stringify(answer)))';
    const { code, output } = await run(['--eval', load], files, {
      AWS_REGION: 'eu-west-1',
      NODE_OPTIONS: '',
      SLUICE_STREAM: 'events',
      SLUICE_STATE_TABLE: 'sluice-dev-state',
    });
    expect(code, output).toBe(0);
    expect(JSON.parse(output.trim().split('\n').at(-1)!)).toEqual({
      outcome: 'ignored',
      why: 'neither an alarm nor a schedule',
    });
  });
});

it('no role is given a call on every resource that could be bound to one', () => {
  const { applications, config } = loadApplications(join(ROOT, 'streams.yml'));
  const fn = describeService(applications, config!, 'dev').functions[0]!;
  const grants = [{ actions: ['kinesis:PutRecords'], on: [{ resource: null }] }];
  const nothing = { stream: () => '', table: () => '', logs: '', faults: '' };
  expect(() => role({ ...fn, grants }, nothing)).toThrow('kinesis:PutRecords can be bound');
});
