import type { Application } from '../shared/config/application.ts';
import { STATE_TABLE, type StreamsConfig } from '../shared/config/streams.ts';

/**
 * What has to stand for the applications to run, without a word of CloudFormation: infra/ makes
 * a template of it, local/ starts it on one machine.
 */
export interface Service {
  readonly stage: string;
  readonly functions: readonly ServiceFunction[];
  readonly streams: readonly ServiceStream[];
  readonly tables: readonly ServiceTable[];
}

export interface ServiceFunction {
  /** Also the folder in dist/. */
  readonly name: string;
  readonly physicalName: string;
  readonly application: string;
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly mapping: Mapping;
  /** Logical names of the tables it reads and writes. */
  readonly tables: readonly string[];
  /** Its faults stand below this in the root of the faults (faultKey of shared/consume). */
  readonly faultsPrefix: string;
}

/** An event source mapping, with every value that has a default on AWS or in osls given here. */
export interface Mapping {
  /** The name in streams.yml; its ARN is in `arn` if the stream is not ours. */
  readonly stream: string;
  readonly arn: string | null;
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  readonly parallelizationFactor: 1;
  readonly maximumRetryAttempts: -1;
  readonly maximumRecordAgeSeconds: -1;
  readonly bisectBatchOnFunctionError: true;
  readonly functionResponseTypes: readonly ['ReportBatchItemFailures'];
  readonly startingPosition: 'TRIM_HORIZON';
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

/** CloudFormation's Fn::Sub puts the bucket's name in. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholder
export const FAULTS_ON_AWS = 's3://${Faults}';

/** From it come shares of a CPU; 1769 MB is one: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEMORY_MB = 1024;
const TIMEOUT_SECONDS = 60;

/**
 * Describes the service of one stage.
 * `faultsRoot` is a URL without a slash at its end: s3://bucket, or file:///folder on one machine.
 * Throws unless `isStage`.
 */
export function describeService(
  applications: readonly Application[],
  config: StreamsConfig,
  stage: string,
  faultsRoot: string = FAULTS_ON_AWS,
): Service {
  if (!isStage(stage)) throw new Error(`the stage "${stage}" cannot be used: ${STAGES_ARE}`);
  const prefix = `sluice-${stage}-`;
  const outputs = applications.flatMap((application) => Object.values(application.outputs));
  const tables = new Set([STATE_TABLE, ...outputs.map((output) => output.table)]);
  return {
    stage,
    functions: applications.map((application) =>
      describeFunction(application, config, prefix, faultsRoot),
    ),
    streams: Object.values(config.streams).flatMap(({ name, shards, retentionMs }) =>
      shards === null
        ? []
        : [{ name, physicalName: prefix + name, shards, retentionHours: wholeHours(retentionMs) }],
    ),
    tables: [...tables].map((name) => ({ name, physicalName: prefix + name })),
  };
}

export const STAGES_ARE =
  'it stands in resource names, so it takes lower case letters, digits and hyphens, at most 14 characters';

/** A function's name has at most 64 characters, of which 32 are the application's. */
export function isStage(stage: string): boolean {
  return /^[a-z](?:[a-z0-9-]{0,12}[a-z0-9])?$/.test(stage);
}

/** The function that runs an application, and its folder in dist/. */
export function functionName(application: Pick<Application, 'name'>): string {
  return `aggregate-${application.name}`;
}

function describeFunction(
  application: Application,
  { streams, applications }: StreamsConfig,
  prefix: string,
  faultsRoot: string,
): ServiceFunction {
  const stream = streams[application.stream.name]!;
  const { batch } = applications[application.name]!;
  const name = functionName(application);
  return {
    name,
    physicalName: prefix + name,
    application: application.name,
    description: `Sluice: ${application.name} of stream ${stream.name}`,
    environment: {
      SLUICE_TABLE_PREFIX: prefix,
      SLUICE_STATE_TABLE: prefix + STATE_TABLE,
      SLUICE_FAULTS: faultsRoot,
      SLUICE_STREAM: stream.arn?.split('/').at(-1) ?? prefix + stream.name,
    },
    memoryMb: MEMORY_MB,
    timeoutSeconds: TIMEOUT_SECONDS,
    mapping: {
      stream: stream.name,
      arn: stream.arn,
      batchSize: batch.size,
      batchWindowSeconds: batch.windowMs / 1000,
      parallelizationFactor: 1,
      maximumRetryAttempts: -1,
      maximumRecordAgeSeconds: -1,
      bisectBatchOnFunctionError: true,
      functionResponseTypes: ['ReportBatchItemFailures'],
      startingPosition: 'TRIM_HORIZON',
    },
    tables: [
      ...new Set([...Object.values(application.outputs).map(({ table }) => table), STATE_TABLE]),
    ],
    faultsPrefix: `faults/${application.name}`,
  };
}

/** Kinesis takes whole hours; rather keep a record longer than asked for. */
function wholeHours(ms: number): number {
  return Math.ceil(ms / 3_600_000);
}
