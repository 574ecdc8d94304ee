import type { ScalingConfig } from '../../shared/config/scaling.ts';
import { STATE_TABLE, type StreamConfig } from '../../shared/config/streams.ts';
import { heatsOf } from '../../shared/resharding/heats.ts';
import { leaseOf } from '../../shared/resharding/lease.ts';
import type { ServiceFunction } from '../function.ts';

/** A few calls to AWS and a plan: from memory comes the CPU that its cold start needs. */
const MEMORY_MB = 512;
/** Also how long a killed one holds its lease; a look takes a second or two. */
const TIMEOUT_SECONDS = 30;

/** The function that reshards one stream: a role that could touch others would serve nobody. */
export function scaleFunction(
  { name, arn }: StreamConfig,
  scaling: ScalingConfig,
  prefix: string,
): ServiceFunction {
  const stream = arn?.split('/').at(-1) ?? prefix + name;
  return {
    name: `scale-${name}`,
    handler: 'scale',
    files: { 'scaling.json': scaling },
    physicalName: `${prefix}scale-${name}`,
    application: null,
    description: `Sluice: shards of stream ${name}`,
    environment: { SLUICE_STREAM: stream, SLUICE_STATE_TABLE: prefix + STATE_TABLE },
    memoryMb: MEMORY_MB,
    timeoutSeconds: TIMEOUT_SECONDS,
    mapping: null,
    grants: [
      {
        actions: [
          'kinesis:DescribeStreamSummary',
          'kinesis:ListShards',
          'kinesis:MergeShards',
          'kinesis:SplitShard',
          'kinesis:UpdateShardCount',
        ],
        on: [{ stream: name, arn }],
      },
      {
        actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
        on: [{ table: STATE_TABLE }],
        partitionKeys: [leaseOf(stream)],
      },
      {
        actions: ['dynamodb:Query'],
        on: [{ table: STATE_TABLE }],
        partitionKeys: [heatsOf(stream)],
      },
      { actions: ['cloudwatch:GetMetricData'], on: [{ resource: null }] },
    ],
  };
}
