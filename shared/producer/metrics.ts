/** Figures since the producer was made, for a log line or emitMetrics of shared/observe. */
export interface ProducerMetrics {
  /** Taken by put(). */
  readonly userRecords: number;
  readonly delivered: number;
  /** Given up: expired, refused or aborted. */
  readonly failed: number;
  /** User records that were put and have no result yet. */
  readonly waiting: number;
  /** Of them: puts that wait for room in the buffer. */
  readonly waitingForRoom: number;
  readonly bufferedBytes: number;
  /** Kinesis records that arrived; `aggregates` of them hold two user records or more. */
  readonly kinesisRecords: number;
  readonly aggregates: number;
  /** User records that arrived in aggregates. */
  readonly aggregatedUserRecords: number;
  readonly requests: number;
  /** User records that were sent again, for any reason. */
  readonly retries: number;
  /** Kinesis records refused because a shard or the stream had no throughput left. */
  readonly throttles: number;
  /** User records that were sent again after a lost answer: as many may be in the stream twice. */
  readonly possibleDuplicates: number;
  /** User records that landed outside their shard's range during a reshard, and were sent again. */
  readonly misplaced: number;
  /** ListShards look-ups. */
  readonly shardLookUps: number;
  /** From put() to the receipt. */
  readonly latencyP50Ms: number;
  readonly latencyP99Ms: number;
  readonly latencyMaxMs: number;
}

/** The counters among them. */
export type Counters = {
  -readonly [Name in
    | 'userRecords'
    | 'delivered'
    | 'failed'
    | 'kinesisRecords'
    | 'aggregates'
    | 'aggregatedUserRecords'
    | 'requests'
    | 'retries'
    | 'throttles'
    | 'possibleDuplicates'
    | 'misplaced'
    | 'shardLookUps']: ProducerMetrics[Name];
};

export function newCounters(): Counters {
  return {
    ...{ userRecords: 0, delivered: 0, failed: 0, kinesisRecords: 0, aggregates: 0 },
    ...{ aggregatedUserRecords: 0, requests: 0, retries: 0, throttles: 0 },
    ...{ possibleDuplicates: 0, misplaced: 0, shardLookUps: 0 },
  };
}
