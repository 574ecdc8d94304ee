import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { toEvent } from '../../local/entrance.ts';

export interface Posted {
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The event of a POST; JSON unless the headers say otherwise. */
export function post({ body, headers = {} }: Posted): APIGatewayProxyEventV2 {
  const all = { 'content-type': 'application/json', ...headers };
  const request = { url: '/clicks', method: 'POST', headers: all };
  return toEvent(request, 'clicks', Buffer.from(body));
}

/** Of a function that has this long to go. */
export function context(ms = 29_000): Context {
  const until = Date.now() + ms;
  return { getRemainingTimeInMillis: () => until - Date.now() } as Context;
}
