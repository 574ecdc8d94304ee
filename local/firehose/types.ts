import type { Compression } from '../../shared/config/delivery.ts';

/** One user record on its way from a stream into objects. */
export interface SourceRecord {
  readonly data: Buffer;
  /** ApproximateArrivalTimestamp, milliseconds since 1970. */
  readonly arrival: number;
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** Its place in a KPL aggregate; null: it was none. */
  readonly subSequenceNumber: number | null;
  readonly partitionKey: string;
  /** To be called once for each object that has to hold it, when that is written. */
  readonly done: () => void;
}

/** What the transformer makes of a record. */
export type Transformed =
  | {
      readonly result: 'Ok';
      readonly data: Buffer;
      readonly keys: Readonly<Record<string, unknown>>;
    }
  | { readonly result: 'Dropped' }
  | { readonly result: 'Failed'; readonly failure: Failure };

/** Why a record goes to the error prefix. */
export interface Failure {
  /** `!{firehose:error-output-type}` of the prefix. */
  readonly type: 'processing-failed' | 'dynamic-partitioning-failed' | 'activePartitionExceeded';
  readonly attemptsMade: number;
  readonly errorCode: string;
  readonly errorMessage: string;
}

/** Takes records through a transformer: an answer to each, in their order. Never rejects. */
export type Transform = (records: readonly SourceRecord[]) => Promise<readonly Transformed[]>;

/** A bucket. */
export interface ObjectStore {
  /** Resolves when the object is there for good. */
  put(key: string, bytes: Uint8Array): Promise<void>;
}

/** A buffer is full with so many bytes, or after so long. */
export interface Hints {
  readonly bytes: number;
  readonly ms: number;
}

export interface DeliverySettings {
  /** Of the delivery stream: objects are named after it. */
  readonly name: string;
  readonly streamArn: string;
  readonly region: string;
  readonly prefix: string;
  readonly errorPrefix: string;
  /** That the prefix names; with any, partitions are dynamic. */
  readonly partitionKeys: readonly string[];
  readonly compression: Extract<Compression, 'none' | 'gzip'>;
  /** Prefix of the records as they came; null: they are not kept. */
  readonly backupPrefix: string | null;
  /** Of what is handed to the transformer at once. */
  readonly batches: Hints;
  readonly objects: Hints;
  /** Of partitions that are being gathered or written. Default: AWS's 500. */
  readonly mostPartitions?: number;
  /** Of all buffers together; beyond that the largest object is written early. Default 128 MB. */
  readonly memoryBytes?: number;
}

/** What has become of the records so far. */
export interface DeliveryCounts {
  /** Records in objects below the prefix, and their objects and bytes as they lie there. */
  readonly records: number;
  readonly objects: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly failed: number;
  /** Key of the object that was written last; null: none yet. */
  readonly newest: string | null;
}
