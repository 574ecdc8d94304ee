import { tooLarge } from '../kpl/encode.ts';
import { createPlacer, type Entry, type ProducerRecord, type Receipt } from './entry.ts';
import { BufferFull, ProducerClosed } from './errors.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { createLatencies } from './latencies.ts';
import { newCounters, type ProducerMetrics } from './metrics.ts';
import { createRecordBuffer } from './record-buffer.ts';
import { createResults } from './results.ts';
import { createRounds } from './rounds.ts';
import { createSender, type Sender } from './sender.ts';
import { type ProducerOptions, readSettings } from './settings.ts';
import { createShards } from './shards.ts';

export { InvalidUserRecord } from '../kpl/errors.ts';
export { producerClient } from './client.ts';
export type { ProducerRecord, Receipt } from './entry.ts';
export * from './errors.ts';
export type { ProducerMetrics } from './metrics.ts';
export type { ProducerOptions } from './settings.ts';

export interface Producer {
  /**
   * Puts a record. Resolves when it is in the stream. Rejects with an InvalidUserRecord if Kinesis
   * would never take it, with a DeliveryError if it was given up, with BufferFull or ProducerClosed
   * if it was not taken. Waits for room in the buffer by itself; a caller that does not wait for
   * each put asks ready() before the next.
   */
  put(record: ProducerRecord): Promise<Receipt>;
  /** Whether the buffer has room: a put() now need not wait for it. */
  hasRoom(): boolean;
  /** Resolves when the buffer has room. */
  ready(): Promise<void>;
  /** Sends all that was put until now without delay. Resolves when each of those put()s has its result; never rejects. */
  flush(): Promise<void>;
  /** Takes no more records and flushes. Never rejects. The client stays open. */
  close(): Promise<void>;
  metrics(): ProducerMetrics;
}

/** What a record takes in memory beside its data and key: measured, about. */
const OVERHEAD_BYTES = 500;

/**
 * A producer in the role of the KPL: it packs user records into aggregates by shard, keeps the
 * order of each partition key, and sends again only what failed. It starts nothing until the first
 * put(), and keeps no process alive once every put() has its result. Throws RangeError for options
 * out of bounds.
 */
export function createProducer(options: ProducerOptions): Producer {
  const settings = readSettings(options);
  const { client, stream, onFailure } = options;
  const { recordTtlMs } = settings;
  const { signal = new AbortController().signal } = options;
  const counters = newCounters();
  const latencies = createLatencies();
  const buffer = createRecordBuffer(settings.bufferBytes);
  const rounds = createRounds();
  const toPlaced = createPlacer();
  const shards = createShards({
    ...{ client, stream, signal, patienceMs: recordTtlMs },
    onLookUp: () => {
      counters.shardLookUps += 1;
    },
  });
  const results = createResults({ stream, recordTtlMs, shards, counters, latencies, done });
  let unplaced: Entry[] = [];
  let line: Line | null = null;
  let isClosed = false;
  signal.addEventListener('abort', () => results.aborted(takeUnplaced()), { once: true });

  /** Throws what put() rejects with at once. */
  function take(record: ProducerRecord, resolve: Entry['resolve'], reject: Entry['reject']): void {
    if (isClosed) throw new ProducerClosed(`the producer of ${stream} is closed`);
    const placed = toPlaced(record);
    const round = rounds.enter();
    const state = { putAt: performance.now(), attempts: 0, mayHaveArrived: false };
    const entry: Entry = { ...placed, ...state, round, resolve, reject };
    counters.userRecords += 1;
    if (buffer.admit(entry.bytes + OVERHEAD_BYTES, () => place(entry))) return;
    counters.userRecords -= 1;
    rounds.leave(round);
    const text = `more than ${2 * settings.bufferBytes} bytes wait to be sent to ${stream}`;
    throw new BufferFull(`${text}; await ready() before the next put()`);
  }

  function place(entry: Entry): void {
    if (signal.aborted) results.aborted([entry]);
    else if (line === null) {
      unplaced.push(entry);
      if (unplaced.length === 1) void open();
    } else if (entry.bytes > line.recordBytes) {
      results.invalid(entry, tooLarge(entry.bytes, line.recordBytes));
    } else line.sender.placed(line.lanes.place(entry));
  }

  /** Learns what the stream is like, and then places what has been put. */
  async function open(): Promise<void> {
    try {
      const known = settings.maxRecordBytes ?? shards.recordBytes();
      const [map, most] = await Promise.all([shards.refresh(), known]);
      const recordBytes = Math.min(most, settings.requestBytes);
      const lanes = createLanes(() => shards.map ?? map);
      const aggregateBytes = Math.min(settings.aggregateBytes, recordBytes);
      const rules = { ...settings, aggregateBytes };
      const base = { client, stream, lanes, outcomes: results, signal };
      line = { lanes, recordBytes, sender: createSender({ ...base, settings: rules }) };
    } catch (error) {
      return results.unavailable(takeUnplaced(), error as Error);
    }
    takeUnplaced().forEach(place);
  }

  function takeUnplaced(): readonly Entry[] {
    const taken = unplaced;
    unplaced = [];
    return taken;
  }

  function done({ bytes, round }: Entry): void {
    buffer.release(bytes + OVERHEAD_BYTES);
    rounds.leave(round);
  }

  async function flush(): Promise<void> {
    const empty = rounds.close();
    line?.sender.pump();
    await empty;
  }

  return {
    flush,
    hasRoom: buffer.hasRoom,
    ready: buffer.ready,
    put(record) {
      const put = new Promise<Receipt>((resolve, reject) => {
        take(record, resolve, reject);
      });
      if (onFailure !== undefined) put.catch((error) => onFailure(error, record));
      return put;
    },
    close() {
      isClosed = true;
      return flush();
    },
    metrics() {
      const { userRecords, delivered, failed } = counters;
      return {
        ...counters,
        waiting: userRecords - delivered - failed,
        waitingForRoom: buffer.waiting,
        bufferedBytes: buffer.bytes,
        latencyP50Ms: latencies.percentile(0.5),
        latencyP99Ms: latencies.percentile(0.99),
        latencyMaxMs: latencies.max,
      };
    },
  };
}

/** What there is once the stream's shards are known. */
interface Line {
  readonly lanes: Lanes;
  readonly sender: Sender;
  /** Of the greatest record that the stream takes. */
  readonly recordBytes: number;
}
