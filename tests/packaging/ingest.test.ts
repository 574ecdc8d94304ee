import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseStreams } from '../../shared/config/streams.ts';
import { serverless } from './serverless.ts';
import { unzip } from './zip.ts';

const ISSUER = 'https://login.example.com/pool';
const JUDGE = 'arn:aws:lambda:eu-west-1:123456789012:function:judge';
const STREAMS = `http:
  cors: { origins: [https://app.example.com], cache: 10m }
streams:
  clicks:
    shards: 1
    format: json
    producer: kpl
    ingest: { key: $.user.id, limit: 256, throttle: { rate: 50, burst: 20 } }
  devices:
    arn: arn:aws:kinesis:eu-west-1:123456789012:stream/devices
    format: ndjson
    ingest: { key: header:X-Device, auth: { jwt: { issuer: ${ISSUER}, audience: [web, app], scopes: [write] } } }
  hooks:
    shards: 1
    format: json
    ingest: { auth: { lambda: { arn: ${JUDGE}, header: X-Token, cache: 60s } } }
  open-lines:
    shards: 1
    format: apache
    ingest: { auth: none }
  quiet:
    shards: 1
    format: json
applications:
  clicks:
    stream: clicks
    sql: clicks.sql
    schema: { "page": VARCHAR(64) }
    outputs: { CLICKS: { table: results } }
`;

const SQL = `CREATE STREAM "CLICKS" ("page" VARCHAR(64), "clicks" BIGINT);
CREATE PUMP "P" AS INSERT INTO "CLICKS"
SELECT STREAM s."page", COUNT(*) FROM SOURCE_SQL_STREAM_001 AS s
GROUP BY s."page", STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
`;

interface Resource {
  readonly Type: string;
  readonly DependsOn?: readonly string[];
  readonly Properties: Record<string, unknown>;
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-ingest-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the HTTP API in the packaged template', () => {
  let template: Record<string, Resource> = {};
  let outputs: Record<string, { readonly Value: unknown }> = {};
  const properties = (id: string) => template[id]?.Properties;
  const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
  const ofType = (type: string) =>
    Object.keys(template).filter((id) => template[id]?.Type === type);

  beforeAll(async () => {
    writeFileSync(join(folder, 'streams.yml'), STREAMS);
    writeFileSync(join(folder, 'clicks.sql'), SQL);
    const env = { SLUICE_STREAMS: join(folder, 'streams.yml') };
    const { code, output } = await serverless(['package', '--package', folder], env);
    expect(code, output).toBe(0);
    const file = join(folder, 'cloudformation-template-update-stack.json');
    const whole = JSON.parse(readFileSync(file, 'utf8'));
    template = whole.Resources;
    outputs = whole.Outputs;
  });

  it('is one, with the cross-origin rules that were asked for', () => {
    expect(ofType('AWS::ApiGatewayV2::Api')).toEqual(['HttpApi']);
    expect(properties('HttpApi')).toEqual({
      Name: 'sluice-dev-http',
      ProtocolType: 'HTTP',
      Description: 'Takes records into streams.',
      CorsConfiguration: {
        AllowOrigins: ['https://app.example.com'],
        AllowMethods: ['POST'],
        AllowHeaders: expect.arrayContaining(['content-type', 'authorization', 'x-amz-date']),
        ExposeHeaders: ['retry-after'],
        MaxAge: 600,
      },
    });
    expect(outputs.HttpApiUrl?.Value).toEqual({ 'Fn::GetAtt': ['HttpApi', 'ApiEndpoint'] });
  });

  it('has a stage that throttles each route and logs no payload', () => {
    const stage = template.HttpStage!;
    expect(stage.Properties).toMatchObject({
      ApiId: { Ref: 'HttpApi' },
      StageName: '$default',
      AutoDeploy: true,
      RouteSettings: {
        'POST /clicks': { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 20 },
        'POST /devices': { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 500 },
        'POST /hooks': { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 500 },
        'POST /open-lines': { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 500 },
      },
    });
    expect([...stage.DependsOn!].sort()).toEqual(ofType('AWS::ApiGatewayV2::Route').sort());
    const log = stage.Properties.AccessLogSettings as { DestinationArn: unknown; Format: string };
    expect(log.DestinationArn).toEqual(arn('HttpLogs'));
    const logged = Object.values(JSON.parse(log.Format) as Record<string, string>);
    for (const value of logged) expect(value).toMatch(/^\$context\.[a-zA-Z.]+$/);
    expect(log.Format).not.toMatch(/identity|sourceIp|userAgent|authorizer\.claims|path\b/);
    expect(properties('HttpLogs')).toEqual({
      LogGroupName: '/aws/apigateway/sluice-dev-http',
      RetentionInDays: 14,
    });
  });

