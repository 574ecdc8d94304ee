import type { Format } from '../records/types.ts';
import type { Diagnostic } from '../sql/diagnostics.ts';
import { type ApplicationConfig, buildApplication, checkApplication } from './applications.ts';
import { checkFormat, type Report } from './columns.ts';
import { buildDelivery } from './deliveries.ts';
import type { DeliveryConfig } from './delivery.ts';
import { checkDelivery, type Surroundings } from './delivery-checks.ts';
import {
  buildHttp,
  buildIngest,
  checkIngest,
  type HttpConfig,
  type IngestConfig,
} from './ingest.ts';
import { type Path, type Place, readYaml } from './read.ts';
import type { Read } from './rules.ts';
import { buildScaling, checkScaling, type ScalingConfig } from './scaling.ts';
import { STREAMS_FILE } from './schema.ts';
import { buildSources, checkSources, type Source, type WrittenTable } from './sources.ts';
import { buildUpsert, checkUpsert, type RawUpsert, type UpsertConfig } from './upserts.ts';

/** streams.yml, checked, with its defaults filled in and every duration in milliseconds. */
export interface StreamsConfig {
  readonly streams: Readonly<Record<string, StreamConfig>>;
  readonly applications: Readonly<Record<string, ApplicationConfig>>;
  readonly deliveries: Readonly<Record<string, DeliveryConfig>>;
  readonly upserts: Readonly<Record<string, UpsertConfig>>;
  readonly http: HttpConfig;
}

export interface StreamConfig {
  readonly name: string;
  /** Null when the stream exists and `arn` names it. */
  readonly shards: number | null;
  readonly arn: string | null;
  readonly retentionMs: number;
  readonly format: Format;
  readonly compression: 'none' | 'gzip';
  readonly producer: 'kpl' | 'other';
  readonly sources: Readonly<Record<string, Source>>;
  /** Null: nothing is taken over HTTP. */
  readonly ingest: IngestConfig | null;
  /** Null: nothing reshards it. */
  readonly scaling: ScalingConfig | null;
  /** What the user expects producers to put; null: not said. */
  readonly load: { readonly recordsPerSecond: number; readonly bytesPerRecord: number } | null;
}

export interface StreamsReading {
  /** Null as soon as there is one diagnostic. */
  readonly config: StreamsConfig | null;
  readonly diagnostics: Diagnostic[];
  at(path: Path, part?: 'key' | 'value'): Place;
}

type File = Read<typeof STREAMS_FILE>;
type RawStream = NonNullable<File['streams']>[string];

/** The functions keep their own bookkeeping in a table of this logical name. */
export const STATE_TABLE = 'state';

/**
 * Reads streams.yml strictly. All that is wrong comes back at once, each with its line and column.
 * `fileExists` is asked for every `sql` path, as written.
 */
export function parseStreams(
  text: string,
  fileExists: (path: string) => boolean = () => true,
): StreamsReading {
  const { value, diagnostics, at } = readYaml<File>(text, STREAMS_FILE);
  const report: Report = (code, message, path, hint, part) =>
    diagnostics.push({ code, message, ...at(path, part), ...(hint ? { hint } : {}) });

  const captured = new Set<string>();
  const written = writtenTables(value);
  const formats = new Map<string, Format | undefined>();
  for (const [name, stream] of Object.entries(value?.streams ?? {})) {
    const format = formatOf(stream);
    formats.set(name, format && checkFormat(format, ['streams', name, 'format'], report));
    const place = { name, format: formats.get(name), written, captured };
    if (stream) checkSources(stream.sources ?? {}, place, report);
    if (stream?.scaling) checkScaling(stream.scaling, stream.shards, name, report);
    if (stream?.ingest) {
      const at = ['streams', name, 'ingest'];
      checkIngest(stream.ingest, formats.get(name), stream.compression, at, report);
    }
  }
  if (value?.http && !Object.values(value.streams ?? {}).some((stream) => stream?.ingest)) {
    report('CONFLICT', 'no stream has ingest', ['http'], 'remove http, or add ingest', 'key');
  }
  for (const [name, application] of Object.entries(value?.applications ?? {})) {
    if (!application) continue;
    const around = { formats, fileExists, stateTable: STATE_TABLE };
    checkApplication(name, application, around, report);
  }
  for (const [name, delivery] of Object.entries(value?.deliveries ?? {})) {
    if (!delivery) continue;
    checkDelivery(
      delivery,
      ['deliveries', name],
      surroundings(value!, formats, fileExists),
      report,
    );
  }
  for (const [name, upsert] of Object.entries(value?.upserts ?? {})) {
    if (!upsert) continue;
    const own = upsert.format === undefined ? undefined : formatOf(upsert);
    const checked = own && checkFormat(own, ['upserts', name, 'format'], report);
    const format = upsert.stream === undefined ? checked : formats.get(upsert.stream);
    const applications = Object.keys(value?.applications ?? {});
    const around = { formats, applications, stateTable: STATE_TABLE };
    checkUpsert(name, upsert, format, around, report);
  }
  diagnostics.sort((a, b) => a.line - b.line || a.column - b.column);
  const config = value && diagnostics.length === 0 ? build(value) : null;
  return { config, diagnostics, at };
}

