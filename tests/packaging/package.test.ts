import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadApplications } from '../../infra/applications.ts';
import { toTemplate } from '../../infra/cloudformation.ts';
import { describeService } from '../../infra/service.ts';
import { parseStreams } from '../../shared/config/streams.ts';
import { ROOT, run, serverless } from './serverless.ts';
import { unzip } from './zip.ts';

interface Resource<P = Record<string, unknown>> {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Properties: P;
}

type Pointer = { readonly Ref: string } | { readonly 'Fn::GetAtt': readonly [string, string] };

interface Statement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly Pointer[];
  readonly Condition?: unknown;
}

interface Lambda {
  readonly FunctionName: string;
  readonly Role: Pointer;
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
}

interface Role {
  readonly ManagedPolicyArns?: readonly string[];
  readonly AssumeRolePolicyDocument: { readonly Statement: readonly unknown[] };
  readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: Statement[] } }[];
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-packaging-'));
const templates: Record<string, Readonly<Record<string, Resource>>> = {};
const outputs: Record<string, Readonly<Record<string, { readonly Value: unknown }>>> = {};
const { config } = parseStreams(readFileSync(join(ROOT, 'streams.yml'), 'utf8'));
const applications = Object.values(config?.applications ?? {});
const scaled = Object.values(config?.streams ?? {}).filter(({ scaling }) => scaling !== null);
/** Each of them has a transform function and a role for Firehose besides. */
const deliveries = Object.values(config?.deliveries ?? {});
/** Each of them has a function; all share one API. */
const ingested = Object.values(config?.streams ?? {}).filter(({ ingest }) => ingest !== null);
/** Each application has one that redrives its faults besides. */
const functions = 2 * applications.length + scaled.length + deliveries.length + ingested.length;
/** Those of scalers have a test of their own. */
const alarms =
  4 * applications.length + 7 * scaled.length + 2 * deliveries.length + ingested.length;

