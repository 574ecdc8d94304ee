import type { Application } from '../shared/config/application.ts';
import type { DeliveryConfig } from '../shared/config/delivery.ts';
import type { Source } from '../shared/config/sources.ts';
import { STATE_TABLE, type StreamsConfig } from '../shared/config/streams.ts';
import type { Transformer } from '../shared/config/transformer.ts';
import { formatName } from '../shared/records/format.ts';
import type { Limits } from '../shared/scaling/plan.ts';
import type { Column } from '../shared/sql/types.ts';
import type { ServiceFunction } from './function.ts';
import { aggregateFunction } from './functions/aggregate.ts';
import { ingestFunction } from './functions/ingest.ts';
import { redriveFunction } from './functions/redrive.ts';
import { scaleFunction } from './functions/scale.ts';
import { transformFunction } from './functions/transform.ts';
import { upsertFunction } from './functions/upsert.ts';
import type { ServiceHttp } from './http-api.ts';
import { columnsOf } from './transformers.ts';

/**
 * What has to stand for the applications to run, without a word of CloudFormation: infra/ makes
 * a template of it, local/ starts it on one machine.
 */
export interface Service {
  readonly stage: string;
  readonly functions: readonly ServiceFunction[];
  readonly streams: readonly ServiceStream[];
  readonly tables: readonly ServiceTable[];
  readonly sources: readonly ServiceSource[];
  readonly deliveries: readonly ServiceDelivery[];
  /** null: no stream takes records over HTTP. */
  readonly http: ServiceHttp | null;
  readonly scalings: readonly ServiceScaling[];
}

export interface ServiceStream {
  readonly name: string;
  readonly physicalName: string;
  readonly shards: number;
  readonly retentionHours: number;
}

/** Tables have the string keys pk and sk; DynamoDB removes an item past its attribute `expires`. */
export interface ServiceTable {
  readonly name: string;
  readonly physicalName: string;
}

/** What an AWS service puts into a stream. */
export interface ServiceSource {
  /** Of the stream and the source in it. */
  readonly name: string;
  readonly physicalName: string;
  /** The name in streams.yml; its ARN is in `arn` if the stream is not ours. */
  readonly stream: string;
  readonly arn: string | null;
  readonly source: Source;
}

/** A stream on its way into a bucket, or on from there. */
export interface ServiceDelivery {
  readonly name: string;
  readonly physicalName: string;
  /** The ARN of its stream, if that is not ours. */
  readonly arn: string | null;
  readonly config: DeliveryConfig;
  /** The name of the function through which its records pass. */
  readonly transform: string | null;
  /** Its records are gzipped: what the transformer makes of them is many times as large. */
  readonly isPacked: boolean;
  /** The columns of its Parquet files; null: it writes lines. */
  readonly parquet: readonly Column[] | null;
}

/** What wakes the scaler of a stream, and tells of it. */
export interface ServiceScaling {
  /** The name in streams.yml. */
  readonly stream: string;
  /** Its name on AWS. */
  readonly streamName: string;
  /** The name of the function; its physical name begins those of alarms and schedule. */
  readonly fn: string;
  readonly physicalName: string;
  readonly limits: Limits;
  readonly topic: string | null;
}

/** CloudFormation's Fn::Sub puts the bucket's name in. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholder
export const FAULTS_ON_AWS = 's3://${Faults}';

/**
 * Describes the service of one stage.
 * `faultsRoot` is a URL without a slash at its end: s3://bucket, or file:///folder on one machine.
 * `ownHandler` finds the file of a user's own transformer.
 * Throws unless `isStage`.
 */
