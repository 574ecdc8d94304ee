import { formatName } from '../records/format.ts';
import type { Format } from '../records/types.ts';
import type { Report } from './columns.ts';
import type { Path } from './read.ts';
import type { Read } from './rules.ts';
import type { SOURCE } from './source-rules.ts';

/** Where records of a stream come from, beside its producers. */
export type Source =
  | { readonly kind: 'cloudtrail'; readonly calls: 'writes' | 'all' }
  | { readonly kind: 'iot'; readonly topic: string; readonly key: string }
  /** A logical table of this service. */
  | { readonly kind: 'dynamodb'; readonly table: string }
  | { readonly kind: 'logs'; readonly logGroup: string; readonly filter: string };

export type RawSource = Read<typeof SOURCE>;

/** The format in which each kind of source writes; an IoT message is what its device sends. */
const FORMATS: Partial<Record<Source['kind'], string>> = {
  cloudtrail: 'cloudtrail',
  dynamodb: 'dynamodb',
  logs: 'cloudwatch-logs',
};

/** A template that IoT fills: without a key of the message's own, records spread over all shards. */
const ANY_SHARD = `\${newuuid()}`;

/** A table that an application writes, and the stream that it reads. */
export interface WrittenTable {
  readonly table: string | undefined;
  readonly stream: string | undefined;
}

/** The stream whose sources are checked, and what is around it. */
export interface SourcePlace {
  readonly name: string;
  readonly format: Format | undefined;
  readonly written: readonly WrittenTable[];
  /** Tables whose changes go to a stream that was checked before. */
  readonly captured: Set<string>;
}

/** Reports what the rules of single keys do not say of a stream's sources. */
export function checkSources(
  sources: Readonly<Record<string, RawSource>>,
  place: SourcePlace,
  report: Report,
): void {
  for (const [source, raw] of Object.entries(sources)) {
    if (!raw) continue;
    const path = ['streams', place.name, 'sources', source];
    checkSource(raw, place.format, path, report);
    if (raw.dynamodb !== undefined) {
      checkTable(raw.dynamodb, place, [...path, 'dynamodb'], report);
    }
  }
}

export function buildSources(
  sources: Readonly<Record<string, RawSource>>,
): Readonly<Record<string, Source>> {
  const built = Object.entries(sources).map(([name, raw]) => [name, toSource(raw)!] as const);
  return Object.fromEntries(built);
}

function checkTable(
  table: string,
  { name, written, captured }: SourcePlace,
  path: Path,
  report: Report,
): void {
  const outputs = written.filter((one) => one.table === table);
  if (outputs.length === 0) {
    const hint =
      'name a table under outputs; for another one: aws dynamodb enable-kinesis-streaming-destination';
    report('UNKNOWN_TABLE', `no application writes a table "${table}"`, path, hint);
  }
  if (captured.has(table)) {
    const message = `the changes of table "${table}" go to another stream already; a table has one`;
    report('CONFLICT', message, path);
  }
  captured.add(table);
  if (outputs.some(({ stream }) => stream === name)) {
    const message = `an application that reads ${name} writes the table "${table}": each of its changes would bring the next`;
    report('CONFLICT', message, path, 'give the changes a stream of their own');
  }
}

/** Reports options of another kind of source, and a stream format that the source does not write. */
function checkSource(raw: RawSource, format: Format | undefined, path: Path, report: Report): void {
  const stray = [
    { option: 'key', given: raw.key, of: 'iot', has: raw.iot },
    { option: 'filter', given: raw.filter, of: 'logs', has: raw.logs },
  ] as const;
  for (const { option, given, of, has } of stray) {
    if (given === undefined || has !== undefined) continue;
    report('CONFLICT', `${option} goes with ${of} only`, [...path, option], 'remove it', 'key');
  }
  const source = toSource(raw);
  const written = source && FORMATS[source.kind];
  if (!written || format === undefined || formatName(format) === written) return;
  const message = `${source.kind} writes records of format ${written}, and the stream has format ${formatName(format)}`;
  report('CONFLICT', message, path, `set the stream's format to ${written}`, 'key');
}

/** null where something is wrong with it, which was reported. */
function toSource(raw: RawSource): Source | null {
  const { cloudtrail, iot, dynamodb, logs } = raw;
  if (cloudtrail !== undefined) return { kind: 'cloudtrail', calls: cloudtrail };
  if (iot !== undefined) return { kind: 'iot', topic: iot, key: raw.key ?? ANY_SHARD };
  if (dynamodb !== undefined) return { kind: 'dynamodb', table: dynamodb };
  if (logs !== undefined) return { kind: 'logs', logGroup: logs, filter: raw.filter ?? '' };
  return null;
}
