import type { Authorization, HttpConfig, IngestConfig } from '../shared/config/ingest.ts';
import type { Output, Resource, Value } from './cloudformation.ts';
import { allow, serviceRole, THIS_ACCOUNT } from './roles.ts';

/** The HTTP API of a stage: a route for each stream that takes records. */
export interface ServiceHttp extends HttpConfig {
  readonly physicalName: string;
  readonly routes: readonly ServiceRoute[];
}

export interface ServiceRoute {
  /** POST /<stream>. */
  readonly stream: string;
  /** The name of the function behind it. */
  readonly function: string;
  readonly auth: Authorization;
  readonly throttle: IngestConfig['throttle'];
}

export interface HttpPlace {
  /** Logical name of a function. */
  readonly lambda: (name: string) => string;
  /** Gives a resource of this kind for this stream its logical name. */
  readonly logical: (kind: string, stream: string) => string;
  readonly production: boolean;
}

export const HTTP_OUTPUT: readonly [string, Output] = [
  'HttpApiUrl',
  { Description: 'Records are posted to <this>/<stream>', Value: get('HttpApi', 'ApiEndpoint') },
];

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html */
export function httpApi(
  { physicalName, cors, routes }: ServiceHttp,
  place: HttpPlace,
): Readonly<Record<string, Resource>> {
  return {
    HttpApi: {
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: {
        Name: physicalName,
        ProtocolType: 'HTTP',
        Description: 'Takes records into streams.',
        ...(cors && {
          CorsConfiguration: {
            AllowOrigins: cors.origins,
            AllowMethods: ['POST'],
            AllowHeaders: cors.headers,
            ExposeHeaders: ['retry-after'],
            MaxAge: cors.cacheSeconds,
          },
        }),
      },
    },
    HttpLogs: {
      Type: 'AWS::Logs::LogGroup',
      Properties: {
        LogGroupName: `/aws/apigateway/${physicalName}`,
        RetentionInDays: place.production ? 365 : 14,
      },
    },
    HttpStage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      // The settings of a route need the route: they name it by its key.
      DependsOn: routes.map(({ stream }) => place.logical('Route', stream)),
      Properties: {
        ApiId: { Ref: 'HttpApi' },
        StageName: '$default',
        AutoDeploy: true,
        AccessLogSettings: { DestinationArn: get('HttpLogs', 'Arn'), Format: LOG_FORMAT },
        RouteSettings: Object.fromEntries(
          routes.map(({ stream, throttle }) => [
            routeKey(stream),
            { ThrottlingRateLimit: throttle.rate, ThrottlingBurstLimit: throttle.burst },
          ]),
        ),
      },
    },
    ...Object.assign({}, ...routes.map((route) => routeResources(route, place))),
  };
}

/** Neither bodies, nor headers, nor who the client is. */
const LOG_FORMAT = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  bytes: '$context.responseLength',
  error: '$context.error.message',
  integrationError: '$context.integration.error',
  authorizerError: '$context.authorizer.error',
});

function routeResources(
  { stream, function: fn, auth, throttle: _ }: ServiceRoute,
  { lambda, logical }: HttpPlace,
): Record<string, Resource> {
  const [integration, authorizer] = [logical('Integration', stream), logical('Authorizer', stream)];
  const id = lambda(fn);
  return {
    ...authorizerResources(stream, auth, authorizer, logical('AuthorizerRole', stream)),
    [integration]: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'HttpApi' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: get(id, 'Arn'),
        PayloadFormatVersion: '2.0',
        TimeoutInMillis: 30_000,
      },
    },
    [logical('Route', stream)]: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'HttpApi' },
        RouteKey: routeKey(stream),
        Target: { 'Fn::Sub': `integrations/\${${integration}}` },
        ...authorization(auth, authorizer),
      },
    },
    [logical('Permission', stream)]: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: get(id, 'Arn'),
        Principal: 'apigateway.amazonaws.com',
        SourceArn: {
          'Fn::Sub': `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${HttpApi}/$default/POST/${stream}`,
        },
      },
    },
  };
}

function authorization(auth: Authorization, authorizer: string): Record<string, Value> {
  switch (auth.kind) {
    case 'iam':
      return { AuthorizationType: 'AWS_IAM' };
    case 'none':
      return { AuthorizationType: 'NONE' };
    case 'jwt':
      return {
        AuthorizationType: 'JWT',
        AuthorizerId: { Ref: authorizer },
        ...(auth.scopes.length > 0 && { AuthorizationScopes: auth.scopes }),
      };
    case 'lambda':
      return { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: authorizer } };
  }
}

/** An authorizer for each route: what one has remembered must not open another. */
function authorizerResources(
  stream: string,
  auth: Authorization,
  logical: string,
  role: string,
): Record<string, Resource> {
  if (auth.kind === 'jwt') {
    const { issuer, audience } = auth;
    return {
      [logical]: authorizer(stream, {
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: { Issuer: issuer, Audience: audience },
      }),
    };
  }
  if (auth.kind !== 'lambda') return {};
  const { arn, header, cacheSeconds } = auth;
  return {
    [role]: serviceRole(
      'apigateway',
      `authorize-${stream}`,
      [allow(['lambda:InvokeFunction'], [arn])],
      THIS_ACCOUNT,
    ),
    [logical]: authorizer(stream, {
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      AuthorizerUri: {
        'Fn::Sub': `arn:\${AWS::Partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/${arn}/invocations`,
      },
      AuthorizerCredentialsArn: get(role, 'Arn'),
      AuthorizerResultTtlInSeconds: cacheSeconds,
      IdentitySource: [`$request.header.${header}`],
    }),
  };
}

function authorizer(stream: string, properties: Resource['Properties']): Resource {
  return {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    Properties: { ApiId: { Ref: 'HttpApi' }, Name: stream, ...properties },
  };
}

function routeKey(stream: string): string {
  return `POST /${stream}`;
}

function get(logical: string, attribute: string): Value {
  return { 'Fn::GetAtt': [logical, attribute] };
}
