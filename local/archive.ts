import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { TRANSFORM_RETRIES, transformBuffer } from '../infra/deliveries/destination.ts';
import type { ServiceFunction } from '../infra/function.ts';
import type { ServiceDelivery } from '../infra/service.ts';
import { ACCOUNT, REGION } from './clients.ts';
import type { ArchiveProgress } from './display/archive.ts';
import { checkpointFile } from './firehose/checkpoint-file.ts';
import { startDelivery } from './firehose/delivery.ts';
import { folderStore } from './firehose/folder-store.ts';
import { lambdaTransform } from './firehose/transform.ts';
import type { DeliverySettings } from './firehose/types.ts';
import { createLedger, type Ledger } from './ledger.ts';
import type { StreamSource } from './mapping/types.ts';
import { realClock } from './real-clock.ts';
import { createRuntime, type Runtime } from './runtime.ts';

export interface ArchiveOptions {
  readonly delivery: ServiceDelivery;
  /** Through which its records pass; null: through none. */
  readonly fn: ServiceFunction | null;
  readonly streamName: string;
  readonly source: StreamSource;
  /** Holds the function's packaged folder. */
  readonly dist: string;
  /** The emulators' endpoints and credentials, added to the function's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The file that gets what the function writes. */
  readonly logFile: string;
  /** Holds a folder for each bucket. */
  readonly folder: string;
}

/** One delivery at work: a Firehose loop from the stream into a folder. */
export interface Archive {
  /** What has been put into the stream, and is archived. */
  readonly ledger: Ledger;
  /** All that has been put is where it has to be. */
  settled(): boolean;
  hurry(): void;
  progress(): ArchiveProgress;
  /** Why it cannot go on, when it has failed many times in a row; null otherwise. */
  stuck(): string | null;
  stop(): Promise<void>;
}

const MB = 1024 * 1024;
/** Longest waits here: a person is looking. On AWS those of streams.yml hold. */
const BATCH_MS = 1_000;
const OBJECT_MS = 5_000;
const STUCK_AFTER = 12;

/** Throws Error where a prefix of the delivery is not filled in on one machine. */
export function startArchive(options: ArchiveOptions): Archive {
  const { delivery, fn, folder, logFile } = options;
  const { name, config } = delivery;
  const ledger = createLedger();
  const saved = checkpointFile(join(folder, `${name}.checkpoints.json`));
  const settings = settingsOf(options);
  const runtime = fn && startRuntime(fn, options);
  let failedInARow = 0;
  let notWritten: string | null = null;
  let notTransformed: string | null = null;
  const loop = startDelivery({
    settings,
    source: options.source,
    clock: realClock,
    transform:
      runtime &&
      lambdaTransform({
        invoke: async (event, requestId) => {
          const answer = await runtime.invoke(event, requestId);
          notTransformed = null;
          return answer;
        },
        clock: realClock,
        deliveryArn: `arn:aws:firehose:${REGION}:${ACCOUNT}:deliverystream/${delivery.physicalName}`,
        settings,
        retries: TRANSFORM_RETRIES,
        failed(reason) {
          notTransformed = `the transformer fails: ${reason}`;
          note(notTransformed);
        },
      }),
    lambdaArn: runtime && `${runtime.functionArn}:$LATEST`,
    store: folderStore(join(folder, bucketOf(delivery))),
    backup: config.backup && folderStore(join(folder, config.backup.bucket)),
    from: saved.read(),
    failed(reason) {
      failedInARow += 1;
      notWritten = reason;
      note(reason);
    },
    advanced(shardIds, all) {
      for (const shardId of shardIds) ledger.checkpoint(shardId, all.get(shardId)!);
      failedInARow = 0;
      notWritten = null;
      saved.write(all);
    },
  });
  return {
    ledger,
    settled: () => ledger.waitingSince === null && loop.settled(),
    hurry: loop.hurry,
    progress: () => ({
      delivery: name,
      ...loop.counts(),
      problem: notWritten ?? notTransformed,
    }),
    stuck: () => (failedInARow >= STUCK_AFTER ? notWritten : null),
    async stop() {
      try {
        await loop.stop();
      } finally {
        await runtime?.stop();
      }
    },
  };

  function note(reason: string): void {
    appendFileSync(logFile, `${name} ${reason}\n`);
  }
}

/** The bucket's name; that of one which the service makes is given by AWS. */
export function bucketOf({ config, physicalName }: ServiceDelivery): string {
  return config.bucket ?? physicalName;
}

/** What is done otherwise on AWS, for people; null: nothing. */
export function differsFromAws({ config }: ServiceDelivery): string | null {
  const { files, compression, redshift, openSearch } = config;
  if (files === 'parquet') return 'lines of JSON here, Parquet on AWS';
  if (compression !== 'gzip' && compression !== 'none') {
    return `compressed with gzip here, with ${compression} on AWS`;
  }
  if (redshift !== null) return 'not copied into Redshift here';
  return openSearch === null ? null : 'lines of JSON here, indexed in OpenSearch on AWS';
}

function settingsOf({ delivery, streamName }: ArchiveOptions): DeliverySettings {
  const { physicalName, config } = delivery;
  const batches = transformBuffer(delivery);
  return {
    name: physicalName,
    streamArn: `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/${streamName}`,
    region: REGION,
    prefix: config.prefix,
    errorPrefix: config.errorPrefix,
    partitionKeys: config.partitionKeys,
    compression: config.compression === 'none' ? 'none' : 'gzip',
    backupPrefix: config.backup?.prefix ?? null,
    batches: { bytes: batches.mb * MB, ms: Math.min(BATCH_MS, batches.seconds * 1000) },
    objects: {
      bytes: config.buffer.mb * MB,
      ms: Math.min(OBJECT_MS, config.buffer.seconds * 1000),
    },
  };
}

function startRuntime(fn: ServiceFunction, options: ArchiveOptions): Runtime {
  return createRuntime({
    functionName: fn.physicalName,
    folder: join(options.dist, fn.name),
    environment: { ...fn.environment, ...options.environment },
    timeoutMs: fn.timeoutSeconds * 1000,
    memoryMb: fn.memoryMb,
    log: (line) => appendFileSync(options.logFile, `${options.delivery.name} ${line}\n`),
  });
}
