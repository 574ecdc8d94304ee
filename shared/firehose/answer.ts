import type { RecordFault } from '../records/types.ts';
import { type Clock, outOfTime } from './clock.ts';
import { refusalOf, TransformError } from './errors.ts';
import type { FirehoseRecord, ResponseRecord } from './event.ts';
import { Collector, type Output, tooLarge } from './output.ts';
import { arrivalKeys } from './partition-key.ts';
import { type Opened, openRecord, type TransformRecord } from './record.ts';
import type { Room } from './room.ts';
import type { Tally } from './tally.ts';

/** After so many rounds a record fails: each time others have taken the room before it. */
const MOST_ROUNDS = 10;

/** One batch on its way to its answers. */
export interface Batch {
  readonly keys: readonly string[];
  readonly canPutBack: boolean;
  readonly room: Room;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly memory: (size: number) => Buffer;
  readonly transform: (record: TransformRecord) => Output | Promise<Output>;
  /** In the order of the records; at first all have failed. */
  readonly answers: ResponseRecord[];
  /** Indexes of the records that fit a response, but not this one. */
  readonly leftOver: number[];
}

/**
 * Settles the answer to one record, unless it is left over; gives a promise only where the
 * transform does. Never throws, never rejects.
 */
export function answer(
  batch: Batch,
  record: FirehoseRecord,
  index: number,
): Promise<void> | undefined {
  let fault: RecordFault | null = null;
  try {
    const opened = openRecord(record, batch.memory);
    fault = opened.fault;
    const collector = new Collector(arrivalKeys(opened.arrival), batch.keys, batch.room.bytes);
    const { records } = opened;
    for (let i = 0; i < records.length; i++) {
      const output = run(batch, records[i]!);
      if (output instanceof Promise) {
        const waiting = addLater(batch, collector, output, records.slice(i + 1));
        return settleLater(batch, record, index, opened, collector, waiting);
      }
      collector.add(output);
    }
    settle(batch, record, index, opened, collector);
  } catch (thrown) {
    fail(batch, record, fault ?? thrown);
  }
  return undefined;
}

function run({ clock, transform }: Batch, record: TransformRecord): Output | Promise<Output> {
  if (clock.isOver()) throw outOfTime();
  return transform(record);
}

/** Waits for the first output and then, one after the other, for those of the other records. */
async function addLater(
  batch: Batch,
  collector: Collector,
  first: Promise<Output>,
  others: readonly TransformRecord[],
): Promise<void> {
  const { clock } = batch;
  collector.add(await clock.within(first));
  for (const one of others) {
    collector.add(await clock.within(Promise.resolve(run(batch, one))));
  }
}

async function settleLater(
  batch: Batch,
  record: FirehoseRecord,
  index: number,
  opened: Opened,
  collector: Collector,
  waiting: Promise<void>,
): Promise<void> {
  try {
    await waiting;
    settle(batch, record, index, opened, collector);
  } catch (thrown) {
    fail(batch, record, opened.fault ?? thrown);
  }
}

function fail({ tally }: Batch, { recordId }: FirehoseRecord, thrown: unknown): void {
  tally.count('Failed', recordId, refusalOf(thrown));
}

function settle(
  { canPutBack, room, tally, answers, leftOver }: Batch,
  { recordId, kinesisRecordMetadata }: FirehoseRecord,
  index: number,
  { mark }: Opened,
  collector: Collector,
): void {
  const result = collector.finish();
  if ('dropped' in result) {
    answers[index] = { recordId, result: 'Dropped' };
    tally.count('Dropped', recordId, { reason: result.dropped, message: '' });
    return;
  }
  const { data, keys } = result;
  const head = headOf(recordId, keys);
  if (room.take(head, data.length)) {
    head.data = data.toString('base64');
    answers[index] = head;
    tally.count('Delivered', recordId);
    return;
  }
  if (!room.fitsAlone(head, data.length)) throw tooLarge();
  const isLast = (mark?.rounds ?? 0) >= MOST_ROUNDS;
  if (!canPutBack || !kinesisRecordMetadata || isLast) throw noRoom(isLast);
  leftOver.push(index);
}

function headOf(recordId: string, keys: Readonly<Record<string, string>>): ResponseRecord {
  for (const _ in keys) return { recordId, result: 'Ok', metadata: { partitionKeys: keys } };
  return { recordId, result: 'Ok' };
}

function noRoom(isLast: boolean): TransformError {
  const what = isLast
    ? `the response of 6 MB is full, for the ${MOST_ROUNDS + 1}th time for this record`
    : 'the response of 6 MB is full, and the record cannot be put back into the stream';
  return new TransformError('NO_ROOM', what);
}
