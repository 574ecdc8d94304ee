import type { Route } from './objects.ts';
import { fillPrefix } from './prefix.ts';
import type { DeliverySettings, Failure, ObjectStore, SourceRecord, Transformed } from './types.ts';

type Delivered = Extract<Transformed, { result: 'Ok' }>;

export interface Routes {
  /** Where a transformed record goes; or why its partition is none. */
  readonly data: (record: SourceRecord, transformed: Delivered) => Route | Failure;
  readonly errors: (type: Failure['type']) => Route;
  readonly backup: Route | null;
}

/** The longest key of S3, https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html, less the name. */
const PREFIX_BYTES = 1024 - 128;

/** The ways of a delivery's records into its buckets. */
export function createRoutes(
  settings: DeliverySettings,
  main: ObjectStore,
  backup: ObjectStore | null,
): Routes {
  const { prefix, errorPrefix, partitionKeys, compression, backupPrefix } = settings;
  const route = { kind: 'data', store: main, compression } as const;
  const fixed: Route = { ...route, key: '', prefix: (time) => fillPrefix(prefix, { time }) };
  return {
    data: partitionKeys.length === 0 ? () => fixed : dynamic,
    errors: (errorType) => ({
      key: `errors ${errorType}`,
      kind: 'errors',
      store: main,
      // For people: they read why at once.
      compression: 'none',
      prefix: (time) => fillPrefix(errorPrefix, { time, errorType }),
    }),
    backup:
      backup === null || backupPrefix === null
        ? null
        : {
            key: 'backup',
            kind: 'backup',
            store: backup,
            compression: 'gzip',
            prefix: (time) => fillPrefix(backupPrefix, { time }),
          },
  };

  /** A partition is a value of the whole prefix. */
  function dynamic({ arrival }: SourceRecord, { keys }: Delivered): Route | Failure {
    const missing = partitionKeys.filter(
      (key) => typeof keys[key] !== 'string' || keys[key] === '',
    );
    if (missing.length > 0) {
      return noPartition(`The transformer gave no text for ${missing.join(', ')}`);
    }
    const text = fillPrefix(prefix, { time: arrival, keys: keys as Record<string, string> });
    if (Buffer.byteLength(text) > PREFIX_BYTES) return noPartition('The prefix is over 896 bytes');
    return { ...route, key: `data ${text}`, prefix: () => text };
  }
}

function noPartition(errorMessage: string): Failure {
  const errorCode = 'DynamicPartitioning.MetadataExtractionFailed';
  return { type: 'dynamic-partitioning-failed', attemptsMade: 1, errorCode, errorMessage };
}
