import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { BodyKind } from '../../shared/config/ingest.ts';
import { gunzip, UnpackedTooLarge } from '../../shared/records/gunzip.ts';
import { RecordFault } from '../../shared/records/types.ts';
import { Refusal } from './refusal.ts';

/** What a request holds: one JSON value, JSON objects line by line, or lines of text. */
export type Content = 'json' | 'ndjson' | 'lines';

export interface Body {
  readonly content: Content;
  readonly bytes: Buffer;
}

const TYPES: Readonly<Record<BodyKind, string>> = {
  json: 'application/json, application/x-ndjson',
  lines: 'text/plain',
};

/**
 * The body of a request (payload format 2.0), unpacked and at most `limitBytes` long. Throws Refusal
 * 415 for what it is not, 413 for what is too long, 400 for damaged gzip.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function readBody(
  { headers, body = '', isBase64Encoded }: APIGatewayProxyEventV2,
  kind: BodyKind,
  limitBytes: number,
): Body {
  const content = contentOf(headers['content-type'] ?? '', kind);
  const packed = isPacked(headers['content-encoding'] ?? '');
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > limitBytes) throw tooLong(limitBytes);
  return { content, bytes: packed ? unpack(bytes, limitBytes) : bytes };
}

function contentOf(header: string, kind: BodyKind): Content {
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((one) => one.startsWith('charset='))?.slice('charset='.length);
  if (charset !== undefined && !/^"?utf-?8"?$/.test(charset)) {
    throw new Refusal(415, 'UNSUPPORTED_CHARSET', 'the charset has to be utf-8');
  }
  if (kind === 'lines' && type === 'text/plain') return 'lines';
  if (kind === 'json') {
    if (/^application\/(?:x-)?ndjson$/.test(type)) return 'ndjson';
    if (/^application\/(?:json|[\w.-]+\+json)$/.test(type)) return 'json';
  }
  const what = type === '' ? 'content-type is missing' : 'the content-type is not one of those';
  const message = `${what}; this stream takes ${TYPES[kind]}`;
  throw new Refusal(415, 'UNSUPPORTED_TYPE', message, {}, { accept: TYPES[kind] });
}

function isPacked(encoding: string): boolean {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return false;
  if (name === 'gzip' || name === 'x-gzip') return true;
  const message = 'content-encoding can be gzip or nothing';
  throw new Refusal(415, 'UNSUPPORTED_ENCODING', message, {}, { 'accept-encoding': 'gzip' });
}

function unpack(bytes: Buffer, limitBytes: number): Buffer {
  let unpacked: Buffer;
  try {
    unpacked = gunzip(bytes, 0, bytes.length, limitBytes);
  } catch (error) {
    if (error instanceof UnpackedTooLarge) throw new Refusal(413, 'TOO_LARGE', error.message);
    if (error instanceof RecordFault) throw new Refusal(400, error.reason, error.message);
    throw error;
  }
  // A small body may unpack to 1 MiB whatever its ratio.
  if (unpacked.length > limitBytes) throw tooLong(limitBytes);
  return unpacked;
}

function tooLong(limitBytes: number): Refusal {
  return new Refusal(413, 'TOO_LARGE', `a body can have ${limitBytes} bytes, unpacked`);
}
