import fc from 'fast-check';
import type { ConsumedRecord } from '../../shared/consume/consume.ts';
import { FinalError } from '../../shared/consume/retryable.ts';
import { RecordFault } from '../../shared/records/types.ts';
import { aggregateRecord, type WireRecord } from '../helpers/wire.ts';

/** What is to happen to a user record. */
export interface Plan {
  readonly id: number;
  readonly key: string;
  /** The first tries end so; all later ones as the last. */
  readonly outcomes: readonly ('done' | 'retryable' | 'final')[];
  /** How many turns a try takes; 0: it is synchronous. */
  readonly turns: number;
}

/** The user records of one Kinesis record: one alone is plain, none is data that is no base64. */
export type Batch = readonly (readonly Plan[])[];

const outcome = fc.oneof(
  { weight: 8, arbitrary: fc.constant('done' as const) },
  { weight: 1, arbitrary: fc.constant('retryable' as const) },
  { weight: 1, arbitrary: fc.constant('final' as const) },
);

const plan = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  outcomes: fc.array(outcome, { minLength: 1, maxLength: 3 }),
  turns: fc.nat(3),
});

const size = fc.oneof(
  { weight: 6, arbitrary: fc.constant(1) },
  { weight: 3, arbitrary: fc.integer({ min: 2, max: 4 }) },
  { weight: 1, arbitrary: fc.constant(0) },
);

/** Up to 20 Kinesis records. `eventually`: no user record is retryable for ever. */
export function batches(eventually: boolean): fc.Arbitrary<Batch> {
  const records = fc.array(
    size.chain((length) => fc.array(plan, { minLength: length, maxLength: length })),
    { maxLength: 20 },
  );
  return records.map((lists) => {
    let id = 0;
    return lists.map((list) =>
      list.map(({ key, outcomes, turns }) => ({
        id: id++,
        key,
        turns,
        outcomes:
          eventually && outcomes.at(-1) === 'retryable' ? [...outcomes, 'done' as const] : outcomes,
      })),
    );
  });
}

export const orders = fc.oneof(
  fc.constant({}),
  fc.record({
    order: fc.constant('partition-key' as const),
    concurrency: fc.integer({ min: 1, max: 4 }),
  }),
);

/** The Kinesis record of a list of plans. */
export function wireOf(list: readonly Plan[]): WireRecord {
  const users = list.map((one) => ({ data: { id: one.id }, partitionKey: one.key }));
  if (users.length === 0) return { data: 'to be damaged' };
  return users.length === 1 ? users[0]! : aggregateRecord(users);
}

export interface Begun {
  readonly plan: Plan;
  readonly outcome: Plan['outcomes'][number];
  /** Others that were at work when it began. */
  readonly beside: readonly Plan[];
}

/** A handler that does what is planned for each record, and notes what it saw. */
export function createHandler(batch: Batch) {
  const plans = new Map(batch.flat().map((one) => [one.id, one]));
  const tries = new Map<number, number>();
  const atWork = new Set<Plan>();
  const begun: Begun[] = [];

  const end = (one: Plan, outcome: Begun['outcome']): void => {
    atWork.delete(one);
    if (outcome === 'retryable') throw new Error('down');
    if (outcome === 'final' && one.id % 2 === 0) throw new FinalError('never');
    if (outcome === 'final') throw new RecordFault('BAD_TYPE', 'never');
  };
  const later = async (one: Plan, outcome: Begun['outcome']): Promise<void> => {
    for (let i = 0; i < one.turns; i++) await Promise.resolve();
    end(one, outcome);
  };
  const handle = (record: ConsumedRecord): void | Promise<void> => {
    const { id } = record.json() as { id: number };
    const one = plans.get(id)!;
    const count = tries.get(id) ?? 0;
    tries.set(id, count + 1);
    const outcome = one.outcomes[Math.min(count, one.outcomes.length - 1)]!;
    begun.push({ plan: one, outcome, beside: [...atWork] });
    atWork.add(one);
    return one.turns === 0 ? end(one, outcome) : later(one, outcome);
  };
  return { handle, begun, atWork };
}
