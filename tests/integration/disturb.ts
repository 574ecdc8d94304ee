import type { Invoke, MappingEvent, MappingRecord } from '../../local/mapping/types.ts';

/** How often each kind of trouble has come. */
export interface Trouble {
  invokes: number;
  halves: number;
  older: number;
  repeats: number;
  overlaps: number;
}

/**
 * Delivers as Lambda may: of five batches the first comes in part beforehand, the second behind
 * records of the batch before it, the third once more after its success, and the fourth while an
 * older invocation with a part of it is still at work.
 */
export function disturb(invoke: Invoke, trouble: Trouble): Invoke {
  const before = new Map<string, readonly MappingRecord[]>();
  return async (event, requestId) => {
    const records = event.Records;
    const half = records.slice(0, Math.ceil(records.length / 2));
    const shardId = shardOf(event);
    const older = before.get(shardId) ?? [];
    before.set(shardId, records);
    const again = (part: readonly MappingRecord[]): Promise<unknown> =>
      invoke({ ...event, Records: part }, crypto.randomUUID());
    const isBefore = (record: MappingRecord) =>
      record.kinesis.sequenceNumber < records[0]!.kinesis.sequenceNumber;
    switch (trouble.invokes++ % 5) {
      case 0:
        trouble.halves++;
        await again(half);
        return invoke(event, requestId);
      case 1:
        trouble.older++;
        await again([...older.slice(older.length >> 1).filter(isBefore), ...half]);
        return invoke(event, requestId);
      case 2:
        trouble.repeats++;
        await invoke(event, requestId);
        return again(records);
      case 3: {
        trouble.overlaps++;
        const [answer] = await Promise.all([invoke(event, requestId), again(half)]);
        return answer;
      }
      default:
        return invoke(event, requestId);
    }
  };
}

export function shardOf({ Records }: MappingEvent): string {
  return Records[0]!.eventID.split(':')[0]!;
}
