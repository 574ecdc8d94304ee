import type { Entry } from './entry.ts';
import type { Settings } from './settings.ts';

/**
 * The records on their way to one shard. One batch of them is under way at a time, so that what
 * fails never falls behind what came after it; and only this lane rests when its shard refuses.
 */
export interface Lane {
  readonly shardId: string;
  queue: Entry[];
  /** Data of the queue. Keys do not count: an aggregate holds each of them once. */
  queuedBytes: number;
  isSending: boolean;
  /** Set while the lane waits after a failure. */
  rest: NodeJS.Timeout | null;
  /** In a row. */
  failures: number;
  /** Why the last one was. */
  lastError: Error | null;
  /** User records in the next batch: fewer while a record is sought that made a request invalid. */
  most: number;
}

export function newLane(shardId: string): Lane {
  return {
    ...{ shardId, queue: [], queuedBytes: 0, isSending: false },
    ...{ rest: null, failures: 0, lastError: null, most: Number.POSITIVE_INFINITY },
  };
}

export function enqueue(lane: Lane, entry: Entry): void {
  lane.queue.push(entry);
  lane.queuedBytes += entry.data.length;
}

/** Puts back, in front, what has to be sent again. */
export function putBack(lane: Lane, entries: readonly Entry[]): void {
  if (entries.length === 0) return;
  lane.queue = entries.concat(lane.queue);
  lane.queuedBytes += dataBytes(entries);
}

/** Takes off the queue's front what has waited longer than a record may. */
export function takeExpired(lane: Lane, now: number, ttlMs: number): readonly Entry[] {
  const { queue } = lane;
  let count = 0;
  while (count < queue.length && now - queue[count]!.putAt >= ttlMs) count++;
  const expired = count === 0 ? [] : queue.splice(0, count);
  lane.queuedBytes -= dataBytes(expired);
  return expired;
}

export function isIdle({ isSending, rest }: Lane): boolean {
  return !isSending && rest === null;
}

/** Whether enough waits to fill a Kinesis record, or without aggregation a request. */
export function isFull({ queue, queuedBytes }: Lane, settings: Settings, requestRecords: number) {
  if (settings.aggregateBytes === 0) {
    return queue.length >= requestRecords || queuedBytes >= settings.requestBytes;
  }
  return queuedBytes >= settings.aggregateBytes || queue.length >= settings.aggregateCount;
}

/** Whether the first record need not wait for others any longer. */
export function isDue({ queue }: Lane, now: number, lingerMs: number): boolean {
  const first = queue[0];
  if (first === undefined) return false;
  return first.round.closed || first.attempts > 0 || now - first.putAt >= lingerMs;
}

function dataBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, { data }) => sum + data.length, 0);
}
