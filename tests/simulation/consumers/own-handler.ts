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
import { type End, judgeBatch } from './batch-judge.ts';
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
  const { random, network, watched, ranges } = surroundings;
  const options = random.pick(ORDERS);
  const style = random.pick(['sync', 'async', 'mixed'] as const);
  const { order = 'shard' } = options;
  const isFiltered = random.chance(0.5);
  const width = order === 'shard' ? 1 : (options.concurrency ?? 16);
  const records = createUserRecords(order, isFiltered);
  const ledger = createFaultLedger();

  const isSync = ({ place }: UserRecord): boolean =>
    style === 'sync' || (style === 'mixed' && place! % 2 === 0);

  /** What the user wrote. */
  const handlerOf =
    (invocation: () => Invocation) =>
    (record: ConsumedRecord, due: UserRecord): void | Promise<void> => {
      const by = invocation();
      if (network.happens('handler', 0.04)) throw new Error('down for now');
      const { n } = record.json(isEvent);
      watched(by, () => requireBytes(record, due));
      const send = (): void => {
        if (n !== TOO_MANY) watched(by, () => records.over(due));
      };
      const hear = (): void => {
        if (n === TOO_MANY) throw new FinalError('too many');
      };
      if (!isSync(due)) return network.ask(invocation, send).then(hear);
      send();
      hear();
    };

  const start = (invocation: () => Invocation) => {
    const store = network.faultStore(invocation);
    const handle = handlerOf(invocation);
    return async (event: MappingEvent) => {
      const by = invocation();
      const judge = judgeBatch(event, records, width);
      const faults = { store: judge.watch(store), application: NAME, stream: 'events' };
      const judged: RecordHandler = (record) => {
        const due = watched(by, () => judge.begin(record));
        return ending(
          () => handle(record, due),
          (how) => {
            if (how === 'final') watched(by, () => records.over(due));
            judge.end(due, how);
          },
        );
      };
      const answer = await consume(event, judged, {
        ...{ ...options, faults },
        ...(isFiltered && { ranges }),
      });
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
      const due = records.of(shard.shardId, sequenceNumber);
      const isDue = (sub: number): boolean => due[sub]!.place !== null;
      ledger.expect(shard.shardId, sequenceNumber, faultsOf(content, isDue));
    },
    setAside: ledger.put,
    judge: () => {},
    check: async () => {
      records.check();
      ledger.check();
    },
  };
}

/** Does work, now or in a while, and tells how it ended. */
function ending(work: () => void | Promise<void>, hear: (how: End) => void): void | Promise<void> {
  const failed = (error: unknown): never => {
    hear(error instanceof RecordFault || error instanceof FinalError ? 'final' : 'retryable');
    throw error;
  };
  try {
    const pending = work();
    if (pending !== undefined) return pending.then(() => hear('done'), failed);
  } catch (error) {
    return failed(error);
  }
  hear('done');
}

function requireBytes({ data }: ConsumedRecord, due: UserRecord): void {
  if (due.event === null || data.equals(due.event.data)) return;
  const message = 'a handler got other bytes than were put';
  throw new Broken({ invariant: 'scopes', message, item: nameOf(due) });
}

/** What JSON alone shows: a number that is none, a time that is none. */
function isEvent(value: unknown): value is { readonly n: number | null } {
  if (!(value instanceof Object) || !('n' in value) || !('at' in value)) return false;
  return [value.n, value.at].every((one) => one === null || typeof one === 'number');
}

function faultsOf({ users, harm }: Content, isDue: (sub: number) => boolean): string[] {
  if (harm !== null) return [`0 ${harm}`];
  return users.flatMap(({ bad, n }, sub) => {
    const reason: FaultReason | null =
      bad === 'BAD_FORMAT' ? 'BAD_TYPE' : (bad ?? (n === TOO_MANY ? 'REFUSED' : null));
    return reason === null || !isDue(sub) ? [] : [`${sub} ${reason}`];
  });
}
