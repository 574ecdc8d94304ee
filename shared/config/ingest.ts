import { formatName } from '../records/format.ts';
import { parsePath } from '../records/json/paths.ts';
import type { Format, FormatName } from '../records/types.ts';
import type { Report } from './columns.ts';
import type { HTTP, INGEST } from './ingest-rules.ts';
import type { Path } from './read.ts';
import type { Read } from './rules.ts';

/** How a stream is written over HTTP. */
export interface IngestConfig {
  readonly key: KeySource;
  readonly auth: Authorization;
  /** The largest body, unpacked. */
  readonly limitBytes: number;
  readonly throttle: { readonly rate: number; readonly burst: number };
}

/** Where the partition key of a record comes from. */
export type KeySource =
  | { readonly kind: 'random' }
  /** JSONPath, from the element on. */
  | { readonly kind: 'path'; readonly path: string }
  /** In lower case. */
  | { readonly kind: 'header'; readonly header: string };

export type Authorization =
  | { readonly kind: 'iam' | 'none' }
  | {
      readonly kind: 'jwt';
      readonly issuer: string;
      readonly audience: readonly string[];
      readonly scopes: readonly string[];
    }
  | {
      readonly kind: 'lambda';
      readonly arn: string;
      readonly header: string;
      readonly cacheSeconds: number;
    };

export interface HttpConfig {
  readonly cors: {
    readonly origins: readonly string[];
    readonly headers: readonly string[];
    readonly cacheSeconds: number;
  } | null;
}

/**
 * All that one ingest function needs to know, written into its bundle as ingest.json; the stream's
 * own name comes from the environment.
 */
export interface Ingest {
  /** As in streams.yml. */
  readonly stream: string;
  readonly body: BodyKind;
  readonly key: KeySource;
  readonly limitBytes: number;
  /** Elements share Kinesis records, as the KPL packs them. */
  readonly aggregates: boolean;
}

/** What a body holds: JSON objects, or lines of text. */
export type BodyKind = 'json' | 'lines';

/** Formats whose records can be posted one by one. */
const BODIES: Partial<Record<FormatName, BodyKind>> = {
  json: 'json',
  ndjson: 'json',
  cloudtrail: 'json',
  dynamodb: 'json',
  apache: 'lines',
  syslog: 'lines',
};

export type RawIngest = Read<typeof INGEST>;
export type RawHttp = Read<typeof HTTP>;

/** undefined: records of this format cannot be posted. */
export function bodyKind(format: Format): BodyKind | undefined {
  return BODIES[formatName(format)];
}

/** Reports what does not go with the stream: its format, its compression, the key. */
export function checkIngest(
  { key }: RawIngest,
  format: Format | undefined,
  compression: 'none' | 'gzip' | undefined,
  path: Path,
  report: Report,
): void {
  const body = format && bodyKind(format);
  if (format !== undefined && body === undefined) {
    const message = `records of format ${formatName(format)} cannot be posted one by one`;
    const hint = `ingest goes with ${Object.keys(BODIES).join(', ')}`;
    report('CONFLICT', message, path, hint, 'key');
  }
  if (compression === 'gzip') {
    const message = 'the stream has gzipped records, and ingest puts them as plain text';
    report('CONFLICT', message, path, 'post with content-encoding: gzip instead', 'key');
  }
  if (key === undefined || !key.startsWith('$')) return;
  if (body === 'lines') {
    const message = `a line of format ${formatName(format!)} has no fields that a path could name`;
    report('CONFLICT', message, [...path, 'key'], 'random or header:<name>');
  }
  const wrong = pathProblem(key);
  if (wrong) report('WRONG_VALUE', wrong, [...path, 'key'], 'such as $.user.id');
}

function pathProblem(path: string): string | null {
  try {
    const toEach = parsePath(path).includes('each') || path.endsWith('[0:]');
    return toEach ? `path ${path}: a key is one value, not a list of them` : null;
  } catch (error) {
    return (error as Error).message;
  }
}

export function buildIngest({ key, auth, limit, throttle }: RawIngest): IngestConfig {
  return {
    key: keySource(key!),
    auth: authorization(auth!),
    limitBytes: limit! * 1024,
    throttle: { rate: throttle!.rate!, burst: throttle!.burst! },
  };
}

function keySource(key: string): KeySource {
  if (key.startsWith('$')) return { kind: 'path', path: key };
  if (key === 'random') return { kind: 'random' };
  return { kind: 'header', header: key.slice('header:'.length).toLowerCase() };
}

function authorization(auth: NonNullable<RawIngest['auth']>): Authorization {
  if (typeof auth === 'string') return { kind: auth };
  const { jwt, lambda } = auth;
  if (jwt) {
    const { issuer, audience, scopes = [] } = jwt;
    return { kind: 'jwt', issuer: issuer!, audience: audience!, scopes };
  }
  const { arn, header, cache } = lambda!;
  return { kind: 'lambda', arn: arn!, header: header!, cacheSeconds: cache! / 1000 };
}

/** Signed requests carry these: IAM/latest/UserGuide/create-signed-request.html */
const HEADERS = [
  'content-type',
  'content-encoding',
  'authorization',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
];

export function buildHttp({ cors }: RawHttp): HttpConfig {
  if (!cors) return { cors: null };
  const { origins, headers = HEADERS, cache } = cors;
  return { cors: { origins: origins!, headers, cacheSeconds: cache! / 1000 } };
}
