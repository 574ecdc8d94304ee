import { errorDetails, log } from '../observe/log.ts';
import type { KinesisRecord } from '../records/event.ts';
import { RecordFault } from '../records/types.ts';
import type { FaultReporting } from './consume.ts';
import type { ReadRecord } from './consumed-record.ts';
import type { Fault, FaultyRecord } from './faults.ts';
import { isRetryable } from './retryable.ts';
import { setAside } from './set-aside.ts';

/**
 * What became of a batch. `limit` is the position of the first Kinesis record that is not done,
 * the number of records when all are: what lies at and behind it is delivered again whatever
 * became of it, so nothing more is begun there.
 */
export interface Outcome {
  readonly limit: number;
  /** Takes the error of a record: it is set aside later, or the limit comes down to it. */
  readonly failed: (record: ReadRecord, error: unknown) => void;
  /** Sets aside what is final; gives the sequence number to report, null when all is done. */
  readonly close: () => Promise<string | null>;
}

interface Failure {
  readonly error: unknown;
  readonly message: string;
}

export function createOutcome(
  records: readonly KinesisRecord[],
  shardId: string,
  { faults: place, isRetryable: retryable = isRetryable }: FaultReporting,
): Outcome {
  let limit = records.length;
  let first: Failure | null = null;
  const faults = new Map<number, Fault[]>();

  const stopAt = (index: number, error: unknown, message: string): void => {
    if (index >= limit) return;
    limit = index;
    first = { error, message };
  };

  const failed = (record: ReadRecord, thrown: unknown): void => {
    const { index } = record;
    const error = readable(thrown);
    if (!isFinal(record, thrown, retryable)) {
      stopAt(index, error, 'a record failed; it and all behind it are delivered again');
    } else if (place === undefined) {
      stopAt(index, error, 'a record can never be processed, and there is no `faults` for it');
    } else {
      const held = faults.get(index);
      if (held === undefined) faults.set(index, [faultOf(record, error)]);
      else held.push(faultOf(record, error));
    }
  };

  const close = async (): Promise<string | null> => {
    const due = [...faults].filter(([index]) => index < limit);
    if (place !== undefined && due.length > 0) {
      const entries = due.map(([index, list]) => {
        const { application, stream } = place;
        const source = { application, stream, shardId };
        return { index, record: faultyRecord(source, records[index]!, list) };
      });
      const failures = await setAside(place.store, entries);
      for (const { index, error } of failures) {
        stopAt(index, error, 'a record could not be set aside; it is delivered again');
      }
      const count = due.length - failures.length;
      if (count > 0) log('warn', 'records were set aside', { shardId, records: count });
    }
    if (first === null) return null;
    const { sequenceNumber } = records[limit]!.kinesis;
    log('error', first.message, { ...details(first.error), shardId, sequenceNumber });
    return sequenceNumber;
  };

  return {
    get limit() {
      return limit;
    },
    failed,
    close,
  };
}

function isFinal(
  record: ReadRecord,
  error: unknown,
  retryable: (error: unknown) => boolean,
): boolean {
  if (record.unreadable) return true;
  try {
    return !retryable(error);
  } catch {
    // Its judgement is missing: wait rather than give the record up.
    return false;
  }
}

/** Anything can be thrown, also what throws when it is looked at: then an error that says so. */
function readable(thrown: unknown): unknown {
  try {
    errorDetails(thrown);
    return thrown;
  } catch {
    return new Error('what was thrown cannot be read');
  }
}

function faultOf(record: ReadRecord, error: unknown): Fault {
  const { subSequenceNumber } = record;
  const fault = record.fault ?? error;
  if (fault instanceof RecordFault) {
    return { subSequenceNumber, reason: fault.reason, message: fault.message };
  }
  const { error: name, reason } = errorDetails(fault);
  return { subSequenceNumber, reason: 'REFUSED', message: `${name}: ${reason}` };
}

function faultyRecord(
  source: Pick<FaultyRecord, 'application' | 'stream' | 'shardId'>,
  { kinesis }: KinesisRecord,
  faults: readonly Fault[],
): FaultyRecord {
  return {
    ...source,
    sequenceNumber: kinesis.sequenceNumber,
    partitionKey: kinesis.partitionKey,
    arrival: new Date(Math.round(kinesis.approximateArrivalTimestamp * 1000)).toISOString(),
    // Keys that run side by side end in any order; the object is to be the same for every try.
    faults: faults.toSorted((a, b) => a.subSequenceNumber - b.subSequenceNumber),
    data: kinesis.data,
  };
}

/** JSON.parse quotes the text that it refuses, and payloads do not belong in a log. */
function details(error: unknown) {
  if (!(error instanceof SyntaxError)) return errorDetails(error);
  return { error: error.name, reason: 'not told, it may quote the record' };
}
