import { DeliveryError } from '../../shared/producer/errors.ts';
import { requestFailure } from '../../shared/producer/failures.ts';
import type { Put } from './putter.ts';
import type { Refusal } from './refusal.ts';

/** A response in the payload format 2.0. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Seconds: a shard's limits are those of a second, and a client adds its own jitter. */
const RETRY_AFTER = '2';

/** Nothing of the request was put. */
export function refusalAnswer({ status, code, message, place, headers }: Refusal): Answer {
  return toAnswer(status, { error: { code, message, ...place } }, headers);
}

/**
 * The result of each record, in order: 200 all are in the stream, 207 some are; else 429 where
 * shards were throttled, 503 where the stream could not be reached.
 */
export function putsAnswer(puts: readonly Put[]): Answer {
  const records = puts.map((put) => {
    if (put.status === 'rejected') return failure(put.reason);
    const { shardId, sequenceNumber, subSequenceNumber } = put.value;
    return { status: 200, shardId, sequenceNumber, subSequenceNumber };
  });
  const statuses = new Set(records.map(({ status }) => status));
  const status = statuses.size === 0 ? 200 : statuses.has(200) && statuses.size > 1 ? 207 : null;
  const failed = records.filter(({ status }) => status !== 200).length;
  const headers: Record<string, string> = failed > 0 ? { 'retry-after': RETRY_AFTER } : {};
  const code = status ?? (statuses.has(503) ? 503 : [...statuses][0]!);
  return toAnswer(code, { accepted: records.length - failed, failed, records }, headers);
}

/** Throttling is told apart from all else; `mayHaveArrived`: an answer was lost, it may be there. */
function failure(reason: unknown) {
  if (!(reason instanceof DeliveryError)) throw reason;
  const { cause, mayHaveArrived } = reason;
  const isThrottled = cause !== undefined && requestFailure(cause).isThrottle;
  const error = isThrottled
    ? 'the shard takes no more at the moment'
    : 'the stream cannot be reached';
  return { status: isThrottled ? 429 : 503, error, mayHaveArrived };
}

function toAnswer(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>>,
): Answer {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}
