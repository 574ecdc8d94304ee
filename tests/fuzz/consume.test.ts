import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { consume } from '../../shared/consume/consume.ts';
import type { ConsumedRecord } from '../../shared/consume/consumed-record.ts';
import type { FaultyRecord } from '../../shared/consume/faults.ts';
import { FinalError } from '../../shared/consume/retryable.ts';
import { consumeWindow } from '../../shared/consume/window.ts';
import { userRecords } from '../../shared/records/event.ts';
import { memoryFaults } from '../aggregate/harness.ts';
import { eventOf, puts } from './batches.ts';
import { bytes, damaged, jsonText } from './payloads.ts';
import { always } from './runs.ts';

/** Refuses every question. */
const closed: object = new Proxy(
  {},
  Object.fromEntries(
    ['get', 'has', 'getPrototypeOf', 'ownKeys', 'getOwnPropertyDescriptor'].map((trap) => [
      trap,
      () => {
        throw new Error('closed');
      },
    ]),
  ),
);

const silent = new Error('x');
Object.defineProperty(silent, 'message', {
  get: () => {
    throw silent;
  },
});

/** What a handler may throw, or a promise of it reject with. */
const THROWN: readonly unknown[] = [
  undefined,
  null,
  0,
  10n,
  Symbol('x'),
  'text',
  {},
  [],
  Object.create(null),
  closed,
  silent,
  new Error('x', { cause: closed }),
  new SyntaxError('x'),
  { retryable: false },
  Object.create(null, { retryable: { value: false } }),
  new FinalError('x'),
  new FinalError('x', { cause: silent }),
  Object.assign(new Error('x'), { retryable: false, name: undefined, message: 7 }),
];

type Behaviour = 'read' | 'text' | 'json' | 'data' | 'throw' | 'reject' | 'later' | 'then';
const behaviour = fc.constantFrom<Behaviour>(
  'read',
  'read',
  'text',
  'json',
  'data',
  'throw',
  'reject',
  'later',
  'then',
);
const acts = fc.array(fc.tuple(behaviour, fc.nat(THROWN.length - 1)), {
  minLength: 1,
  maxLength: 9,
});

function perform(record: ConsumedRecord, [act, index]: readonly [Behaviour, number]): unknown {
  const thrown = THROWN[index];
  if (act === 'text') return record.text();
  if (act === 'json') return record.json();
  if (act === 'data') return record.data;
  if (act === 'throw') throw thrown;
  if (act === 'reject') return Promise.reject(thrown);
  if (act === 'later') return Promise.resolve().then(() => Promise.reject(thrown));
  // biome-ignore lint/suspicious/noThenProperty: a foreign promise is what this is about.
  return act === 'then' ? { then: (_: unknown, no: (e: unknown) => void) => no(thrown) } : record;
}

const data = fc.oneof(bytes, damaged(jsonText(['a'])));

describe('consume', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeAll(() => {
    vi.spyOn(console, 'log').mockImplementation(() => {});
    process.on('unhandledRejection', note);
  });
  afterAll(async () => {
    // Node tells of a rejection once the turn in which it happened is over.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  const options = fc.constantFrom(
    {},
    { order: 'partition-key' as const },
    { order: 'partition-key' as const, concurrency: 2 },
  );
  always(
    'whatever a handler throws: each record is done, set aside, or delivered again',
    fc.asyncProperty(puts(data), acts, options, fc.boolean(), async (list, plan, order, keeps) => {
      const event = eventOf(list);
      const store = memoryFaults();
      const faults = { store, application: 'mine', stream: 'clicks' };
      const actOf = ({ sequenceNumber, subSequenceNumber }: ConsumedRecord) =>
        plan[(Number(sequenceNumber.slice(-3)) + subSequenceNumber) % plan.length]!;
      const done = new Set<string>();
      const handle = async (record: ConsumedRecord): Promise<void> => {
        await perform(record, actOf(record));
        done.add(idOf(record));
      };
      const { batchItemFailures } = await consume(
        event,
        handle,
        keeps ? { ...order, faults } : order,
      );

      expect(batchItemFailures.length).toBeLessThanOrEqual(1);
      const first = batchItemFailures[0]?.itemIdentifier;
      const limit = event.Records.findIndex(({ kinesis }) => kinesis.sequenceNumber === first);
      expect(limit < 0).toBe(first === undefined);
      const before = event.Records.slice(0, limit < 0 ? undefined : limit);
      const aside = asideOf([...store.objects.values()]);
      for (const record of userRecords({ Records: before })) {
        const id = idOf(record);
        // Data that is no base64 sets a record aside, caught or not: it may be both.
        expect(done.has(id) || aside.has(id), id).toBe(true);
      }
      if (!keeps) expect(aside.size).toBe(0);
    }),
  );

  always(
    "a window's state: of the records before the first failure, and JSON that comes back the same",
    fc.asyncProperty(puts(data), acts, fc.boolean(), async (list, plan, final) => {
      const event = {
        ...eventOf(list),
        shardId: 'shardId-000000000003',
        window: { start: '2024-01-02T03:04:00Z', end: '2024-01-02T03:06:00Z' },
        isFinalInvokeForWindow: final,
      };
      const finished: object[] = [];
      const faults = { store: memoryFaults(), application: 'mine', stream: 'clicks' };
      const response = await consumeWindow<{ seen: string[] }>(
        event,
        {
          start: () => ({ seen: [] }),
          fold: async (held, record) => {
            held.seen.push('half');
            const act = plan[Number(record.sequenceNumber.slice(-3)) % plan.length]!;
            await perform(record, act);
            held.seen[held.seen.length - 1] = idOf(record);
            return held;
          },
          finish: (held) => void finished.push(held),
        },
        { faults },
      );
      const { batchItemFailures, state } = response as typeof response & { state: object };
      const held = (finished[0] ?? state) as { seen: string[] };
      const first = batchItemFailures[0]?.itemIdentifier ?? '9'.repeat(56);
      expect(finished.length).toBe(final && batchItemFailures.length === 0 ? 1 : 0);
      const known = userRecords(event).map(idOf);
      expect(held.seen).toEqual(known.filter((id) => held.seen.includes(id)));
      for (const id of held.seen) expect(id < first).toBe(true);
      const aside = asideOf([...faults.store.objects.values()]);
      for (const id of known.filter((one) => one < first)) {
        expect([held.seen.includes(id), aside.has(id)].filter(Boolean), id).toHaveLength(1);
      }
    }),
  );
});

function idOf({
  sequenceNumber,
  subSequenceNumber,
}: Pick<ConsumedRecord, 'sequenceNumber' | 'subSequenceNumber'>) {
  return `${sequenceNumber}.${subSequenceNumber}`;
}

function asideOf(objects: readonly FaultyRecord[]): Set<string> {
  return new Set(
    objects.flatMap(({ sequenceNumber, faults }) =>
      faults.map(({ subSequenceNumber }) => idOf({ sequenceNumber, subSequenceNumber })),
    ),
  );
}
