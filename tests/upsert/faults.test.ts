import { describe, expect, it } from 'vitest';
import { MOST_CONTRIBUTIONS, withContributions } from '../../shared/results/contributions.ts';
import type { Store } from '../../shared/results/store.ts';
import { memoryStore } from '../helpers/memory-store.ts';
import { aggregateRecord, kinesisEvent } from '../helpers/wire.ts';
import { COLUMNS, delivery, rig, totals, visible } from './rig.ts';

const JSON_ROWS = totals(`
    stream: results
    table: totals${COLUMNS}`);
const CSV_ROWS = totals(`
    format: csv
    table: totals
    key: { partition: [country] }
    columns: { country: VARCHAR(2), orders: { type: INTEGER, merge: add } }`);

function row(change: Readonly<Record<string, unknown>> = {}): string {
  const good = { country: 'DE', minute: '2026-05-02T12:00:00Z', at: 1, status: 'open', orders: 2 };
  return JSON.stringify({ ...good, ...change });
}

/** Each with the reason for which it is set aside; the rows around it are in the table. */
const WRONG: readonly [what: string, data: string | Buffer, reason: string][] = [
  ['cut JSON', '{"country":"DE",', 'BAD_JSON'],
  ['an array of rows', `[${row()}]`, 'BAD_FORMAT'],
  ['nothing', '', 'BAD_JSON'],
  ['bytes that are no UTF-8', Buffer.from('{"country":"\xff"}', 'latin1'), 'BAD_ENCODING'],
  ['no key', row({ country: null }), 'BAD_TYPE'],
  ['a sort key that is no time', row({ minute: 'noon' }), 'BAD_TYPE'],
  ['no version', row({ at: undefined }), 'BAD_TYPE'],
  ['text that is to be added', row({ orders: 'two' }), 'BAD_TYPE'],
  ['a fraction of a whole number', row({ orders: 0.5 }), 'BAD_TYPE'],
  [
    'a whole number past 64 bits',
    row().replace('"orders":2', '"orders":9223372036854775808'),
    'BAD_TYPE',
  ],
  [
    'more digits than stay exact',
    row().replace('"orders":2', '"amount":1234567890123456.78'),
    'BAD_TYPE',
  ],
  ['an object where a number is due', row({ low: { v: 1 } }), 'BAD_TYPE'],
];

describe('what is wrong with a row is set aside, and its neighbours go on', () => {
  it.each(WRONG)('%s, in a stream', async (_, data, reason) => {
    const store = memoryStore();
    const { invoke, faults } = rig(JSON_ROWS, store);
    const event = kinesisEvent([
      { data: row() },
      { data },
      { data: row({ at: 2, status: 'paid' }) },
    ]);
    for (let tries = 0; tries < 2; tries++) {
      expect(await invoke(event)).toEqual({ batchItemFailures: [] });
    }
    expect([...faults.values()]).toMatchObject([
      {
        application: 'totals',
        stream: 'results',
        sequenceNumber: event.Records[1]!.kinesis.sequenceNumber,
        faults: [{ reason }],
        data: event.Records[1]!.kinesis.data,
      },
    ]);
    expect(Object.values(visible(store.dump()))).toMatchObject([{ status: 'paid', orders: 4 }]);
  });

  it.each(WRONG)('%s, in a delivery', async (_, data, reason) => {
    const store = memoryStore();
    const { invoke, faults } = rig(
      totals(`
    format: json
    table: totals${COLUMNS}`),
      store,
    );
    const event = delivery([
      { id: 'a', data: row() },
      { id: 'b', data: '' },
    ]);
    const wrong = { ...event.records[1]!, data: Buffer.from(data).toString('base64') };
    const answer = await invoke({ ...event, records: [event.records[0]!, wrong] });
    expect(answer).toEqual({
      records: [
        { recordId: 'a', result: 'Ok' },
        { recordId: 'b', result: 'Ok' },
      ],
    });
    expect([...faults.keys()]).toEqual(['faults/totals/delivered/b.json']);
    expect([...faults.values()]).toMatchObject([{ faults: [{ reason }], data: wrong.data }]);
    expect(Object.values(store.dump())).toHaveLength(1);
  });

  it('data that is no base64, and a user record of an aggregate', async () => {
    const store = memoryStore();
    const { invoke, faults } = rig(JSON_ROWS, store);
    const event = kinesisEvent([
      { data: row() },
      aggregateRecord([{ data: row() }, { data: '{' }, { data: row() }]),
    ]);
    event.Records[0]!.kinesis.data = '*not base64*';
    expect(await invoke(event)).toEqual({ batchItemFailures: [] });
    expect([...faults.values()].map((one) => one.faults)).toMatchObject([
      [{ reason: 'BAD_BASE64', subSequenceNumber: 0 }],
      [{ reason: 'BAD_JSON', subSequenceNumber: 1 }],
    ]);
    expect(Object.values(visible(store.dump()))).toMatchObject([{ orders: 4 }]);
    const bad = { ...delivery([{ id: 'x', data: '' }]) };
    const text = { ...bad, records: [{ recordId: 'x y/..', data: '*' }] };
    expect(await invoke(text)).toEqual({ records: [{ recordId: 'x y/..', result: 'Ok' }] });
    expect([...faults.keys()].at(-1)).toMatch(/^faults\/totals\/delivered\/[0-9a-f]{16}\.json$/);
  });

  it('a CSV line with a field too few takes the lines of its record with it', async () => {
    const store = memoryStore();
    const { invoke, faults } = rig(CSV_ROWS, store);
    const lines = [
      { id: 'a', data: 'DE,1\nFR,2\nDE,3\n' },
      { id: 'b', data: 'DE,10\nFR\n' },
    ];
    for (let tries = 0; tries < 2; tries++) await invoke(delivery(lines));
    expect([...faults.values()]).toMatchObject([{ faults: [{ reason: 'BAD_FORMAT' }] }]);
    expect(Object.values(visible(store.dump())).map((one) => [one.country, one.orders])).toEqual([
      ['DE', 4],
      ['FR', 2],
    ]);
  });
});

