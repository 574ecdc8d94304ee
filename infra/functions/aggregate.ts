import type { Application } from '../../shared/config/application.ts';
import { STATE_TABLE, type StreamsConfig } from '../../shared/config/streams.ts';
import type { FunctionPackage, StreamFunction } from '../service.ts';

/** From it come shares of a CPU; 1769 MB is one: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEMORY_MB = 1024;
const TIMEOUT_SECONDS = 60;

/** The package of the function that runs an application. */
export function aggregatePackage(application: Application): FunctionPackage {
  return {
    name: `aggregate-${application.name}`,
    handler: 'aggregate',
    files: { 'application.json': application },
  };
}

/** `prefix` stands before the names of a stage's resources. */
export function aggregateFunction(
  application: Application,
  { streams, applications }: StreamsConfig,
  prefix: string,
  faultsRoot: string,
): StreamFunction {
  const stream = streams[application.stream.name]!;
  const { batch } = applications[application.name]!;
  const contents = aggregatePackage(application);
  const outputs = Object.values(application.outputs);
  const tables = new Set([...outputs.map(({ table }) => table), STATE_TABLE]);
  return {
    ...contents,
    physicalName: prefix + contents.name,
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
    grants: [
      {
        // kinesis:ListStreams knows no resource but `*`, and reading one stream does not need it.
        actions: [
          'kinesis:DescribeStream',
          'kinesis:DescribeStreamSummary',
          'kinesis:GetRecords',
          'kinesis:GetShardIterator',
          'kinesis:ListShards',
        ],
        on: [{ stream: stream.name, arn: stream.arn }],
      },
      {
        actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
        on: [...tables].map((table) => ({ table })),
      },
      { actions: ['s3:PutObject'], on: [{ faults: `faults/${application.name}` }] },
    ],
  };
}
