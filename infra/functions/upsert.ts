import type { StreamsConfig } from '../../shared/config/streams.ts';
import type { UpsertConfig } from '../../shared/config/upserts.ts';
import type { ServiceFunction } from '../function.ts';
import { readGrant, streamMapping } from './stream-reader.ts';

/** From it come shares of a CPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEMORY_MB = 512;
const TIMEOUT_SECONDS = 60;

/** The function that merges rows of another engine into a table. */
export function upsertFunction(
  { upsert, table, batch }: UpsertConfig,
  { streams }: StreamsConfig,
  prefix: string,
  faultsRoot: string,
): ServiceFunction {
  const stream = upsert.stream && streams[upsert.stream.name]!;
  const name = `upsert-${upsert.name}`;
  return {
    name,
    handler: 'upsert',
    files: { 'upsert.json': upsert },
    physicalName: prefix + name,
    application: upsert.name,
    description: `Sluice: rows ${stream ? `of stream ${stream.name} ` : ''}into table ${table}`,
    environment: {
      SLUICE_TABLE: prefix + table,
      SLUICE_FAULTS: faultsRoot,
      ...(stream && { SLUICE_STREAM: stream.arn?.split('/').at(-1) ?? prefix + stream.name }),
    },
    memoryMb: MEMORY_MB,
    timeoutSeconds: TIMEOUT_SECONDS,
    mapping: stream && streamMapping(stream, batch, 0),
    grants: [
      ...(stream ? [readGrant(stream)] : []),
      { actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], on: [{ table }] },
      { actions: ['s3:PutObject'], on: [{ faults: `faults/${upsert.name}` }] },
    ],
  };
}
