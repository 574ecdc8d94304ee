import { type Clock, outOfTime } from './clock.ts';
import { refusalOf, TransformError } from './errors.ts';
import type { FirehoseRecord, ResponseRecord } from './event.ts';
import { createCollector, type Output, type Transformed, tooLarge } from './output.ts';
import { arrivalKeys } from './partition-key.ts';
import { openRecord, type TransformRecord } from './record.ts';
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
  /** In the order of the records; at first all have failed. */
  readonly answers: ResponseRecord[];
  /** Indexes of the records that fit a response, but not this one. */
  readonly leftOver: number[];
}

/** Settles the answer to one record, unless it is left over. Never rejects. */
export async function answer(
  batch: Batch,
  record: FirehoseRecord,
  index: number,
  transform: (record: TransformRecord) => Output | Promise<Output>,
  clock: Clock,
): Promise<void> {
  const { keys, canPutBack, room, tally, answers, leftOver } = batch;
  const { recordId } = record;
  try {
    const { records, mark, arrival } = openRecord(record);
    const given = keys.length > 0 ? arrivalKeys(arrival) : {};
    const collector = createCollector(given, keys, room.bytes);
    for (const one of records) {
      if (clock.isOver()) throw outOfTime();
      const output = transform(one);
      collector.add(output instanceof Promise ? await clock.within(output) : output);
    }
    const result = collector.finish();
    if ('dropped' in result) {
      answers[index] = { recordId, result: 'Dropped' };
      tally.count('Dropped', recordId, { reason: result.dropped, message: '' });
      return;
    }
    const head = headOf(recordId, result);
    if (!room.fitsAlone(head, result.data.length)) throw tooLarge();
    const full = { ...head, data: result.data.toString('base64') };
    if (room.take(full)) {
      answers[index] = full;
      tally.count('Delivered', recordId);
    } else {
      const isLast = (mark?.rounds ?? 0) >= MOST_ROUNDS;
      if (!canPutBack || !record.kinesisRecordMetadata || isLast) throw noRoom(isLast);
      leftOver.push(index);
    }
  } catch (thrown) {
    tally.count('Failed', recordId, refusalOf(thrown));
  }
}

function headOf(
  recordId: string,
  { keys }: Extract<Transformed, { data: Buffer }>,
): ResponseRecord {
  const head: ResponseRecord = { recordId, result: 'Ok' };
  for (const _ in keys) return { ...head, metadata: { partitionKeys: keys } };
  return head;
}

function noRoom(isLast: boolean): TransformError {
  const what = isLast
    ? `the response of 6 MB is full, for the ${MOST_ROUNDS + 1}th time for this record`
    : 'the response of 6 MB is full, and the record cannot be put back into the stream';
  return new TransformError('NO_ROOM', what);
}