/** Undefined where it is missing or not one thing. */
function formatOf(stream: Pick<RawStream | RawUpsert, 'format'> | undefined): Format | undefined {
  const format = stream?.format;
  if (typeof format !== 'object') return format;
  const { csv, syslog } = format;
  if (csv && !syslog) return isWhole(csv) ? { csv } : undefined;
  return syslog && !csv && isWhole(syslog) ? { syslog } : undefined;
}

/** An option that was wrong is there without a value: nothing can be said of the columns. */
function isWhole(options: object): boolean {
  return Object.values(options)
    .flat()
    .every((value) => value !== undefined);
}

function writtenTables(file: File | null): WrittenTable[] {
  return Object.values(file?.applications ?? {}).flatMap((application) =>
    Object.values(application?.outputs ?? {}).map((output) => ({
      table: output?.table,
      stream: application.stream,
    })),
  );
}

/** What deliveries may name. */
function surroundings(
  file: File,
  formats: Surroundings['formats'],
  fileExists: (path: string) => boolean,
): Surroundings {
  const applications = Object.entries(file.applications ?? {});
  return {
    formats,
    applications: new Map(
      applications.map(([name, application]) => [
        name,
        { stream: application?.stream, columns: Object.keys(application?.schema ?? {}) },
      ]),
    ),
    fileExists,
  };
}

function build(file: File): StreamsConfig {
  const streams = Object.entries(file.streams!).map(([name, stream]): [string, StreamConfig] => [
    name,
    {
      name,
      shards: stream.shards ?? null,
      arn: stream.arn ?? null,
      retentionMs: stream.retention!,
      format: formatOf(stream)!,
      compression: stream.compression!,
      producer: stream.producer!,
      sources: buildSources(stream.sources ?? {}),
      ingest: stream.ingest ? buildIngest(stream.ingest) : null,
      scaling: buildScaling(stream.scaling),
      load: stream.load
        ? { recordsPerSecond: stream.load.records!, bytesPerRecord: stream.load.bytes! }
        : null,
    },
  ]);
  const byName = Object.fromEntries(streams);
  const applications = Object.entries(file.applications ?? {}).map(([name, application]) => [
    name,
    buildApplication(name, application, byName[application.stream!]!.format),
  ]);
  const deliveries = Object.entries(file.deliveries ?? {}).map(([name, delivery]) => [
    name,
    buildDelivery(name, delivery, byName[delivery.stream!]!.format),
  ]);
  const upserts = Object.entries(file.upserts ?? {}).map(([name, upsert]) => {
    const stream = upsert.stream === undefined ? null : byName[upsert.stream]!;
    return [name, buildUpsert(name, upsert, stream?.format ?? formatOf(upsert)!, stream)];
  });
  return {
    streams: byName,
    applications: Object.fromEntries(applications),
    deliveries: Object.fromEntries(deliveries),
    upserts: Object.fromEntries(upserts),
    http: buildHttp(file.http ?? {}),
  };
}