  it.each([
    ['clicks', 'Clicks', { AuthorizationType: 'AWS_IAM' }],
    [
      'devices',
      'Devices',
      {
        AuthorizationType: 'JWT',
        AuthorizerId: { Ref: 'AuthorizerDevices' },
        AuthorizationScopes: ['write'],
      },
    ],
    ['hooks', 'Hooks', { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'AuthorizerHooks' } }],
    ['open-lines', 'OpenDashlines', { AuthorizationType: 'NONE' }],
  ])('POST /%s', (stream, id, authorization) => {
    const lambda = Object.keys(template).find(
      (one) => properties(one)?.FunctionName === `sluice-dev-ingest-${stream}`,
    )!;
    expect(properties(`Route${id}`)).toEqual({
      ApiId: { Ref: 'HttpApi' },
      RouteKey: `POST /${stream}`,
      Target: { 'Fn::Sub': `integrations/\${Integration${id}}` },
      ...authorization,
    });
    expect(properties(`Integration${id}`)).toEqual({
      ApiId: { Ref: 'HttpApi' },
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: arn(lambda),
      PayloadFormatVersion: '2.0',
      TimeoutInMillis: 30_000,
    });
    expect(properties(`Permission${id}`)).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: arn(lambda),
      Principal: 'apigateway.amazonaws.com',
      SourceArn: {
        'Fn::Sub': `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${HttpApi}/$default/POST/${stream}`,
      },
    });
  });

  it('has no route for a stream without ingest', () => {
    expect(ofType('AWS::ApiGatewayV2::Route')).toHaveLength(4);
    expect(JSON.stringify(template)).not.toContain('ingest-quiet');
  });

  it('has an authorizer for each route that needs one', () => {
    expect(ofType('AWS::ApiGatewayV2::Authorizer').sort()).toEqual([
      'AuthorizerDevices',
      'AuthorizerHooks',
    ]);
    expect(properties('AuthorizerDevices')).toEqual({
      ApiId: { Ref: 'HttpApi' },
      Name: 'devices',
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: ISSUER, Audience: ['web', 'app'] },
    });
    expect(properties('AuthorizerHooks')).toEqual({
      ApiId: { Ref: 'HttpApi' },
      Name: 'hooks',
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      AuthorizerUri: {
        'Fn::Sub': `arn:\${AWS::Partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/${JUDGE}/invocations`,
      },
      AuthorizerCredentialsArn: arn('AuthorizerRoleHooks'),
      AuthorizerResultTtlInSeconds: 60,
      IdentitySource: ['$request.header.X-Token'],
    });
    expect(properties('AuthorizerRoleHooks')).toMatchObject({
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Principal: { Service: 'apigateway.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
      Policies: [
        {
          PolicyDocument: {
            Statement: [{ Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: [JUDGE] }],
          },
        },
      ],
    });
  });

  it('functions may put into their own stream and no more', () => {
    const devices = 'arn:aws:kinesis:eu-west-1:123456789012:stream/devices';
    for (const [id, stream, name] of [
      ['Clicks', arn('StreamClicks'), 'sluice-dev-clicks'],
      ['Devices', devices, 'devices'],
    ] as const) {
      const role = properties(`RoleIngestDash${id.toLowerCase()}`) as {
        Policies: [{ PolicyDocument: { Statement: { Action: string[]; Resource: unknown[] }[] } }];
      };
      const [put, logs, ...rest] = role.Policies[0].PolicyDocument.Statement;
      expect(put).toMatchObject({
        Action: ['kinesis:PutRecords', 'kinesis:ListShards'],
        Resource: [stream],
      });
      expect(logs?.Action).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
      expect(rest).toEqual([]);
      const lambda = Object.values(template).find(
        ({ Properties }) => Properties?.FunctionName === `sluice-dev-ingest-${id.toLowerCase()}`,
      );
      expect(lambda?.Properties).toMatchObject({
        MemorySize: 1024,
        Timeout: 29,
        Environment: { Variables: { SLUICE_STREAM: name, SLUICE_STAGE: 'dev' } },
      });
    }
  });

  it('the artifact knows how its stream takes records', () => {
    const names = unzip(join(folder, 'ingest-clicks.zip'), join(folder, 'unzipped'));
    const file = names.find((name) => name.endsWith('ingest.json'))!;
    expect(JSON.parse(readFileSync(join(folder, 'unzipped', file), 'utf8'))).toEqual({
      stream: 'clicks',
      body: 'json',
      key: { kind: 'path', path: '$.user.id' },
      limitBytes: 262_144,
      aggregates: true,
    });
  });
});

describe('ingest that cannot be', () => {
  it.each([
    ['of a format with many records in one', 'format: ndjson', 'format: json-array', 'CONFLICT'],
    ['of lines that may span several', 'format: apache', 'format: csv', 'CONFLICT'],
    ['of gzipped records', 'format: ndjson', 'format: ndjson\n    compression: gzip', 'CONFLICT'],
    ['a field of a line', 'auth: none', 'key: $.host', 'CONFLICT'],
    ['a key of another kind', 'header:X-Device', 'cookie:device', 'WRONG_VALUE'],
    ['a path that is none', '$.user.id', '$.user..id', 'WRONG_VALUE'],
    ['a path to many', '$.user.id', '"$.users[0:].id"', 'WRONG_VALUE'],
    ['no such authorization', 'auth: none', 'auth: open', 'WRONG_VALUE'],
    [
      'two kinds of authorization',
      '{ auth: none }',
      `{ auth: { jwt: { issuer: ${ISSUER}, audience: [a] }, lambda: ${JUDGE} } }`,
      'CONFLICT',
    ],
    ['an issuer without TLS', ISSUER, 'http://login.example.com', 'WRONG_VALUE'],
    ['a larger body than Lambda takes', 'limit: 256', 'limit: 7000', 'WRONG_VALUE'],
    [
      'an origin with a path',
      'https://app.example.com]',
      'https://app.example.com/]',
      'WRONG_VALUE',
    ],
  ])('%s', (_, piece, instead, code) => {
    expect(STREAMS).toContain(piece);
    const { diagnostics, config } = parseStreams(STREAMS.replace(piece, instead));
    expect(config).toBeNull();
    expect(diagnostics.map((one) => one.code)).toContain(code);
  });

  it('http without a stream that takes records', () => {
    const none = STREAMS.replace(/^ {4}ingest: .*\n/gm, '');
    expect(parseStreams(none).diagnostics.map(({ code, line }) => `${line} ${code}`)).toEqual([
      '1 CONFLICT',
    ]);
  });
});
