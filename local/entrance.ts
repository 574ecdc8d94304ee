import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { ACCOUNT } from './clients.ts';
import { freePorts } from './ports.ts';

/** Runs one invoke of the function behind a route. */
export type Invoke = (event: APIGatewayProxyEventV2) => Promise<unknown>;

export interface Entrance {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export interface EntranceOptions {
  /** By stream: the function behind POST /<stream>. */
  readonly routes: Readonly<Record<string, Invoke>>;
  /** The port to use if it is free; otherwise, and by default, any free one. */
  readonly port?: number;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MOST_BYTES = 10 * 1024 * 1024;

/**
 * The HTTP API on one machine: gives each request to its function as API Gateway does, in the payload
 * format 2.0. It listens to this machine only, and authorises nobody.
 */
export async function startEntrance({ routes, port = 0 }: EntranceOptions): Promise<Entrance> {
  const server = createServer((request, response) => {
    serve(request, response, routes).catch(() => response.destroy());
  });
  const [free] = await freePorts([port]);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(free, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  routes: EntranceOptions['routes'],
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://local');
  const stream = pathname.slice(1);
  const isKnown = request.method === 'POST' && Object.hasOwn(routes, stream);
  if (!isKnown) return refuse(response, 404, 'Not Found');
  const body = await readAll(request);
  if (body === null) return refuse(response, 413, 'Request Entity Too Large');
  try {
    const answer = await routes[stream]!(toEvent(request, stream, body));
    const { statusCode, headers, body: text } = answer as Required<Answer>;
    response.writeHead(statusCode, headers).end(text);
  } catch {
    // What it was stands in the function's log, as on AWS.
    refuse(response, 500, 'Internal Server Error');
  }
}

interface Answer {
  readonly statusCode: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** As API Gateway words what it answers by itself. */
function refuse(response: ServerResponse, status: number, message: string): void {
  // What was not read of the request would be taken for the next one.
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ message }));
}

/** null: more than API Gateway takes. */
async function readAll(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_BYTES) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export function toEvent(
  request: Pick<IncomingMessage, 'url' | 'headers' | 'method'>,
  stream: string,
  body: Buffer,
): APIGatewayProxyEventV2 {
  const { pathname, search } = new URL(request.url ?? '/', 'http://local');
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(',') : value,
  ]);
  const now = new Date();
  const routeKey = `POST /${stream}`;
  const isText = isTextual(request.headers);
  return {
    version: '2.0',
    routeKey,
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: Object.fromEntries(headers),
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'local',
      domainName: 'local.execute-api.us-east-1.amazonaws.com',
      domainPrefix: 'local',
      http: {
        method: 'POST',
        path: pathname,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: crypto.randomUUID(),
      routeKey,
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** API Gateway gives text as it is, and all else as base64. */
function isTextual(headers: IncomingMessage['headers']): boolean {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (headers['content-encoding'] !== undefined) return false;
  return /^(?:text\/.*|application\/(?:json|javascript|xml))$/.test(type);
}
