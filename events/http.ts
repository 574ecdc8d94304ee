import { gzipSync } from 'node:zlib';

/** Requests to POST /clicks as API Gateway hands them to a function (payload format 2.0). */
export function httpEvents(now: number): Readonly<Record<string, object>> {
  const click = (id: number, page: string) =>
    `{"user":{"id":"u-${id}"},"page":"${page}","ms":12.50}`;
  const packed = gzipSync(`${click(1, '/')}\n${click(2, '/pricing')}\n`, { level: 0 });
  // Of no particular system, so that it comes out the same on every machine.
  packed[9] = 255;
  const json = { 'content-type': 'application/json' };
  const lines = { 'content-type': 'application/x-ndjson' };
  return {
    object: request(now, json, click(1, '/')),
    array: request(now, json, `[${click(1, '/')}, ${click(2, '/pricing')}]`),
    'ndjson-gzip': request(now, { ...lines, 'content-encoding': 'gzip' }, packed),
    'bad-line': request(now, lines, Buffer.from(`${click(1, '/')}\n{"user":\n`)),
    'unsupported-type': request(now, { 'content-type': 'text/csv' }, 'u-1,/'),
  };
}

/** Text is handed over as it is, bytes as base64. */
function request(now: number, headers: Record<string, string>, body: string | Buffer): object {
  const isText = typeof body === 'string';
  return {
    version: '2.0',
    routeKey: 'POST /clicks',
    rawPath: '/clicks',
    rawQueryString: '',
    headers: {
      'content-length': String(Buffer.byteLength(body)),
      host: 'a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com',
      'user-agent': 'curl/8.9.1',
      ...headers,
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'a1b2c3d4e5',
      authorizer: {
        iam: {
          accessKey: 'AKIAIOSFODNN7EXAMPLE',
          accountId: '123456789012',
          callerId: 'AIDACKCEVSQ6C2EXAMPLE',
          cognitoIdentity: null,
          principalOrgId: 'o-a1b2c3d4e5',
          userArn: 'arn:aws:iam::123456789012:user/web',
          userId: 'AIDACKCEVSQ6C2EXAMPLE',
        },
      },
      domainName: 'a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com',
      domainPrefix: 'a1b2c3d4e5',
      http: {
        method: 'POST',
        path: '/clicks',
        protocol: 'HTTP/1.1',
        sourceIp: '192.0.2.10',
        userAgent: 'curl/8.9.1',
      },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: 'POST /clicks',
      stage: '$default',
      time: '02/May/2026:12:00:00 +0000',
      timeEpoch: now,
    },
    body: isText ? body : body.toString('base64'),
    isBase64Encoded: !isText,
  };
}
