import { isDeepStrictEqual } from 'node:util';
import type { MappingEvent } from '../../../local/mapping/types.ts';
import type { ConsumedRecord } from '../../../shared/consume/consume.ts';
import type { FaultStore } from '../../../shared/consume/faults.ts';
import { Broken } from '../violation.ts';
import { nameOf, type UserRecord, type UserRecords } from './user-records.ts';

export type End = 'done' | 'final' | 'retryable';

/** Watches what becomes of one batch, from outside of what handles it. All throw Broken. */
export interface BatchJudge {
  /** A handler is given a record: the next of its scope, no failure before it, none of it at work. */
  readonly begin: (record: ConsumedRecord) => UserRecord;
  readonly end: (record: UserRecord, how: End) => void;
  /** Notes what the store has taken. */
  readonly watch: (store: FaultStore) => FaultStore;
  /** The answer names the lowest record that is not done, and gives a window its state back. */
  readonly answer: (answer: Answer) => void;
}

interface Answer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
  readonly state?: unknown;
}

/** The part of a scope that is in the batch. */
interface Course {
  readonly due: UserRecord[];
  next: number;
  state: 'free' | 'at work' | 'failed';
}

export function judgeBatch(event: MappingEvent, records: UserRecords, width: number): BatchJudge {
  const { Records, window } = event;
  const shardId = event.shardId ?? Records[0]!.eventID.split(':', 1)[0]!;
  const numbers = Records.map(({ kinesis }) => kinesis.sequenceNumber);
  const batch = numbers.map((number) => records.of(shardId, number));
  const courses = new Map<object, Course>();
  for (const record of batch.flat()) {
    if (record.place === null) continue;
    const course = courses.get(record.scope) ?? { due: [], next: 0, state: 'free' };
    courses.set(record.scope, course);
    course.due.push(record);
  }
  const ends = new Map<UserRecord, End>();
  const kept = new Set<string>();
  let atWork = 0;

  const isDone = (record: UserRecord, sequenceNumber: string): boolean => {
    if (record.place === null) return true;
    const end = ends.get(record);
    return end === 'done' || (end === 'final' && kept.has(sequenceNumber));
  };
  return {
    begin: ({ sequenceNumber, subSequenceNumber, partitionKey }) => {
      const record = records.of(shardId, sequenceNumber)?.[subSequenceNumber];
      if (record === undefined || record.partitionKey !== partitionKey) {
        const item = `${shardId} ${sequenceNumber}.${subSequenceNumber} with the key ${partitionKey}`;
        throw broken('nobody has put such a user record', item);
      }
      const item = nameOf(record);
      if (record.place === null) throw broken('it belongs to another shard', item);
      const course = courses.get(record.scope)!;
      if (course.state !== 'free') {
        throw broken(`it was begun while one before it ${AS_IT_IS[course.state]}`, item);
      }
      const next = course.due[course.next];
      if (next !== record) throw broken(`it was begun, and ${next && nameOf(next)} is due`, item);
      if (++atWork > width) throw broken(`more than ${width} are at work`, item);
      course.next++;
      course.state = 'at work';
      return record;
    },
    end: (record, how) => {
      atWork--;
      ends.set(record, how);
      courses.get(record.scope)!.state = how === 'retryable' ? 'failed' : 'free';
    },
    watch: (store) => ({
      put: async (record) => {
        await store.put(record);
        kept.add(record.sequenceNumber);
      },
    }),
    answer: ({ batchItemFailures, state }) => {
      const first = batch.findIndex((users, i) => !users.every((one) => isDone(one, numbers[i]!)));
      const expected = JSON.stringify(first < 0 ? [] : [numbers[first]]);
      const actual = JSON.stringify(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const invariant = 'answers';
      if (atWork > 0) {
        throw new Broken({ invariant, message: `answered with ${atWork} still at work` });
      }
      if (expected !== actual) {
        throw new Broken({ invariant, message: 'not what is to come again', expected, actual });
      }
      if (window === undefined || isDeepStrictEqual(state, event.state ?? {})) return;
      throw new Broken({ invariant, message: 'the state of the window is another one' });
    },
  };
}

const AS_IT_IS = { 'at work': 'was still at work', failed: 'has failed' };

function broken(message: string, item: string): Broken {
  return new Broken({ invariant: 'scopes', message, item });
}
