import type { Application } from '../../shared/config/application.ts';
import { looksAggregated } from '../../shared/kpl/decode.ts';
import { type HashKeyRange, inShardRange } from '../../shared/kpl/hash-key.ts';
import { type KinesisBatch, readEvent, type VisitedRecord } from '../../shared/records/event.ts';
import { createDecoder, unpacking } from '../../shared/records/format.ts';
import { metadataFiller } from '../../shared/records/metadata.ts';
import { RecordFault } from '../../shared/records/types.ts';
import type { Folder } from '../../shared/sql/engine/fold.ts';
import type { Row } from '../../shared/sql/types.ts';

/** The records of one batch and what is known of them; `record` is an index. */
export interface Input {
  readonly event: KinesisBatch;
  readonly length: number;
  readonly shardId: string;
  readonly sequenceNumbers: readonly string[];
}

/** What a fold met. */
export interface Counts {
  userRecords: number;
  rows: number;
  /** User records that the KPL sends again to the shard they belong to. */
  outOfRange: number;
  damagedAggregates: number;
}

export type OnFault = (record: number, sub: number, fault: RecordFault) => void;

/** Gives the rows of records [from, to) to the folder, and what is no row to `onFault`. */
export type Intake = (
  input: Input,
  from: number,
  to: number,
  folder: Folder,
  range: HashKeyRange | null,
  onFault: OnFault,
) => Counts;

/** Throws Error where the event is not one of Kinesis. */
export function openInput(event: KinesisBatch): Input {
  const records = event.Records ?? [];
  return {
    event,
    length: records.length,
    shardId: event.shardId ?? records[0]?.eventID?.split(':', 1)[0] ?? '',
    sequenceNumbers: records.map((record) => record.kinesis?.sequenceNumber),
  };
}

/** True where a record may be a KPL aggregate: a cheap look at the first characters of each. */
export function mayHoldAggregates({ event }: Input): boolean {
  return (event.Records ?? []).some(({ kinesis }) => looksAggregated(kinesis?.data ?? ''));
}

/**
 * From Lambda's event to the rows that the program reads: only the columns it names. `watch` gives
 * who is shown each user record that is this shard's, as it is visited.
 */
export function createIntake(
  application: Application,
  watch: ((shardId: string) => (visited: VisitedRecord) => void) | null = null,
): Intake {
  const { columns } = application.plan.source;
  const read = columns.filter(({ metadata }) => metadata === undefined);
  const mapped = read.map(({ name }) => application.columns.find((c) => c.name === name)!);
  const { format, compression } = application.stream;
  const plain = createDecoder(format, mapped);
  const decoder = compression === 'gzip' ? unpacking(plain) : plain;
  const complete = metadataFiller(columns);

  return (input, from, to, folder, range, onFault) => {
    const counts: Counts = { userRecords: 0, rows: 0, outOfRange: 0, damagedAggregates: 0 };
    const records = input.event.Records ?? [];
    const whole = from === 0 && to === records.length;
    const event = whole ? input.event : { ...input.event, Records: records.slice(from, to) };
    const see = watch?.(input.shardId);
    let current: VisitedRecord;
    const emit = (row: Row): void => {
      counts.rows++;
      row[0] = current.arrival;
      const filled = complete === null ? row : complete(row, current);
      folder.take(filled, from + current.index, current.subSequenceNumber);
    };
    readEvent(event, (visited) => {
      counts.userRecords++;
      if (visited.fault?.reason === 'DAMAGED_AGGREGATE') counts.damagedAggregates++;
      if (range !== null && visited.aggregated && !isInRange(range, visited)) {
        counts.outOfRange++;
        return;
      }
      see?.(visited);
      current = visited;
      const fault = tryDecode(decoder, visited, emit);
      if (fault !== null) onFault(from + visited.index, visited.subSequenceNumber, fault);
    });
    return counts;
  };
}

function tryDecode(
  decoder: ReturnType<typeof createDecoder>,
  visited: VisitedRecord,
  emit: (row: Row) => void,
): RecordFault | null {
  if (visited.fault?.reason === 'BAD_BASE64') return visited.fault;
  try {
    const { data, start, end, arrival } = visited;
    decoder.decode(data, start, end, emit, arrival);
    return null;
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
    // What begins like an aggregate and is no row either is an aggregate that was damaged.
    return visited.fault ?? error;
  }
}

function isInRange(range: HashKeyRange, { partitionKey, explicitHashKey }: VisitedRecord): boolean {
  return inShardRange(range, partitionKey, explicitHashKey);
}
