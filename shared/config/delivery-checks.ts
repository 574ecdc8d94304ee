import { formatName } from '../records/format.ts';
import type { Format } from '../records/types.ts';
import { suggest } from '../sql/suggest.ts';
import { checkSchema, type Report } from './columns.ts';
import type { RawDelivery, RawTransform } from './deliveries.ts';
import { partitionKeys, prefixProblem, TIME_KEYS } from './prefixes.ts';
import type { Path } from './read.ts';

/** What a delivery may name. */
export interface Surroundings {
  /** By stream: its format, undefined where that is wrong. */
  readonly formats: ReadonlyMap<string, Format | undefined>;
  /** By application: its stream and its columns. */
  readonly applications: ReadonlyMap<
    string,
    { readonly stream: string | undefined; readonly columns: readonly string[] }
  >;
  readonly fileExists: (path: string) => boolean;
}

/** Firehose's smallest buffer with dynamic partitions, and for Parquet: firehose/latest/dev/buffering-hints.html */
const SMALLEST_MB = 64;
const SHORTEST_SECONDS = 60;

/** Reports what the rules of single keys do not say: names, and what does not go together. */
export function checkDelivery(
  raw: RawDelivery,
  path: Path,
  around: Surroundings,
  report: Report,
): void {
  const { stream, transform } = raw;
  if (stream !== undefined && !around.formats.has(stream)) {
    const near = suggest(stream, [...around.formats.keys()]);
    const hint = near ? `did you mean ${near}?` : 'declare it under streams';
    report('UNKNOWN_STREAM', `there is no stream "${stream}"`, [...path, 'stream'], hint);
  }
  if (transform) checkTransform(transform, stream, [...path, 'transform'], around, report);
  checkPrefixes(raw, path, around, report);
  checkFiles(raw, path, report);
  checkDestination(raw, path, report);
}

function checkTransform(
  raw: RawTransform,
  stream: string | undefined,
  path: Path,
  { formats, applications, fileExists }: Surroundings,
  report: Report,
): void {
  const format = stream === undefined ? undefined : formats.get(stream);
  if (raw.format !== undefined && format !== undefined) {
    const own = formatName(format);
    if (raw.format !== own) {
      const message = `the stream has records of format ${own}, not ${raw.format}`;
      report('CONFLICT', message, path, `write ${own}`);
    } else if (own === 'csv' && !namesFields(format)) {
      const hint = "give the stream's format columns, or header: first-line";
      report('CONFLICT', 'the fields of the lines have no names', path, hint);
    }
  }
  if (raw.application !== undefined) {
    const found = applications.get(raw.application);
    const place = [...path, 'application'];
    if (found === undefined) {
      const near = suggest(raw.application, [...applications.keys()]);
      const hint = near ? `did you mean ${near}?` : undefined;
      report('UNKNOWN_APPLICATION', `there is no application "${raw.application}"`, place, hint);
    } else if (stream !== undefined && found.stream !== undefined && found.stream !== stream) {
      const message = `application ${raw.application} reads stream ${found.stream}, this delivers ${stream}`;
      report('CONFLICT', message, place);
    }
  }
  for (const kind of ['sql', 'handler'] as const) {
    const file = raw[kind];
    if (file === undefined || fileExists(file)) continue;
    const hint = 'the path is relative to the folder of this file';
    report('UNKNOWN_FILE', `there is no file "${file}"`, [...path, kind], hint);
  }
  for (const option of ['schema', 'output'] as const) {
    if (raw[option] === undefined || raw.sql !== undefined) continue;
    report('CONFLICT', `${option} goes with sql only`, [...path, option], 'remove it', 'key');
  }
  if (raw.sql === undefined) return;
  if (raw.schema) checkSchema(raw.schema, format, [...path, 'schema'], report);
  else
    report('MISSING_KEY', 'sql needs the schema of its source', [...path, 'sql'], undefined, 'key');
}

function namesFields(format: Format): boolean {
  if (typeof format === 'string' || !('csv' in format)) return false;
  return format.csv.columns !== undefined || format.csv.header === 'first-line';
}

