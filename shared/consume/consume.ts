import type { Context, KinesisStreamBatchResponse } from 'aws-lambda';
import type { KinesisBatch } from '../records/event.ts';
import { type ConsumedRecord, createReader, type ReadRecord, shardOf } from './consumed-record.ts';
import type { FaultStore } from './faults.ts';
import { createOutcome, type Outcome } from './outcome.ts';
import { batchResponse } from './response.ts';
import { runScopes } from './scopes.ts';
import type { ShardRanges } from './shard-ranges.ts';

export type { ConsumedRecord } from './consumed-record.ts';

/**
 * Gives the user records of a Lambda event to `handle`, in order and with KPL aggregates taken
 * apart, and makes the partial batch response of what became of them.
 *
 * A record is done when `handle` returns, or its promise resolves. An error that is retryable stops
 * its ordering scope: the response names the first record that is not done, and Lambda delivers it
 * and all behind it again, done ones included. A final error sets the record aside and goes on.
 * Rejects only when the event is not one of Kinesis, the options are wrong, or the shard's range
 * cannot be told: then nothing was handled, and the whole batch is tried again. Needs `ReportBatchItemFailures` on the mapping.
 */
export async function consume(
  event: StreamEvent,
  handle: RecordHandler,
  options: ConsumeOptions = {},
): Promise<BatchResponse> {
  const outcome = await runBatch(event, handle, options);
  // With windows Lambda takes a response without state for a failure. What it gave, it gets back.
  return respond(await outcome.close(), isWindowed(event) ? (event.state ?? {}) : undefined);
}

/** A Lambda event of Kinesis; those of @types/aws-lambda fit, with and without a tumbling window. */
export interface StreamEvent extends KinesisBatch {
  readonly window?: { readonly start: string; readonly end: string };
  readonly state?: unknown;
  readonly isFinalInvokeForWindow?: boolean;
  readonly isWindowTerminatedEarly?: boolean;
}

/** What a function of a stream is: it can only give back what consume or consumeWindow gave it. */
export type StreamHandler = (event: StreamEvent, context: Context) => Promise<BatchResponse>;

/**
 * A response that was made here. Lambda takes one with a misspelled or missing key for success, so
 * none is made by hand.
 */
export type BatchResponse = KinesisStreamBatchResponse & { readonly [made]: true };
declare const made: unique symbol;

/**
 * Handles one user record. It may see any record again, in another batch: identity is
 * (shardId, sequenceNumber, subSequenceNumber). To fail, throw; what it returns says nothing.
 */
export type RecordHandler = (record: ConsumedRecord, batch: BatchContext) => void | Promise<void>;

export interface BatchContext {
  readonly shardId: string;
  /** Kinesis records in the batch, each of which may hold many user records. */
  readonly size: number;
}

export type ConsumeOptions = BatchOptions & (ShardOrder | KeyOrder);

export interface BatchOptions extends FaultReporting {
  /**
   * For streams that the KPL fills (createShardRanges). During a reshard it puts some user records
   * into aggregates of the wrong shard, and once more into the right one: with ranges a handler gets
   * the latter alone.
   * https://docs.aws.amazon.com/streams/latest/dev/kinesis-kpl-consumer-deaggregation.html
   */
  readonly ranges?: ShardRanges;
}

/** The default: one record after the other. */
interface ShardOrder {
  readonly order?: 'shard';
  readonly concurrency?: never;
}

/** One after the other per partition key; those of different keys side by side. */
interface KeyOrder {
  readonly order: 'partition-key';
  /** How many records are handled at a time, at most. Default 16. */
  readonly concurrency?: number;
}

export interface FaultReporting {
  /**
   * Where records go that can never be processed. Without it they are not given up: a final error
   * stops its scope like any other, until the record expires.
   */
  readonly faults?: {
    readonly store: FaultStore;
    /** Names the faults of this consumer. */
    readonly application: string;
    readonly stream: string;
  };
  /** Default: all but RecordFault, FinalError and others with `retryable: false`. */
  readonly isRetryable?: (error: unknown) => boolean;
}

const DEFAULT_CONCURRENCY = 16;
const OPTIONS = new Set(['order', 'concurrency', 'faults', 'isRetryable', 'ranges']);

/** Handles a batch; what became of it is not yet closed. Rejects like consume. */
export async function runBatch(
  event: StreamEvent,
  handle: (record: ReadRecord, batch: BatchContext) => unknown,
  options: ConsumeOptions,
): Promise<Outcome> {
  const width = widthOf(options);
  const records = event.Records ?? [];
  const { ranges } = options;
  const isFiltered = ranges !== undefined && records.length > 0;
  const range = isFiltered ? await ranges(shardOf(event)) : null;
  const { shardId, next } = createReader(event, range);
  const outcome = createOutcome(records, shardId, options);
  const batch: BatchContext = { shardId, size: records.length };
  await runScopes(next, (record) => handle(record, batch), outcome, width);
  return outcome;
}

/** Checked here too: not every caller is TypeScript, and a misspelled option would lose faults. */
function widthOf(options: ConsumeOptions): number {
  const unknown = Object.keys(options).filter((name) => !OPTIONS.has(name));
  if (unknown.length > 0) throw new TypeError(`consume has no option ${unknown.join(', ')}`);
  const { order = 'shard', concurrency } = options;
  if (order === 'shard' && concurrency === undefined) return 1;
  if (order !== 'partition-key') {
    throw new TypeError("consume: order is 'shard', or 'partition-key' if there is concurrency");
  }
  if (concurrency === undefined) return DEFAULT_CONCURRENCY;
  if (Number.isSafeInteger(concurrency) && concurrency >= 1) return concurrency;
  throw new TypeError(`consume: concurrency is a whole number from 1 on, not ${concurrency}`);
}

export function isWindowed(event: StreamEvent): boolean {
  const { window, isFinalInvokeForWindow, isWindowTerminatedEarly } = event;
  return (window ?? isFinalInvokeForWindow ?? isWindowTerminatedEarly) !== undefined;
}

/** The only place where a BatchResponse is made. */
export function respond(firstFailed: string | null, state?: unknown): BatchResponse {
  const response = batchResponse(firstFailed);
  return (state === undefined ? response : { ...response, state }) as BatchResponse;
}
