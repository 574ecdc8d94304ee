import { deliver } from './deliver.ts';
import { batchLength, type WindowPart } from './event.ts';
import type { MappingPorts, OpenWindow, Position, StreamRecord } from './types.ts';

/** State beyond this ends a window early: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html */
const STATE_BYTES = 1024 * 1024;
/** Most records of one GetRecords. */
const READ_LIMIT = 10_000;

/** Hears of every record that need not come again, and of the window that is open behind it. */
export type Checkpointed = (records: readonly StreamRecord[], window: OpenWindow | null) => void;

/**
 * Reads one shard from `start` and delivers it batch by batch, one at a time, until the shard is
 * read to its end ('ended') or `signal` is aborted ('stopped'). `opened` is the window that was open
 * at `start`.
 */
export async function runShard(
  ports: MappingPorts,
  shardId: string,
  start: Position,
  opened: OpenWindow | null,
  signal: AbortSignal,
  checkpointed: Checkpointed,
): Promise<'ended' | 'stopped'> {
  const { source, clock, settings, report } = ports;
  const windowed = settings.tumblingWindowMs > 0;
  let position: Position | null = start;
  let buffer: StreamRecord[] = [];
  let window = opened;
  /** When the last read that found nothing was sent; before all time after one that found some. */
  let emptyAt = Number.NEGATIVE_INFINITY;

  while (!signal.aborted) {
    if (window !== null && !settings.finalWithRecords && isTooLarge(window)) {
      if (!(await invokeWindow([], false, true))) return 'stopped';
      continue;
    }
    if (window !== null && windowIsOver(window)) {
      if (!(await invokeWindow([], true, false))) return 'stopped';
      continue;
    }
    const batch = await collect();
    if (batch === 'ended') {
      report?.({ kind: 'shardEnded', shardId });
      return 'ended';
    }
    if (batch.length === 0) continue;
    if (windowed) {
      window ??= windowOf(batch[0]!.arrival, settings.tumblingWindowMs);
      const final = settings.finalWithRecords && windowIsOver(window);
      if (!(await invokeWindow(batch, final, !final && isTooLarge(window)))) return 'stopped';
    } else {
      const records = batch;
      const done = (some: readonly StreamRecord[]): void => checkpointed(some, null);
      if ((await deliver(ports, { shardId, records, window: null, signal, done })) === 'stopped') {
        return 'stopped';
      }
    }
  }
  return 'stopped';

  /**
   * The next batch: closed by size, payload, the open window's end, or the batching window.
   * Empty when the reader should look around first (stopped, or a window has run out).
   */
  async function collect(): Promise<readonly StreamRecord[] | 'ended'> {
    let opened = clock.now();
    while (!signal.aborted) {
      const first = buffer[0];
      let before = Number.POSITIVE_INFINITY;
      if (first && windowed) {
        before = (window ?? windowOf(first.arrival, settings.tumblingWindowMs)).end;
      }
      const { length, closed } = batchLength(buffer, settings.batchSize, before);
      const waited = clock.now() - opened;
      if (first && (closed || position === null || waited >= settings.batchWindowMs)) {
        const batch = buffer.slice(0, length);
        buffer = buffer.slice(length);
        return batch;
      }
      if (position === null) return window === null ? 'ended' : [];
      const wasEmpty = buffer.length === 0;
      const more = await read(position);
      if (more > 0) {
        if (wasEmpty) opened = clock.now();
        if (settings.batchWindowMs === 0 || buffer.length >= settings.batchSize) continue;
      }
      if (position === null) continue;
      if (buffer.length === 0) {
        if (window !== null && windowIsOver(window)) return [];
        await clock.sleep(settings.pollMs, signal);
      } else {
        const left = opened + settings.batchWindowMs - clock.now();
        await clock.sleep(Math.max(0, Math.min(settings.pollMs, left)), signal);
      }
    }
    return [];
  }

  async function read(from: Position): Promise<number> {
    const asked = clock.now();
    const limit = Math.min(READ_LIMIT, Math.max(1, settings.batchSize - buffer.length));
    try {
      const { records, next } = await source.getRecords(shardId, from, limit);
      buffer.push(...records);
      position = next;
      emptyAt = records.length === 0 ? asked : Number.NEGATIVE_INFINITY;
      return records.length;
    } catch (error) {
      report?.({ kind: 'readFailed', shardId, error: toError(error) });
      return 0;
    }
  }

  /** A window is over when its shard or its time is, and every record of it has been delivered. */
  function windowIsOver({ end }: OpenWindow): boolean {
    const next = buffer[0];
    return next ? next.arrival >= end : position === null || emptyAt >= end;
  }

  /** One invoke within the open window. False: stopped on the way. */
  async function invokeWindow(
    records: readonly StreamRecord[],
    final: boolean,
    terminatedEarly: boolean,
  ): Promise<boolean> {
    const part = { ...window!, final, terminatedEarly };
    const done = (some: readonly StreamRecord[], after: WindowPart | null): void =>
      checkpointed(some, openAfter(after!));
    const result = await deliver(ports, { shardId, records, window: part, signal, done });
    if (result === 'stopped') return false;
    window = openAfter({ ...part, state: result.state });
    if (final) checkpointed([], null);
    return true;
  }

  function isTooLarge({ state }: OpenWindow): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(state) ?? '');
    return bytes > (settings.stateBytes ?? STATE_BYTES);
  }
}

/** What is open behind an invoke that succeeded: after an early end the same window, with a fresh state. */
function openAfter({ start, end, state, final, terminatedEarly }: WindowPart): OpenWindow | null {
  if (final) return null;
  return { start, end, state: terminatedEarly ? {} : state };
}

/** Windows go by arrival, not by event time, and start with an empty state. */
function windowOf(arrival: number, size: number): OpenWindow {
  const start = Math.floor(arrival / size) * size;
  return { start, end: start + size, state: {} };
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
