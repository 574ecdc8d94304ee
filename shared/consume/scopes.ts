import type { ReadRecord } from './consumed-record.ts';
import type { Outcome } from './outcome.ts';

/** Handles one record. It may throw, or give a promise that rejects. */
export type Work = (record: ReadRecord) => unknown;

/**
 * Begins the records in the order of the batch, at most `width` at a time. Records of one partition
 * key follow one another; with width 1 all records do. After a failure only what lies before it is
 * still begun. Gives a promise that never rejects, once nothing is under way any more. Records whose
 * work is done at once cost no promise.
 */
export async function runScopes(
  next: () => ReadRecord | null,
  work: Work,
  outcome: Outcome,
  width: number,
): Promise<void> {
  /** The keys at work, and what waits behind them. */
  const busy = new Map<string, ReadRecord[]>();
  let freed = Promise.withResolvers<void>();
  const follow = async (key: string, first: Promise<void>): Promise<void> => {
    await first;
    // The list grows while it is gone through.
    for (const record of busy.get(key)!) {
      if (record.index >= outcome.limit) break;
      await attempt(record, work, outcome);
    }
    busy.delete(key);
    freed.resolve();
    freed = Promise.withResolvers();
  };
  for (let record = next(); record !== null; record = next()) {
    if (record.index >= outcome.limit) break;
    const waiting = busy.size === 0 ? undefined : busy.get(record.partitionKey);
    if (waiting !== undefined) {
      waiting.push(record);
      continue;
    }
    const pending = attempt(record, work, outcome);
    if (pending === undefined) continue;
    if (width === 1) {
      await pending;
      continue;
    }
    busy.set(record.partitionKey, []);
    follow(record.partitionKey, pending);
    while (busy.size >= width) await freed.promise;
  }
  while (busy.size > 0) await freed.promise;
}

function attempt(record: ReadRecord, work: Work, outcome: Outcome): Promise<void> | undefined {
  try {
    const returned = work(record);
    if (isThenable(returned)) return settle(record, returned, outcome);
    if (record.unreadable) outcome.failed(record, record.fault);
  } catch (error) {
    outcome.failed(record, error);
  }
  return undefined;
}

async function settle(
  record: ReadRecord,
  pending: PromiseLike<unknown>,
  outcome: Outcome,
): Promise<void> {
  try {
    await pending;
    if (record.unreadable) outcome.failed(record, record.fault);
  } catch (error) {
    outcome.failed(record, error);
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === undefined) return false;
  return value instanceof Object && 'then' in value && typeof value.then === 'function';
}
