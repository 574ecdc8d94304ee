import { expect, it } from 'vitest';
import { openNotebook, type RebuildRecord, recordKey } from '../../cli/rebuild/record.ts';
import { memoryStore } from '../helpers/memory-store.ts';

const KEY = recordKey('app', 't-state');
const RECORD: RebuildRecord = {
  ...{ salt: 'a1', from: '', program: 'p', phase: 'filling', archive: 'open', begun: 5 },
  ...{ switched: null, upTo: 7, names: ['app.A@1'], oldNames: ['app.A@2', 'app.B@3'] },
  shards: new Map([
    [
      'shardId-000000000001',
      { sequenceNumber: '49', records: 3, first: 1, last: 2, isOfStream: true },
    ],
  ]),
};

it('a record that is kept is found as it was', async () => {
  const store = memoryStore();
  const notebook = await openNotebook(store, KEY, 'one');
  expect(notebook.record()).toBeNull();
  for (const record of [
    RECORD,
    { ...RECORD, phase: 'switched', switched: 9, from: 'x' } as const,
  ]) {
    await notebook.save(record);
    expect(notebook.record()).toEqual(record);
    expect((await openNotebook(store, KEY, 'two')).record()).toEqual(record);
  }
});

it('the process that came last goes on, the other one stops', async () => {
  const store = memoryStore();
  const first = await openNotebook(store, KEY, 'one');
  await first.save(RECORD);
  const second = await openNotebook(store, KEY, 'two');
  await second.save(second.record()!);
  await expect(first.save(RECORD)).rejects.toThrow('has taken over');
  await second.save(RECORD);
});

it('an answer that was lost is not taken for another process', async () => {
  const store = memoryStore();
  const forgetful = {
    ...store,
    put: async (...args: Parameters<typeof store.put>) => {
      await store.put(...args);
      return store.put(...args);
    },
  };
  const notebook = await openNotebook(forgetful, KEY, 'one');
  await notebook.save(RECORD);
  await notebook.save({ ...RECORD, upTo: 8 });
  expect((await openNotebook(store, KEY, 'two')).record()?.upTo).toBe(8);
});
