import type { Application } from '../../shared/config/application.ts';
import { openPrefix } from '../../shared/consume/fault-archives.ts';
import type { Grant, ServiceFunction, StreamFunction } from '../function.ts';

/** A run goes on for 20 seconds and ends after the page it is at (functions/redrive/redriver.ts). */
const TIMEOUT_SECONDS = 120;

/**
 * The function that brings back what `aggregate` has set aside: the same program over the same
 * tables, but nothing feeds it. A person invokes it: `npx sluice faults redrive`.
 */
export function redriveFunction(
  application: Application,
  aggregate: StreamFunction,
  prefix: string,
): ServiceFunction {
  const { name } = application;
  const { stream, arn } = aggregate.mapping;
  const { SLUICE_HEAT: _, ...environment } = aggregate.environment;
  const tables = aggregate.grants.filter(({ on }) => on.some((target) => 'table' in target));
  return {
    name: `redrive-${name}`,
    handler: 'redrive',
    files: { 'application.json': application },
    physicalName: redriveName(prefix, name),
    application: null,
    redrives: name,
    description: `Sluice: what ${name} set aside, back into its tables`,
    environment,
    memoryMb: aggregate.memoryMb,
    timeoutSeconds: TIMEOUT_SECONDS,
    mapping: null,
    grants: [
      // What a mapping gave up is read again.
      {
        actions: ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
        on: [{ stream, arn }],
      },
      ...tables,
      ...faultGrants(name),
    ],
  };
}

/** The name on AWS; `prefix` stands before the names of a stage's resources. */
export function redriveName(prefix: string, application: string): string {
  return `${prefix}redrive-${application}`;
}

/** Reads and rewrites what is open, moves what is done. S3 copies by GetObject and PutObject. */
function faultGrants(application: string): Grant[] {
  return [
    { actions: ['s3:ListBucket'], on: [{ keys: openPrefix(application) }] },
    {
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      on: [{ faults: `faults/${application}` }],
    },
    { actions: ['s3:PutObject'], on: [{ faults: `redriven/${application}` }] },
  ];
}