describe('what an item can never hold', () => {
  const sums = totals(`
    stream: results
    table: totals
    key: { partition: [id] }
    columns: { id: VARCHAR(8), n: { type: DOUBLE, merge: add } }`);

  it('a value too large to stay exact is set aside alone, whatever stands beside it', async () => {
    const all = [1, 1e17, 2, -3e20, 3].map((n) => ({ data: `{"id":"a","n":${n}}` }));
    const dumps = [];
    for (const cut of [1, 2, 3, 5]) {
      const store = memoryStore();
      const { invoke, faults } = rig(sums, store);
      const { Records } = kinesisEvent(all);
      for (let from = 0; from < Records.length; from += cut) {
        const batch = { Records: Records.slice(from, from + cut) };
        expect(await invoke(batch)).toEqual({ batchItemFailures: [] });
      }
      expect(visible(store.dump())).toMatchObject({ [Object.keys(store.dump())[0]!]: { n: 6 } });
      dumps.push(JSON.stringify([...faults.entries()].sort()));
      expect([...faults.values()].map((one) => one.faults[0]?.reason)).toEqual([
        'ROW_ERROR',
        'ROW_ERROR',
      ]);
    }
    expect(new Set(dumps).size).toBe(1);
  });

  it('more deliveries than an item can remember', async () => {
    const store = memoryStore();
    const { invoke, faults } = rig(CSV_ROWS, store);
    await invoke(delivery([{ id: 'first', data: 'DE,1' }]));
    const [[id, item]] = Object.entries(store.dump()) as [[string, Record<string, never>]];
    const full = withContributions(
      item,
      Array.from({ length: MOST_CONTRIBUTIONS - 1 }, (_, i) => String(i).padStart(8, '0')),
    );
    const [table, pk, sk] = id.split('/') as [string, string, string];
    await store.put({ table, pk, sk }, { ...item, ...full });
    expect(await invoke(delivery([{ id: 'more', data: 'DE,1' }]))).toEqual({
      records: [{ recordId: 'more', result: 'Ok' }],
    });
    expect([...faults.values()]).toMatchObject([{ faults: [{ reason: 'TOO_LARGE' }] }]);
    expect(await invoke(delivery([{ id: 'first', data: 'DE,1' }]))).toMatchObject({
      records: [{ result: 'Ok' }],
    });
    expect(Object.values(visible(store.dump()))).toMatchObject([{ orders: 1 }]);
  });
});

describe('what is to be tried again', () => {
  const down: Store = {
    ...memoryStore(),
    read: async () => {
      throw new Error('DynamoDB is down');
    },
  };

  it('a batch, from the first record that some item lacks', async () => {
    const event = kinesisEvent([{ data: '{' }, { data: row() }, { data: row() }]);
    const { invoke } = rig(JSON_ROWS, down);
    const [, { kinesis }] = event.Records as [unknown, { kinesis: { sequenceNumber: string } }];
    expect(await invoke(event)).toEqual({
      batchItemFailures: [{ itemIdentifier: kinesis.sequenceNumber }],
    });
  });

  it('a batch whose fault cannot be set aside', async () => {
    const event = kinesisEvent([{ data: '{' }, { data: row() }]);
    const store = memoryStore();
    const { invoke } = rig(JSON_ROWS, store, async () => {
      throw new Error('S3 is down');
    });
    expect(await invoke(event)).toEqual({
      batchItemFailures: [{ itemIdentifier: event.Records[0]!.kinesis.sequenceNumber }],
    });
    expect(Object.values(visible(store.dump()))).toMatchObject([{ orders: 2 }]);
  });

  it('a delivery, record by record', async () => {
    const store = memoryStore();
    const flaky: Store = {
      ...store,
      read: async (key) => {
        if (key.pk.endsWith('#FR')) throw new Error('throttled');
        return store.read(key);
      },
    };
    const { invoke } = rig(CSV_ROWS, flaky);
    const answer = await invoke(
      delivery([
        { id: 'a', data: 'DE,1' },
        { id: 'b', data: 'FR,1\nDE,1' },
        { id: 'a', data: 'DE,1' },
      ]),
    );
    expect(answer).toEqual({
      records: [
        { recordId: 'a', result: 'Ok' },
        { recordId: 'b', result: 'DeliveryFailed' },
      ],
    });
  });
});

describe('events of another kind', () => {
  it.each([
    ['of nothing', {}],
    ['of Firehose without an application', { invocationId: 'x', records: [] }],
    ['with a record that is none', { ...delivery([]), records: [{ recordId: 7 }] }],
  ])('%s are refused whole', async (_, event) => {
    const { invoke } = rig(CSV_ROWS, memoryStore());
    await expect(invoke(event as never)).rejects.toThrow(/^not an event of/);
  });
});
