import type { MappingEvent } from '../../../local/mapping/types.ts';
import {
  type ConsumedRecord,
  type ConsumeOptions,
  consume,
  type RecordHandler,
} from '../../../shared/consume/consume.ts';
import { FinalError } from '../../../shared/consume/retryable.ts';
import { type FaultReason, RecordFault } from '../../../shared/records/types.ts';
import type { Invocation } from '../invocation.ts';
import type { Content } from '../producer.ts';
import { Broken } from '../violation.ts';
import { type BatchJudge, judgeBatch } from './batch-judge.ts';
import type { Consumer, Surroundings } from './consumer.ts';
import { createFaultLedger } from './fault-ledger.ts';
import { createUserRecords, nameOf, type UserRecord } from './user-records.ts';

/** What this handler refuses for good, whatever the rest of the record. */
const TOO_MANY = 5;
const NAME = 'own';

const ORDERS: readonly ConsumeOptions[] = [
  {},
  { order: 'shard' },
  { order: 'partition-key' },
  { order: 'partition-key', concurrency: 1 },
  { order: 'partition-key', concurrency: 3 },
];

/** A user's own handler, through consume: it sends what it reads elsewhere, at once or in a while. */
export function ownHandler(surroundings: Surroundings): Consumer {
  const { random, network, watched } = surroundings;
  const options = random.pick(ORDERS);
  const style = random.pick(['sync', 'async', 'mixed'] as const);
  const { order = 'shard' } = options;
  const width = order === 'shard' ? 1 : (options.concurrency ?? 16);
  const records = createUserRecords(order);
  const ledger = createFaultLedger();

  const start = (invocation: () => Invocation) => {
    const store = network.faultStore(invocation);
    const read = (record: ConsumedRecord, due: UserRecord): number | null => {
      if (network.happens('handler', 0.04)) throw new Error('down for now');
      const { n } = record.json(isEvent);
      if (due.event !== null && !record.data.equals(due.event.data)) {
        const message = 'a handler got other bytes than were put';
        throw new Broken({ invariant: 'scopes', message, item: nameOf(due) });
      }
      return n;
    };
    const send = (n: number | null, due: UserRecord): void => {
      if (n !== TOO_MANY) records.over(due);
    };
    const sent = (n: number | null): void => {
      if (n === TOO_MANY) throw new FinalError('too many');
    };
    const judged =
      (by: Invocation, judge: BatchJudge): RecordHandler =>
      (record) => {
        const due = watched(by, () => judge.begin(record));
        const failed = (error: unknown): never => {
          const isFinal = error instanceof RecordFault || error instanceof FinalError;
          if (isFinal) watched(by, () => records.over(due));
          judge.end(due, isFinal ? 'final' : 'retryable');
          throw error;
        };
        try {
          const n = watched(by, () => read(record, due));
          const isSync = style === 'sync' || (style === 'mixed' && due.place % 2 === 0);
          if (!isSync) {
            return network
              .ask(invocation, () => watched(by, () => send(n, due)))
              .then(() => sent(n))
              .then(() => judge.end(due, 'done'), failed);
          }
          watched(by, () => send(n, due));
          sent(n);
          judge.end(due, 'done');
        } catch (error) {
          failed(error);
        }
      };
    return async (event: MappingEvent) => {
      const by = invocation();
      const judge = judgeBatch(event, records, width);
      const faults = { store: judge.watch(store), application: NAME, stream: 'events' };
      const answer = await consume(event, judged(by, judge), { ...options, faults });
      watched(by, () => judge.answer(answer));
      return answer;
    };
  };

  return {
    name: NAME,
    table: null,
    code: { note: `, for a handler of its own (${order}, ${style})`, before: null, start },
    settings: {},
    put: (shard, sequenceNumber, arrival, content) => {
      records.put(shard, sequenceNumber, arrival, content);
      ledger.expect(shard.shardId, sequenceNumber, faultsOf(content));
    },
    setAside: ledger.put,
    judge: () => {},
    check: async () => {
      records.check();
      ledger.check();
    },
  };
}

/** What JSON alone shows: a number that is none, a time that is none. */
function isEvent(value: unknown): value is { readonly n: number | null } {
  if (!(value instanceof Object) || !('n' in value) || !('at' in value)) return false;
  return [value.n, value.at].every((one) => one === null || typeof one === 'number');
}

function faultsOf({ users, harm }: Content): string[] {
  if (harm !== null) return [`0 ${harm}`];
  return users.flatMap(({ bad, n }, sub) => {
    const reason: FaultReason | null =
      bad === 'BAD_FORMAT' ? 'BAD_TYPE' : (bad ?? (n === TOO_MANY ? 'REFUSED' : null));
    return reason === null ? [] : [`${sub} ${reason}`];
  });
}
