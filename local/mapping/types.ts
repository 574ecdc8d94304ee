/**
 * The words of the event source mapping. Nothing here knows a timer, a socket or an SDK: the same
 * code runs against kinesis-local on real time and against a list in memory on a virtual clock.
 */

/** One record as the stream keeps it; `data` is what the producer put, not base64. */
export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** ApproximateArrivalTimestamp, milliseconds since 1970. */
  readonly arrival: number;
}

export interface StreamShard {
  readonly shardId: string;
  /** Empty, one (split) or two (merge). A parent that the stream no longer lists counts as read. */
  readonly parents: readonly string[];
}

export type Position =
  | { readonly at: 'TRIM_HORIZON' }
  | { readonly at: 'LATEST' }
  | { readonly at: 'AT_TIMESTAMP'; readonly time: number }
  | { readonly at: 'AFTER'; readonly sequenceNumber: string }
  /** The source's own bookmark; how LATEST stays where it was while nothing arrives. */
  | { readonly at: 'CURSOR'; readonly cursor: string };

export interface StreamSource {
  listShards(): Promise<readonly StreamShard[]>;
  getRecords(shardId: string, from: Position, limit: number): Promise<Read>;
}

export interface Read {
  /** Up to the limit that was asked for, in order. */
  readonly records: readonly StreamRecord[];
  /** null at the end of a closed shard. */
  readonly next: Position | null;
  /** How far the shard goes on behind these records, milliseconds; 0 at its tip. */
  readonly behindMs: number;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` is or gets aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Calls the function and gives its parsed answer. A rejection is a function error (thrown, timed
 * out, crashed), unless it is `NotInvoked`.
 */
export type Invoke = (event: MappingEvent, requestId: string) => Promise<unknown>;

/** The function did not run (throttled, service down): retried, and not counted as a retry. */
export class NotInvoked extends Error {
  override readonly name = 'NotInvoked';
}

/** Parameters of AWS::Lambda::EventSourceMapping, times in milliseconds. -1 means no bound. */
export interface MappingSettings {
  readonly streamArn: string;
  readonly functionArn: string;
  readonly roleArn: string;
  readonly region: string;
  /** 1 … 10,000 records. */
  readonly batchSize: number;
  /** 0 … 300,000: how long a batch may wait for more records. */
  readonly batchWindowMs: number;
  readonly startingPosition: Extract<Position, { at: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP' }>;
  readonly reportBatchItemFailures: boolean;
  readonly bisectBatchOnFunctionError: boolean;
  readonly maximumRetryAttempts: number;
  readonly maximumRecordAgeMs: number;
  /** 0: no tumbling window. Otherwise up to 900,000. */
  readonly tumblingWindowMs: number;
  /**
   * AWS does not document whether a window's final invoke carries records, nor one that ends it early.
   * True: the flag comes with the last batch where that is known in time, or with the next one. False:
   * always an invoke of its own.
   */
  readonly finalWithRecords: boolean;
  /** A state larger than this, as JSON, ends its window early. Default: AWS's 1 MB. */
  readonly stateBytes?: number;
  /** Pause of a reader that found nothing. AWS polls a shard once per second. */
  readonly pollMs: number;
  /** How often the shard list is read again; also read whenever a shard ends. */
  readonly discoverMs: number;
  /** First and longest pause between tries; it doubles in between. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}

/** A tumbling window on its way, with what the function has made of its records so far. */
export interface OpenWindow {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly state: unknown;
}

export interface MappingRecord {
  readonly kinesis: {
    readonly kinesisSchemaVersion: '1.0';
    readonly partitionKey: string;
    readonly sequenceNumber: string;
    readonly data: string;
    /** Seconds, with a fraction. */
    readonly approximateArrivalTimestamp: number;
  };
  readonly eventSource: 'aws:kinesis';
  readonly eventVersion: '1.0';
  readonly eventID: string;
  readonly eventName: 'aws:kinesis:record';
  readonly invokeIdentityArn: string;
  readonly awsRegion: string;
  readonly eventSourceARN: string;
}

export interface MappingEvent {
  readonly Records: readonly MappingRecord[];
  readonly window?: { readonly start: string; readonly end: string };
  readonly state?: unknown;
  readonly shardId?: string;
  readonly eventSourceARN?: string;
  readonly isFinalInvokeForWindow?: boolean;
  readonly isWindowTerminatedEarly?: boolean;
}

/** The body that AWS sends to an SQS queue or SNS topic for a batch it gave up: no records inside. */
export interface FailureRecord {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
    readonly approximateInvokeCount: number;
  };
  /** Absent where the condition is RecordAgeExceeded. */
  readonly responseContext?: {
    readonly statusCode: 200;
    readonly executedVersion: '$LATEST';
    readonly functionError: 'Unhandled' | null;
  };
  readonly version: '1.0';
  readonly timestamp: string;
  readonly KinesisBatchInfo: {
    readonly shardId: string;
    readonly startSequenceNumber: string;
    readonly endSequenceNumber: string;
    readonly approximateArrivalOfFirstRecord: string;
    readonly approximateArrivalOfLastRecord: string;
    readonly batchSize: number;
    readonly streamArn: string;
  };
}

/** What a mapping tells while it runs, for displays and for tests. */
export type MappingReport =
  | { readonly kind: 'shardStarted' | 'shardEnded'; readonly shardId: string }
  | {
      readonly kind: 'invoked';
      readonly shardId: string;
      readonly records: number;
      readonly outcome: 'success' | 'partial' | 'failure' | 'notInvoked';
      /** Why it failed, for people. */
      readonly reason: string | null;
    }
  /** Everything up to `sequenceNumber` is done (or given up); `records` more than before. */
  | {
      readonly kind: 'checkpoint';
      readonly shardId: string;
      readonly sequenceNumber: string;
      readonly records: number;
      /** Arrival of that last record, milliseconds. */
      readonly arrival: number;
    }
  /** The function has taken the end of a window: nothing of the shard is in a state any more. */
  | { readonly kind: 'windowClosed'; readonly shardId: string }
  | { readonly kind: 'dropped'; readonly shardId: string; readonly records: number }
  | { readonly kind: 'readFailed'; readonly shardId: string | null; readonly error: Error };

export interface MappingPorts {
  readonly source: StreamSource;
  readonly invoke: Invoke;
  readonly clock: Clock;
  readonly settings: MappingSettings;
  readonly report?: (report: MappingReport) => void;
  readonly onFailure?: (record: FailureRecord) => void;
  /** Ids of invocations; default random. A simulation passes a counter. */
  readonly requestId?: () => string;
}
