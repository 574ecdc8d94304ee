import type { DeliveryConfig } from '../../shared/config/delivery.ts';
import type { StreamsConfig } from '../../shared/config/streams.ts';
import type { Transformer } from '../../shared/config/transformer.ts';
import type { Grant, ServiceFunction } from '../function.ts';

const MEMORY_MB = 1024;
/** Firehose waits for five minutes: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html */
const TIMEOUT_SECONDS = 300;

/**
 * The function through which the records of a delivery pass. What does not fit its response it may
 * put back into a stream that nobody else reads. `transformer`: null if it is the user's own, whose
 * file is at `ownHandler`.
 */
export function transformFunction(
  delivery: DeliveryConfig,
  config: StreamsConfig,
  prefix: string,
  transformer: Transformer | null,
  ownHandler: (file: string) => string,
): ServiceFunction {
  const { name, transform, partitionKeys } = delivery;
  const stream = config.streams[delivery.stream]!;
  const returns = isOnlyReader(delivery, config);
  const putBack: Grant = {
    actions: ['kinesis:PutRecords'],
    on: [{ stream: stream.name, arn: stream.arn }],
  };
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
      ...(partitionKeys.length > 0 && { SLUICE_PARTITION_KEYS: partitionKeys.join(',') }),
      ...(returns && { SLUICE_PUT_BACK: prefix + stream.name }),
    },
    memoryMb: MEMORY_MB,
    timeoutSeconds: TIMEOUT_SECONDS,
    mapping: null,
    grants: returns ? [putBack] : [],
  };
}

/**
 * A record that is put back comes a second time to whatever else reads the stream: tables would
 * count it twice. Who reads a stream that is not ours is not known.
 */
function isOnlyReader(
  { name, stream }: DeliveryConfig,
  { streams, applications, deliveries }: StreamsConfig,
): boolean {
  const others = [
    ...Object.values(applications),
    ...Object.values(deliveries).filter((other) => other.name !== name),
  ];
  return streams[stream]!.arn === null && others.every((other) => other.stream !== stream);
}
