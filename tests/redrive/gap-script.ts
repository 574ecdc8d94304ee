import type { KinesisRecord } from '../../shared/records/event.ts';
import type { Row } from '../../shared/sql/types.ts';
import { FIRST_ARRIVAL, kinesisEvent, type WireRecord } from '../helpers/wire.ts';

/** A record: null is one that no program can take. `gap` and `behind` are milliseconds. */
export type Event = { readonly who: string; readonly gap: number; readonly behind: number } | null;

/** What becomes of one try of a batch. */
export type Fate = 'sound' | 'never invoked' | 'fails in part' | 'dies half-way' | 'dies after';

export type Step =
  /** The next records; after these tries the batch is given up, or tried until it is done. */
  | {
      readonly kind: 'deliver';
      readonly size: number;
      readonly tries: readonly Fate[];
      readonly givesUp: boolean;
      /** The destination is in S3. */
      readonly hasPayload: boolean;
    }
  /** Another poller reads from the beginning on, and ends before the poller's place, or ahead of it. */
  | { readonly kind: 'read again'; readonly share: number; readonly size: number }
  /** The poller goes on from an earlier checkpoint. */
  | { readonly kind: 'fall back'; readonly share: number }
  /** New code, by other rules, or the same in a new container. */
  | { readonly kind: 'deploy'; readonly isOther: boolean }
  /** A generation of its own, read from the beginning while the next records come, takes over. */
  | {
      readonly kind: 'rebuild';
      readonly size: number;
      readonly meanwhile: Extract<Step, { kind: 'deliver' }>;
    }
  | { readonly kind: 'wait'; readonly ms: number }
  /** Notes so far; with writes that fail, twice at a time, while the next batch is delivered. */
  | {
      readonly kind: 'close';
      readonly isFlaky: boolean;
      readonly isTwice: boolean;
      readonly meanwhile: number;
    };

export interface Script {
  readonly events: readonly Event[];
  /** Where the first poller begins; what lies before is no row. */
  readonly begin: number;
  readonly steps: readonly Step[];
  /** Whether a write, or its answer, is lost, and whether others come in between. */
  readonly luck: Iterable<boolean>;
}

const FUNCTION = 'arn:aws:lambda:eu-west-1:111122223333:function:t-aggregate-app';
const STREAM = 'arn:aws:kinesis:eu-west-1:123456789012:stream/clicks';
const SHARD = 'shardId-000000000000';

/** The i-th event adds 2^i: a sum tells which of them are in it. */
export function recordsOf(events: readonly Event[], begin: number) {
  let arrival = FIRST_ARRIVAL;
  const rows: (Row | null)[] = [];
  const wire = events.map((event, i): WireRecord => {
    arrival += event?.gap ?? 0;
    if (event === null || i < begin) {
      rows.push(null);
      return { data: '{', arrival };
    }
    const at = arrival - event.behind;
    rows.push([arrival, at, event.who, 2 ** i]);
    return { data: { at, who: event.who, n: 2 ** i }, arrival };
  });
  return { records: kinesisEvent(wire).Records as readonly KinesisRecord[], rows };
}

export function noteOf(
  records: readonly KinesisRecord[],
  invokes: number,
  at: number,
  full: boolean,
) {
  return {
    requestContext: {
      functionArn: FUNCTION,
      condition: invokes === 0 ? 'RecordAgeExceeded' : 'RetryAttemptsExhausted',
      approximateInvokeCount: invokes,
    },
    timestamp: new Date(at).toISOString(),
    KinesisBatchInfo: {
      shardId: SHARD,
      startSequenceNumber: records[0]!.kinesis.sequenceNumber,
      endSequenceNumber: records.at(-1)!.kinesis.sequenceNumber,
      batchSize: records.length,
      streamArn: STREAM,
    },
    ...(full && { payload: { Records: records } }),
  };
}

/** What a mapping that gives a batch up tells of it. */
export type Note = ReturnType<typeof noteOf>;
