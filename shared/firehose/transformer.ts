import { eachLimit } from '../consume/each-limit.ts';
import { answer, type Batch } from './answer.ts';
import { startClock } from './clock.ts';
import {
  type FirehoseEvent,
  type FirehoseRecord,
  failed,
  recordsOf,
  type TransformHandler,
} from './event.ts';
import { looksMarked, roundsOf } from './mark.ts';
import type { Output } from './output.ts';
import type { PutBack } from './put-back.ts';
import { batchMemory, type TransformRecord } from './record.ts';
import { createRoom, RESPONSE_BYTES } from './room.ts';
import { createTally } from './tally.ts';

export { TransformError } from './errors.ts';
export type { Invocation, TransformHandler } from './event.ts';
export { dropped, keyed, type Line, type Output } from './output.ts';
export type { TransformRecord } from './record.ts';

/** What becomes of a record. It may be called twice for one, and for a record that never arrives. */
export type Transform = (record: TransformRecord) => Output | Promise<Output>;

export interface TransformerOptions {
  /** For metrics. Default: SLUICE_DELIVERY, or the delivery stream's name. */
  readonly delivery?: string;
  /** The partition keys that the prefix names. Default: SLUICE_PARTITION_KEYS, with commas. */
  readonly keys?: readonly string[];
  /**
   * Where to put back what does not fit a response; null: it fails. Default: the stream of
   * SLUICE_PUT_BACK. Whatever else reads that stream gets such a record a second time.
   */
  readonly putBack?: PutBack | null;
  /** How many records an asynchronous transform works on at a time. Default 1. */
  readonly concurrency?: number;
  /** Bytes of a response. Default 6,000,000. */
  readonly responseBytes?: number;
}

/** Of the time that Firehose waits: kept for putting back what is left over, and for the answer. */
const KEPT_MS = 20_000;
const KEPT_SHARE = 0.1;
const ANSWER_SHARE = 0.2;

/**
 * The handler of a Firehose transformation: a function of a record becomes one of a batch. Each
 * record stands for itself: whatever `transform` gives or throws, each recordId is answered once
 * and in order, in a response that Lambda takes. What does not fit is put back into the stream, or
 * fails. Rejects only where the event is none of Firehose.
 */
export function transformer(
  transform: Transform,
  options: TransformerOptions = {},
): TransformHandler {
  const { SLUICE_DELIVERY, SLUICE_PARTITION_KEYS, SLUICE_PUT_BACK } = process.env;
  const keys = options.keys ?? SLUICE_PARTITION_KEYS?.split(',').filter(Boolean) ?? [];
  const own = SLUICE_PUT_BACK ? { stream: SLUICE_PUT_BACK } : null;
  const back = options.putBack === undefined ? own : options.putBack;
  const { concurrency = 1, responseBytes = RESPONSE_BYTES } = options;

  return async (event, context) => {
    const records = recordsOf(event);
    const leftMs = context.getRemainingTimeInMillis();
    const end = performance.now() + leftMs;
    const keptMs = Math.min(KEPT_MS, leftMs * KEPT_SHARE);
    const name = options.delivery ?? SLUICE_DELIVERY ?? deliveryName(event);
    const batch: Batch = {
      keys,
      canPutBack: back !== null,
      room: createRoom(records, responseBytes),
      tally: createTally(name),
      answers: records.map(({ recordId }) => failed(recordId)),
      leftOver: [],
      clock: startClock(end - keptMs),
      memory: batchMemory(records),
      transform,
    };
    await eachLimit(inTurn(records), concurrency, (index) => answer(batch, records[index]!, index));
    batch.clock.stop();
    if (back !== null && batch.leftOver.length > 0) {
      // Most batches need no client for Kinesis: it is loaded for the first that does.
      const { returnToStream } = await import('./left-over.ts');
      await returnToStream(batch, records, back, end - keptMs * ANSWER_SHARE);
    }
    batch.tally.write();
    return { records: batch.answers };
  };
}

function deliveryName({ deliveryStreamArn }: FirehoseEvent): string {
  return deliveryStreamArn?.split('/').at(-1) || 'unknown';
}

/** Those that have gone round take their room first. */
function inTurn(records: readonly FirehoseRecord[]): readonly number[] {
  const indexes = records.map((_, i) => i);
  if (!records.some(({ data }) => looksMarked(data))) return indexes;
  const rounds = records.map(({ data }) => roundsOf(data));
  return indexes.sort((a, b) => rounds[b]! - rounds[a]!);
}
