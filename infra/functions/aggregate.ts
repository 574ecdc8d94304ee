import type { Application } from '../../shared/config/application.ts';
import { STATE_TABLE, type StreamConfig, type StreamsConfig } from '../../shared/config/streams.ts';
import type { FunctionPackage, StreamFunction } from '../function.ts';
import { readGrant, streamMapping } from './stream-reader.ts';

/** From it come shares of a CPU; 1769 MB is one: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEMORY_MB = 1024;
const TIMEOUT_SECONDS = 60;
/** Enough to read the records of a whole window again, at the 2 MB a second that a shard gives. */
const WINDOW_TIMEOUT_SECONDS = 900;

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
  const { batch, stateWindowMs } = applications[application.name]!;
  const windowSeconds = (stateWindowMs ?? 0) / 1000;
  const contents = aggregatePackage(application);
  const outputs = Object.values(application.outputs);
  const tables = new Set([...outputs.map(({ table }) => table), STATE_TABLE]);
  return {
    ...contents,
    physicalName: prefix + physicalName(application, windowSeconds),
    application: application.name,
    description: `Sluice: ${application.name} of stream ${stream.name}`,
    environment: {
      SLUICE_TABLE_PREFIX: prefix,
      SLUICE_STATE_TABLE: prefix + STATE_TABLE,
      SLUICE_FAULTS: faultsRoot,
      SLUICE_STREAM: stream.arn?.split('/').at(-1) ?? prefix + stream.name,
      ...(keepsHeat(application, stream, applications) && { SLUICE_HEAT: 'keep' }),
    },
    memoryMb: MEMORY_MB,
    timeoutSeconds: windowSeconds > 0 ? WINDOW_TIMEOUT_SECONDS : TIMEOUT_SECONDS,
    mapping: streamMapping(stream, batch, windowSeconds),
    grants: [
      readGrant(stream),
      {
        actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
        on: [...tables].map((table) => ({ table })),
      },
      { actions: ['s3:PutObject'], on: [{ faults: `faults/${application.name}` }] },
    ],
  };
}

/** The first application of a scaled stream: one is enough, and two would count everything twice. */
function keepsHeat(
  { name }: Application,
  { name: stream, scaling }: StreamConfig,
  applications: StreamsConfig['applications'],
): boolean {
  const first = Object.values(applications).find((one) => one.stream === stream);
  return scaling !== null && first?.name === name;
}

/**
 * With another window it is another function, as long a name. So a deployment that changes `state`
 * puts a new mapping in the place of the old one, whose state nobody could take over: it reads the
 * stream from its beginning, and what is in the tables stays in, once.
 */
function physicalName({ name }: Application, windowSeconds: number): string {
  return windowSeconds > 0 ? `window${windowSeconds}-${name}` : `aggregate-${name}`;
}
