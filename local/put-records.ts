import {
  type KinesisClient,
  PutRecordsCommand,
  type PutRecordsResultEntry,
} from '@aws-sdk/client-kinesis';
import type { NewUserRecord } from '../shared/kpl/encode.ts';
import type { Clock } from './mapping/types.ts';

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
const REQUEST_RECORDS = 500;
/** AWS takes 10 MiB since October 2025; kinesis-local has the old limit. */
const REQUEST_BYTES = 5 * 1024 * 1024;
const ATTEMPTS = 12;
const BACKOFF_MS = 50;
const BACKOFF_MAX_MS = 5_000;

export interface PutTarget {
  readonly client: KinesisClient;
  readonly stream: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface PutResult {
  /** False: aborted while some were refused. */
  readonly complete: boolean;
  readonly put: number;
  readonly retried: number;
  /** Highest sequence number given, per shard. */
  readonly last: ReadonlyMap<string, string>;
}

/**
 * Puts records in as many requests as they need, and only those again that were refused.
 * An abort of the signal ends the retries only: what has begun is put once.
 * Rejects when some are still refused after 12 tries in a row, with the stream's reason.
 */
export async function putRecords(
  target: PutTarget,
  records: readonly NewUserRecord[],
): Promise<PutResult> {
  const { clock, signal } = target;
  const last = new Map<string, string>();
  let waiting = records;
  let put = 0;
  let retried = 0;
  let attempt = 0;
  while (waiting.length > 0) {
    const batch = waiting.slice(0, requestLength(waiting));
    const { refused, reason } = await send(target, batch, last);
    put += batch.length - refused.length;
    // Refused ones go first: Kinesis promises no order, but there is no reason to worsen it.
    waiting = [...refused, ...waiting.slice(batch.length)];
    if (refused.length === 0) {
      attempt = 0;
      continue;
    }
    retried += refused.length;
    attempt += 1;
    if (signal.aborted) break;
    if (attempt === ATTEMPTS) {
      throw new Error(
        `stream ${target.stream} refused ${refused.length} records ${ATTEMPTS} times: ${reason}`,
      );
    }
    await clock.sleep(Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** attempt), signal);
  }
  return { complete: waiting.length === 0, put, retried, last };
}

async function send(
  { client, stream }: PutTarget,
  batch: readonly NewUserRecord[],
  last: Map<string, string>,
): Promise<{ refused: readonly NewUserRecord[]; reason: string }> {
  let results: readonly PutRecordsResultEntry[];
  try {
    const Records = batch.map(({ data, partitionKey, explicitHashKey }) => ({
      Data: data,
      PartitionKey: partitionKey,
      ...(explicitHashKey === undefined ? {} : { ExplicitHashKey: explicitHashKey }),
    }));
    const answer = await client.send(new PutRecordsCommand({ StreamName: stream, Records }));
    results = answer.Records ?? [];
  } catch (error) {
    return { refused: batch, reason: error instanceof Error ? error.message : String(error) };
  }
  let reason = '';
  const refused = batch.filter((_, index) => {
    const result = results[index];
    if (result?.SequenceNumber === undefined) {
      reason = result?.ErrorCode ?? 'no answer for the record';
      return true;
    }
    const before = last.get(result.ShardId!);
    if (before === undefined || BigInt(before) < BigInt(result.SequenceNumber)) {
      last.set(result.ShardId!, result.SequenceNumber);
    }
    return false;
  });
  return { refused, reason };
}

/** How many of the first records one request takes. */
function requestLength(records: readonly NewUserRecord[]): number {
  let bytes = 0;
  let length = 0;
  for (const { data, partitionKey } of records) {
    bytes += data.length + Buffer.byteLength(partitionKey);
    if (length === REQUEST_RECORDS || (length > 0 && bytes > REQUEST_BYTES)) break;
    length += 1;
  }
  return length;
}
