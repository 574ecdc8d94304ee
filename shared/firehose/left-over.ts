import type { Batch } from './answer.ts';
import type { Refusal } from './errors.ts';
import type { FirehoseRecord } from './event.ts';
import { marked } from './mark.ts';
import { type PutBack, putBack } from './put-back.ts';
import { openRecord } from './record.ts';

const NO_ROOM: Refusal = { reason: 'NO_ROOM', message: 'the response of 6 MB is full' };

/**
 * Puts back what is left over, before the answer says that it is done with: a crash in between
 * brings records twice, and loses none.
 */
export async function returnToStream(
  { leftOver, answers, tally }: Batch,
  records: readonly FirehoseRecord[],
  back: PutBack,
  deadline: number,
): Promise<void> {
  const copies = leftOver.map((index) => {
    const record = records[index]!;
    // Opened again: the transform had the bytes in its hands.
    const { data, mark, arrival } = openRecord(record);
    return {
      data: marked(data, { rounds: (mark?.rounds ?? 0) + 1, arrival }),
      partitionKey: record.kinesisRecordMetadata!.partitionKey,
    };
  });
  const arrived = await putBack(back, copies, deadline);
  for (const [i, index] of leftOver.entries()) {
    const { recordId } = records[index]!;
    if (arrived[i]) {
      answers[index] = { recordId, result: 'Dropped' };
      tally.count('PutBack', recordId, NO_ROOM);
    } else {
      const message = `${NO_ROOM.message}, and the stream has not taken the record back`;
      tally.count('Failed', recordId, { ...NO_ROOM, message });
    }
  }
}
