import { bodyKind, type Ingest } from '../../shared/config/ingest.ts';
import type { StreamConfig } from '../../shared/config/streams.ts';
import type { ServiceFunction } from '../function.ts';

/** Room for a body in all its forms; https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEMORY_MB = 1024;
/** API Gateway waits for 30 seconds: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const TIMEOUT_SECONDS = 29;

/** The function behind POST /<stream>; none without `ingest`. */
export function ingestFunction(stream: StreamConfig, prefix: string): readonly ServiceFunction[] {
  if (stream.ingest === null) return [];
  const { key, limitBytes } = stream.ingest;
  const name = `ingest-${stream.name}`;
  const settings: Ingest = {
    stream: stream.name,
    body: bodyKind(stream.format)!,
    key,
    limitBytes,
    aggregates: stream.producer === 'kpl',
  };
  return [
    {
      name,
      handler: 'ingest',
      files: { 'ingest.json': settings },
      physicalName: prefix + name,
      application: null,
      description: `Sluice: HTTP into stream ${stream.name}`,
      environment: { SLUICE_STREAM: stream.arn?.split('/').at(-1) ?? prefix + stream.name },
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      mapping: null,
      grants: [
        {
          actions: ['kinesis:PutRecords', 'kinesis:ListShards'],
          on: [{ stream: stream.name, arn: stream.arn }],
        },
      ],
    },
  ];
}