function checkPrefixes(
  raw: RawDelivery,
  path: Path,
  { applications }: Surroundings,
  report: Report,
): void {
  const prefixes = [
    { prefix: raw.prefix, at: ['prefix'], forErrors: false },
    { prefix: raw.errors, at: ['errors'], forErrors: true },
    { prefix: raw.backup?.prefix, at: ['backup', 'prefix'], forErrors: false },
  ];
  for (const { prefix, at, forErrors } of prefixes) {
    const wrong = prefix === undefined ? null : prefixProblem(prefix, forErrors);
    if (wrong) report('WRONG_VALUE', `${at.join('.')} ${wrong}`, [...path, ...at]);
  }
  if (raw.backup?.prefix && partitionKeys(raw.backup.prefix).length > 0) {
    const message = 'the records as they came have no partition keys: no transformer has seen them';
    report('CONFLICT', message, [...path, 'backup', 'prefix']);
  }
  const keys = raw.prefix === undefined ? [] : partitionKeys(raw.prefix);
  if (keys.length === 0) return;
  const place = [...path, 'prefix'];
  const { transform } = raw;
  if (!transform) {
    report(
      'CONFLICT',
      'partition keys come from a transformer, and there is none',
      place,
      'add transform',
    );
    return;
  }
  const columns = applications.get(transform.application ?? '')?.columns;
  const known = transform.format ? TIME_KEYS : columns && [...TIME_KEYS, ...columns];
  for (const key of known ? keys.filter((one) => !known.includes(one)) : []) {
    const near = suggest(key, known!);
    const hint = near ? `did you mean ${near}?` : `there are ${known!.join(', ')}`;
    report('UNKNOWN_COLUMN', `the transformer gives no partition key "${key}"`, place, hint);
  }
  const { mb = SMALLEST_MB, seconds = SHORTEST_SECONDS } = raw.buffer ?? {};
  if (mb < SMALLEST_MB || seconds < SHORTEST_SECONDS) {
    const message = `with partition keys in the prefix Firehose buffers at least ${SMALLEST_MB} MB or ${SHORTEST_SECONDS} seconds`;
    report('CONFLICT', message, [...path, 'buffer']);
  }
}

function checkFiles(raw: RawDelivery, path: Path, report: Report): void {
  if (raw.files !== 'parquet') return;
  const { transform } = raw;
  if (!transform || (transform.application === undefined && transform.sql === undefined)) {
    const hint = 'transform: { application: … } or { sql: … }';
    report(
      'CONFLICT',
      'Parquet needs columns, of an application or a program',
      [...path, 'files'],
      hint,
    );
  }
  if (raw.compression !== undefined) {
    const message =
      'Parquet is compressed inside (Snappy): Firehose takes no other compression with it';
    report('CONFLICT', message, [...path, 'compression'], 'remove it', 'key');
  }
  if ((raw.buffer?.mb ?? SMALLEST_MB) < SMALLEST_MB) {
    report('CONFLICT', `Parquet needs a buffer of at least ${SMALLEST_MB} MB`, [
      ...path,
      'buffer',
      'mb',
    ]);
  }
}

function checkDestination(raw: RawDelivery, path: Path, report: Report): void {
  const { redshift, opensearch } = raw;
  if (redshift && opensearch) {
    const message = 'a delivery has one destination: redshift or opensearch';
    report('CONFLICT', message, [...path, 'opensearch'], 'make a delivery of each', 'key');
  }
  if (!redshift && !opensearch) return;
  if (raw.prefix !== undefined && partitionKeys(raw.prefix).length > 0) {
    report('CONFLICT', 'partition keys in the prefix are for S3 only', [...path, 'prefix']);
  }
  if (raw.files === 'parquet') {
    report('CONFLICT', 'Parquet is for S3 only', [...path, 'files']);
  }
  // https://docs.aws.amazon.com/firehose/latest/APIReference/API_RedshiftDestinationConfiguration.html
  if (redshift && !['none', 'gzip', undefined].includes(raw.compression)) {
    const message = 'what Redshift copies is compressed with gzip or not at all';
    report('CONFLICT', message, [...path, 'compression']);
  }
  if (opensearch && (raw.buffer?.mb ?? 1) > 100) {
    report('CONFLICT', 'for OpenSearch the buffer is at most 100 MB', [...path, 'buffer', 'mb']);
  }
}