beforeAll(async () => {
  for (const stage of ['dev', 'prod']) {
    const target = join(folder, stage);
    const { code, output } = await serverless(['package', '--stage', stage, '--package', target]);
    expect(code, output).toBe(0);
    const file = join(target, 'cloudformation-template-update-stack.json');
    const template = JSON.parse(readFileSync(file, 'utf8'));
    templates[stage] = template.Resources;
    outputs[stage] = template.Outputs;
  }
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('state: window', () => {
  it('gives the mapping its window, and everything that a changed window replaces another name', async () => {
    const streams = join(folder, 'streams.yml');
    const text = readFileSync(join(ROOT, 'streams.yml'), 'utf8')
      .replaceAll(/sql: (?=\w+\/)/g, `sql: ${ROOT}`)
      .replace('    lateness: 1h', '    state: { window: 5m }\n    lateness: 1h');
    writeFileSync(streams, text);
    const target = join(folder, 'windowed');
    const { code, output } = await serverless(['package', '--stage', 'dev', '--package', target], {
      SLUICE_STREAMS: streams,
    });
    expect(code, output).toBe(0);
    const file = join(target, 'cloudformation-template-update-stack.json');
    const { Resources } = JSON.parse(readFileSync(file, 'utf8'));
    const windowed = Resources.MappingAggregateDashaccountDashactivityWindow300;
    expect(windowed.Properties).toMatchObject({
      TumblingWindowInSeconds: 300,
      ParallelizationFactor: 1,
      BisectBatchOnFunctionError: false,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
      StartingPosition: 'TRIM_HORIZON',
    });
    expect(Resources.AggregateDashaccountDashactivityLambdaFunction.Properties).toMatchObject({
      FunctionName: 'sluice-dev-window300-account-activity',
      Timeout: 900,
    });
    expect(Resources.MappingAggregateDashwebDashanalytics.Properties).toMatchObject({
      TumblingWindowInSeconds: 0,
      BisectBatchOnFunctionError: true,
    });
  });
});

function ofType<P>(stage: string, type: string): Resource<P>[] {
  const all = Object.values(templates[stage] ?? {});
  return all.filter((resource) => resource.Type === type) as Resource<P>[];
}

function lambdaOf(stage: string, application: string, kind = 'aggregate'): Lambda {
  const name = `sluice-${stage}-${kind}-${application}`;
  const found = ofType<Lambda>(stage, 'AWS::Lambda::Function').find(
    ({ Properties }) => Properties.FunctionName === name,
  );
  if (!found) throw new Error(`no function ${name}`);
  return found.Properties;
}

/** The properties of the resource that a { Ref } or { Fn::GetAtt } points to. */
function target<P = Record<string, unknown>>(stage: string, to: Pointer): P {
  const found = templates[stage]?.['Ref' in to ? to.Ref : to['Fn::GetAtt'][0]];
  if (!found) throw new Error(`nothing at ${JSON.stringify(to)}`);
  return found.Properties as P;
}

describe.each(['dev', 'prod'])('stage %s', (stage) => {
  it('has one function for each application, on Node 24 and arm64', () => {
    expect(ofType(stage, 'AWS::Lambda::Function')).toHaveLength(functions);
    for (const { name, stream } of applications) {
      const lambda = lambdaOf(stage, name);
      expect(lambda).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: `dist/aggregate-${name}/handler.handler`,
        MemorySize: 1024,
        Timeout: 60,
      });
      expect(lambda.Environment.Variables).toEqual({
        SLUICE_TABLE_PREFIX: `sluice-${stage}-`,
        SLUICE_STATE_TABLE: `sluice-${stage}-state`,
        SLUICE_FAULTS: { 'Fn::Sub': `s3://\${Faults}` },
        SLUICE_STREAM: `sluice-${stage}-${stream}`,
        SLUICE_STAGE: stage,
        // The first application of a stream that is scaled.
        ...(name === 'account-activity' && { SLUICE_HEAT: 'keep' }),
      });
    }
  });

  it('maps each stream to its function with every value given', () => {
    const mappings = ofType<{ EventSourceArn: Pointer; FunctionName: Pointer }>(
      stage,
      'AWS::Lambda::EventSourceMapping',
    ).map(({ Properties }) => ({
      ...Properties,
      EventSourceArn: target(stage, Properties.EventSourceArn).Name,
      FunctionName: target(stage, Properties.FunctionName).FunctionName,
    }));
    const expected = applications.map(({ name, stream, batch }) => ({
      EventSourceArn: `sluice-${stage}-${stream}`,
      FunctionName: `sluice-${stage}-aggregate-${name}`,
      Enabled: true,
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: batch.size,
      MaximumBatchingWindowInSeconds: batch.windowMs / 1000,
      ParallelizationFactor: 1,
      TumblingWindowInSeconds: 0,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }));
    expect(mappings).toEqual(expected);
    expect(mappings[0]).toMatchObject({ BatchSize: 2000, MaximumBatchingWindowInSeconds: 10 });
  });

  it('gives each function a role that reaches its own things only', () => {
    expect(ofType(stage, 'AWS::IAM::Role')).toHaveLength(functions + deliveries.length);
    for (const { name, stream, outputs } of applications) {
      const role = target<Role>(stage, lambdaOf(stage, name).Role);
      expect(role.ManagedPolicyArns).toBeUndefined();
      expect(role.AssumeRolePolicyDocument.Statement).toEqual([
        {
          Effect: 'Allow',
          Principal: { Service: 'lambda.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      ]);
      expect(role.Policies).toHaveLength(1);
      const statements = role.Policies[0]?.PolicyDocument.Statement ?? [];
      expect(statements.map(({ Action }) => [...Action].sort())).toEqual([
        [
          'kinesis:DescribeStream',
          'kinesis:DescribeStreamSummary',
          'kinesis:GetRecords',
          'kinesis:GetShardIterator',
          'kinesis:ListShards',
        ],
        ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
        ['s3:PutObject'],
        ['logs:CreateLogStream', 'logs:PutLogEvents'],
      ]);
      const [kinesis = [], tables = [], s3, logs = []] = statements.map(({ Resource }) => Resource);
      expect(kinesis.map((arn) => target(stage, arn).Name)).toEqual([`sluice-${stage}-${stream}`]);
      const wanted = new Set(['state', ...Object.values(outputs).map(({ table }) => table)]);
      const reached = tables.map((arn) => target(stage, arn).TableName).sort();
      expect(reached).toEqual([...wanted].map((table) => `sluice-${stage}-${table}`).sort());
      expect(s3).toEqual([{ 'Fn::Sub': `\${Faults.Arn}/faults/${name}/*` }]);
      expect(logs.map((arn) => target(stage, arn).LogGroupName)).toEqual([
        `/aws/lambda/sluice-${stage}-aggregate-${name}`,
      ]);
    }
  });

  it('has one function for each application that redrives its own faults', () => {
    for (const { name, stream, outputs } of applications) {
      const lambda = lambdaOf(stage, name, 'redrive');
      expect(lambda).toMatchObject({
        Handler: `dist/redrive-${name}/handler.handler`,
        MemorySize: 1024,
        Timeout: 120,
      });
      const { SLUICE_HEAT: _, ...environment } = lambdaOf(stage, name).Environment.Variables;
      expect(lambda.Environment.Variables).toEqual(environment);
      const statements = target<Role>(stage, lambda.Role).Policies[0]!.PolicyDocument.Statement;
      const [shards, tables, keys, open, redriven, logs] = statements;
      const reads = ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'];
      expect(shards!.Action).toEqual(reads);
      const streams = shards!.Resource.map((arn) => target(stage, arn).Name);
      expect(streams).toEqual([`sluice-${stage}-${stream}`]);
      expect(tables!.Action).toEqual([
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
      ]);
      const wanted = new Set(['state', ...Object.values(outputs).map(({ table }) => table)]);
      const reached = tables!.Resource.map((arn) => target(stage, arn).TableName).sort();
      expect(reached).toEqual([...wanted].map((table) => `sluice-${stage}-${table}`).sort());
      expect([keys, open, redriven]).toEqual([
        {
          Effect: 'Allow',
          Action: ['s3:ListBucket'],
          Resource: [{ 'Fn::GetAtt': ['Faults', 'Arn'] }],
          Condition: { StringLike: { 's3:prefix': [`faults/${name}/*`] } },
        },
        {
          Effect: 'Allow',
          Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
          Resource: [{ 'Fn::Sub': `\${Faults.Arn}/faults/${name}/*` }],
        },
        {
          Effect: 'Allow',
          Action: ['s3:PutObject'],
          Resource: [{ 'Fn::Sub': `\${Faults.Arn}/redriven/${name}/*` }],
        },
      ]);
      expect(logs!.Resource.map((arn) => target(stage, arn).LogGroupName)).toEqual([
        `/aws/lambda/sluice-${stage}-redrive-${name}`,
      ]);
    }
  });

  it('allows nothing on every resource, in no role, but a call that IAM binds to none', () => {
    for (const { Properties } of ofType<Role>(stage, 'AWS::IAM::Role')) {
      const statements = Properties.Policies.flatMap(
        ({ PolicyDocument }) => PolicyDocument.Statement,
      );
      for (const { Effect, Action, Resource } of statements) {
        expect(Effect).toBe('Allow');
        if (!Action.includes('cloudwatch:GetMetricData')) expect(Resource).not.toContain('*');
        else expect({ Action, Resource }).toEqual({ Action: [Action[0]], Resource: ['*'] });
        for (const action of Action) expect(action).not.toContain('*');
      }
    }
  });

  it('keeps its faults always, its other data only in production', () => {
    const production = stage === 'prod';
    const kept = production ? 'Retain' : 'Delete';
    for (const type of ['AWS::Kinesis::Stream', 'AWS::DynamoDB::Table']) {
      expect(ofType(stage, type).length).toBeGreaterThan(0);
      for (const resource of ofType(stage, type)) {
        expect(resource).toMatchObject({ DeletionPolicy: kept, UpdateReplacePolicy: kept });
      }
    }
    expect(templates[stage]?.Faults).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
    for (const { Properties } of ofType<Record<string, unknown>>(stage, 'AWS::DynamoDB::Table')) {
      expect(Properties.DeletionProtectionEnabled).toBe(production);
      expect(Properties.PointInTimeRecoverySpecification).toEqual({
        PointInTimeRecoveryEnabled: production,
      });
    }
    const logs = ofType<Record<string, unknown>>(stage, 'AWS::Logs::LogGroup');
    expect(logs).toHaveLength(functions + deliveries.length + Math.min(1, ingested.length));
    for (const { Properties } of logs) {
      expect(Properties.RetentionInDays).toBe(production ? 365 : 14);
    }
  });

  it('creates encrypted streams as streams.yml says', () => {
    const streams = ofType<Record<string, unknown>>(stage, 'AWS::Kinesis::Stream').map(
      ({ Properties }) => Properties,
    );
    expect(streams).toEqual(
      Object.values(config?.streams ?? {}).map(({ name, shards, retentionMs }) => ({
        Name: `sluice-${stage}-${name}`,
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
        ShardCount: shards,
        RetentionPeriodHours: retentionMs / 3_600_000,
        StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
      })),
    );
  });

  it('creates each table once, on demand, with its keys and TTL', () => {
    const tables = ofType<Record<string, unknown>>(stage, 'AWS::DynamoDB::Table').map(
      ({ Properties }) => Properties,
    );
    const outputs = applications.flatMap(({ outputs }) => Object.values(outputs));
    const names = new Set(['state', ...outputs.map(({ table }) => table)]);
    expect(tables.map((table) => table.TableName)).toEqual(
      [...names].map((name) => `sluice-${stage}-${name}`),
    );
    for (const table of tables) {
      expect(table).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
        SSESpecification: { SSEEnabled: true },
      });
    }
  });

  it('shuts the fault bucket to the public and to plain HTTP', () => {
    expect(templates[stage]?.Faults?.Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
        ],
      },
      LifecycleConfiguration: {
        Rules: [{ Status: 'Enabled', ExpirationInDays: stage === 'prod' ? 365 : 30 }],
      },
    });
    const policy = ofType<{ Bucket: { Ref: string }; PolicyDocument: { Statement: unknown[] } }>(
      stage,
      'AWS::S3::BucketPolicy',
    ).find(({ Properties }) => Properties.Bucket.Ref === 'Faults');
    expect(policy?.Properties.PolicyDocument.Statement).toMatchObject([
      { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    ]);
  });

  it('raises an alarm where a function falls behind, fails or sets records aside', () => {
    const raised = ofType<{ MetricName: string; AlarmName: string }>(
      stage,
      'AWS::CloudWatch::Alarm',
    ).map(({ Properties }) => Properties);
    expect(raised).toHaveLength(alarms);
    const expected = {
      Period: 300,
      TreatMissingData: 'notBreaching',
      AlarmDescription: expect.any(String),
    };
    const one = {
      ...expected,
      Statistic: 'Sum',
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    };
    for (const { name } of applications) {
      const lambda = `sluice-${stage}-aggregate-${name}`;
      const own = raised.filter(({ AlarmName }) => AlarmName.startsWith(`${lambda}-`));
      const [logical] = Object.entries(templates[stage] ?? {}).find(
        ([, { Properties }]) => Properties?.FunctionName === lambda,
      )!;
      const Dimensions = [{ Name: 'FunctionName', Value: { Ref: logical } }];
      expect(own).toEqual([
        {
          ...expected,
          AlarmName: `${lambda}-behind`,
          Namespace: 'AWS/Lambda',
          MetricName: 'IteratorAge',
          Dimensions,
          Statistic: 'Maximum',
          EvaluationPeriods: 3,
          Threshold: 600_000,
          ComparisonOperator: 'GreaterThanThreshold',
        },
        {
          ...one,
          AlarmName: `${lambda}-errors`,
          Namespace: 'AWS/Lambda',
          MetricName: 'Errors',
          Dimensions,
        },
        {
          ...one,
          AlarmName: `${lambda}-faults`,
          Namespace: 'Sluice',
          MetricName: 'Faults',
          // Of this stage only: the other one has alarms of its own.
          Dimensions: [
            { Name: 'Stage', Value: stage },
            { Name: 'Application', Value: name },
          ],
        },
      ]);
    }
  });

  it('raises alarms on metrics of its own stage only', () => {
    const alarms = ofType(stage, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
    // A metric's dimensions, wherever it stands in an alarm: in one of maths too.
    const own = [
      ...JSON.stringify(alarms).matchAll(/"Namespace":"Sluice","Dimensions":(\[.*?\])/g),
    ];
    expect(own.length).toBeGreaterThan(applications.length);
    for (const [, dimensions] of own) {
      expect(JSON.parse(dimensions!)).toEqual([
        { Name: 'Stage', Value: stage },
        {
          Name: expect.stringMatching(/^(Application|Delivery|Stream)$/),
          Value: expect.any(String),
        },
      ]);
    }
  });

  it('gives out its buckets, the tables, the streams and the API', () => {
    const values = Object.values(outputs[stage] ?? {}).map(({ Value }) => Value);
    expect(outputs[stage]?.FaultsBucketName?.Value).toEqual({ Ref: 'Faults' });
    for (const [logical, { Type }] of Object.entries(templates[stage] ?? {})) {
      if (Type === 'AWS::S3::Bucket') expect(values).toContainEqual({ Ref: logical });
      if (Type === 'AWS::DynamoDB::Table') expect(values).toContainEqual({ Ref: logical });
      if (Type !== 'AWS::Kinesis::Stream') continue;
      expect(values).toContainEqual({ 'Fn::GetAtt': [logical, 'Arn'] });
    }
    expect(Object.keys(outputs[stage] ?? {})).toEqual(
      expect.arrayContaining(['TableStateName', 'StreamCloudtrailArn', 'HttpApiUrl']),
    );
  });
});

it('tells every alarm to the topic of the stage', () => {
  const loaded = loadApplications(join(ROOT, 'streams.yml'));
  const { transformers } = loaded;
  const service = describeService(
    loaded.applications,
    loaded.config!,
    'dev',
    undefined,
    transformers,
  );
  const topic = 'arn:aws:sns:eu-west-1:123456789012:alarms';
  const names = { lambda: (name: string) => name, logGroup: (name: string) => name };
  const told = Object.values(toTemplate(service, names, topic).resources).filter(
    ({ Type }) => Type === 'AWS::CloudWatch::Alarm',
  );
  expect(told).toHaveLength(alarms);
  for (const { Properties } of told) {
    if (/-(hot|cold|throttled)$/.test(String(Properties.AlarmName))) continue;
    expect(Properties).toMatchObject({ AlarmActions: [topic], OKActions: [topic] });
  }
});

describe('the artifact', () => {
  it.each(applications.map(({ name }) => name))(
    'of %s holds its own files only, and few bytes',
    (name) => {
      const zip = join(folder, 'dev', `aggregate-${name}.zip`);
      const size = statSync(zip).size;
      const names = unzip(zip, join(folder, `files-${name}`));
      expect(names.every((file) => file.startsWith(`dist/aggregate-${name}/`))).toBe(true);
      const own = names.map((file) => file.replace(`dist/aggregate-${name}/`, ''));
      expect(own).toEqual(
        expect.arrayContaining(['handler.js', 'application.json', 'package.json']),
      );
      expect(own.filter((file) => !/^[\w-]+\.js$/.test(file)).sort()).toEqual([
        'application.json',
        'package.json',
      ]);
      console.log(`aggregate-${name}.zip: ${(size / 1000).toFixed(0)} kB`);
      expect(size).toBeLessThan(400_000);
    },
  );

  it('runs on plain Node in an empty folder', async () => {
    const application = applications[0]?.name ?? '';
    const empty = join(folder, 'empty');
    unzip(join(folder, 'dev', `aggregate-${application}.zip`), empty);
    const times: number[] = [];
    for (let i = 0; i < 7; i++) {
      const { code, output } = await run(['--input-type=module', '--eval', LOAD], empty, {
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'nobody',
        AWS_SECRET_ACCESS_KEY: 'nothing',
        NODE_OPTIONS: '',
        HANDLER: `./dist/aggregate-${application}/handler.js`,
        SLUICE_TABLE_PREFIX: 'sluice-dev-',
        SLUICE_STATE_TABLE: 'sluice-dev-state',
        SLUICE_FAULTS: 's3://faults',
        SLUICE_STREAM: 'sluice-dev-x',
      });
      expect(code, output).toBe(0);
      const answer = JSON.parse(output.trim().split('\n').at(-1) ?? '');
      expect(answer.type).toBe('function');
      times.push(answer.ms);
    }
    const median = times.sort((a, b) => a - b)[3] ?? Number.NaN;
    console.log(`import of the handler: ${median.toFixed(1)} ms (median of ${times.length})`);
  });
});

const LOAD = `
  import { pathToFileURL } from 'node:url';
  const url = pathToFileURL(process.env.HANDLER).href;
  const start = performance.now();
  const { handler } = await import(url);
  const ms = performance.now() - start;
  console.log(JSON.stringify({ ms, type: typeof handler }));
`;
