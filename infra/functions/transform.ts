import type { DeliveryConfig } from '../../shared/config/delivery.ts';
import type { StreamConfig } from '../../shared/config/streams.ts';
import type { Transformer } from '../../shared/config/transformer.ts';
import type { ServiceFunction } from '../service.ts';

const MEMORY_MB = 1024;
/** Firehose waits for five minutes: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html */
const TIMEOUT_SECONDS = 300;

/**
 * The function through which the records of a delivery pass. It may put records back into the
 * stream: what does not fit a response comes again. `transformer`: null if it is the user's own,
 * whose file is at `ownHandler`.
 */
export function transformFunction(
  { name, transform }: DeliveryConfig,
  stream: StreamConfig,
  prefix: string,
  transformer: Transformer | null,
  ownHandler: (file: string) => string,
): ServiceFunction {
  const own = transform?.kind === 'handler' ? ownHandler(transform.handler) : null;
  return {
    name: `transform-${name}`,
    handler: own ?? 'transform',
    files: transformer === null ? {} : { 'transformer.json': transformer },
    physicalName: `${prefix}transform-${name}`,
    application: null,
    description: `Sluice: records of stream ${stream.name} for delivery ${name}`,
    environment: {
      SLUICE_DELIVERY: name,
      SLUICE_STREAM: stream.arn?.split('/').at(-1) ?? prefix + stream.name,
    },
    memoryMb: MEMORY_MB,
    timeoutSeconds: TIMEOUT_SECONDS,
    mapping: null,
    grants: [{ actions: ['kinesis:PutRecords'], on: [{ stream: stream.name, arn: stream.arn }] }],
  };
}
