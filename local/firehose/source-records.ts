import { readEvent } from '../../shared/records/event.ts';
import type { MappingEvent } from '../mapping/types.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { SourceRecord } from './types.ts';

/**
 * The user records of a batch: Firehose takes KPL aggregates apart before anything else
 * (https://docs.aws.amazon.com/streams/latest/dev/kpl-with-firehose.html). Each of them ends in so
 * many objects.
 */
export function sourceRecords(
  event: MappingEvent,
  checkpoints: Checkpoints,
  ends: number,
): SourceRecord[] {
  const found: Omit<SourceRecord, 'done'>[][] = event.Records.map(() => []);
  readEvent(event, (visited) => {
    const { index, shardId, sequenceNumber, partitionKey, arrival, aggregated } = visited;
    found[index]!.push({
      ...{ shardId, sequenceNumber, partitionKey, arrival },
      subSequenceNumber: aggregated ? visited.subSequenceNumber : null,
      data: Buffer.from(visited.data.subarray(visited.start, visited.end)),
    });
  });
  return event.Records.flatMap(({ eventID, kinesis }, index) => {
    const records = found[index]!;
    const shardId = eventID.slice(0, eventID.indexOf(':'));
    // Of an aggregate without user records nothing has to be written.
    const done = checkpoints.begin(shardId, kinesis.sequenceNumber, records.length * ends);
    return records.map((record) => ({ ...record, done }));
  });
}
