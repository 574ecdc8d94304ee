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

/** Hears of each record that the stream has taken. */
export type Taken<T> = (record: T, shardId: string, sequenceNumber: string) => void;

/**
 * Puts records in as many requests as they need, and only those again that were refused; gives
 * how many had to be sent again. An abort of the signal ends the retries only: every record is
 * sent once at least.
 * Rejects when some are still refused after 12 tries in a row, with the stream's reason.
 */
export async function putRecords<T extends NewUserRecord>(
  target: PutTarget,
  records: readonly T[],
  taken: Taken<T>,
): Promise<number> {
  const { clock, signal } = target;
  let waiting = records;
  let retried = 0;
  let attempt = 0;
  while (waiting.length > 0) {
    const batch = waiting.slice(0, requestLength(waiting));
    const { refused, reason } = await send(target, batch, taken);
    // Refused ones go first: Kinesis promises no order, but there is no reason to worsen it.
    waiting = [...refused, ...waiting.slice(batch.length)];
    if (refused.length === 0) {
      attempt = 0;
      continue;
    }
    if (signal.aborted) break;
    retried += refused.length;
    attempt += 1;
    if (attempt === ATTEMPTS) {
      throw new Error(
        `stream ${target.stream} refused ${refused.length} records ${ATTEMPTS} times: ${reason}`,
      );
    }
    await clock.sleep(Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** attempt), signal);
  }
  return retried;
}

async function send<T extends NewUserRecord>(
  { client, stream }: PutTarget,
  batch: readonly T[],
  taken: Taken<T>,
): Promise<{ refused: readonly T[]; reason: string }> {
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
  const refused = batch.filter((record, index) => {
    const { ShardId, SequenceNumber, ErrorCode } = results[index] ?? {};
    if (ShardId !== undefined && SequenceNumber !== undefined) {
      taken(record, ShardId, SequenceNumber);
      return false;
    }
    reason = ErrorCode ?? 'no answer for the record';
    return true;
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