export function describeService(
  applications: readonly Application[],
  config: StreamsConfig,
  stage: string,
  faultsRoot: string = FAULTS_ON_AWS,
  transformers: readonly Transformer[] = [],
  ownHandler: (file: string) => string = (file) => file,
): Service {
  if (!isStage(stage)) throw new Error(`the stage "${stage}" cannot be used: ${STAGES_ARE}`);
  const prefix = `sluice-${stage}-`;
  const outputs = applications.flatMap((application) => Object.values(application.outputs));
  const upserted = Object.values(config.upserts).map(({ table }) => table);
  const tables = new Set([STATE_TABLE, ...outputs.map(({ table }) => table), ...upserted]);
  const transformerOf = (delivery: string) =>
    transformers.find((one) => one.delivery === delivery) ?? null;
  const deliveries = Object.values(config.deliveries).map((delivery): ServiceDelivery => {
    const transformer = transformerOf(delivery.name);
    const { arn, compression, format } = config.streams[delivery.stream]!;
    return {
      name: delivery.name,
      physicalName: prefix + delivery.name,
      arn,
      config: delivery,
      isPacked: compression === 'gzip' || formatName(format) === 'cloudwatch-logs',
      transform: delivery.transform === null ? null : `transform-${delivery.name}`,
      parquet: delivery.files === 'parquet' && transformer ? columnsOf(transformer) : null,
    };
  });
  const scalers = Object.values(config.streams).flatMap((stream) =>
    stream.scaling ? [{ stream, fn: scaleFunction(stream, stream.scaling, prefix) }] : [],
  );
  const aggregates = applications.map((application) =>
    aggregateFunction(application, config, prefix, faultsRoot),
  );
  return {
    stage,
    functions: ofStage(stage, [
      ...aggregates,
      ...applications.map((application, i) => redriveFunction(application, aggregates[i]!, prefix)),
      ...Object.values(config.deliveries).flatMap((delivery) =>
        delivery.transform === null
          ? []
          : transformFunction(delivery, config, prefix, transformerOf(delivery.name), ownHandler),
      ),
      ...Object.values(config.streams).flatMap((stream) => ingestFunction(stream, prefix)),
      ...scalers.map(({ fn }) => fn),
      ...Object.values(config.upserts).map((upsert) =>
        upsertFunction(upsert, config, prefix, faultsRoot),
      ),
    ]),
    deliveries,
    http: describeHttp(config, prefix),
    streams: Object.values(config.streams).flatMap(({ name, shards, retentionMs }) =>
      shards === null
        ? []
        : [{ name, physicalName: prefix + name, shards, retentionHours: wholeHours(retentionMs) }],
    ),
    tables: [...tables].map((name) => ({ name, physicalName: prefix + name })),
    sources: Object.values(config.streams).flatMap(({ name: stream, arn, sources }) =>
      Object.entries(sources).map(([of, source]) => {
        const name = `${stream}-${of}`;
        return { name, physicalName: prefix + name, stream, arn, source };
      }),
    ),
    scalings: scalers.map(({ stream: { name, scaling }, fn }) => ({
      stream: name,
      streamName: fn.environment.SLUICE_STREAM!,
      fn: fn.name,
      physicalName: fn.physicalName,
      limits: scaling!.limits,
      topic: scaling!.topic,
    })),
  };
}

/** Each function knows its stage: its metrics and the alarms on them are the stage's own. */
function ofStage(stage: string, functions: readonly ServiceFunction[]): ServiceFunction[] {
  return functions.map((one) => ({
    ...one,
    environment: { ...one.environment, SLUICE_STAGE: stage },
  }));
}

function describeHttp({ http, streams }: StreamsConfig, prefix: string): ServiceHttp | null {
  const routes = Object.values(streams).flatMap(({ name, ingest }) => {
    if (ingest === null) return [];
    const { auth, throttle } = ingest;
    return [{ stream: name, function: `ingest-${name}`, auth, throttle }];
  });
  return routes.length === 0 ? null : { ...http, physicalName: `${prefix}http`, routes };
}

export const STAGES_ARE =
  'it stands in resource names, so it takes lower case letters, digits and hyphens, at most 14 characters';

/** A function's name has at most 64 characters, of which 32 are the application's. */
export function isStage(stage: string): boolean {
  return /^[a-z](?:[a-z0-9-]{0,12}[a-z0-9])?$/.test(stage);
}

/** Kinesis takes whole hours; rather keep a record longer than asked for. */
function wholeHours(ms: number): number {
  return Math.ceil(ms / 3_600_000);
}
