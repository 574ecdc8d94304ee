import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalDynamodb, startDynamodb } from '../../local/dynamodb.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { fenceOf } from '../../shared/results/fence.ts';
import { ResultTooLarge, type Store } from '../../shared/results/store.ts';
import { memoryStore } from '../helpers/memory-store.ts';

const TABLE = 'store-contract';
let dynamodb: LocalDynamodb;
beforeAll(async () => {
  dynamodb = await startDynamodb({ tables: [TABLE] });
});
afterAll(() => dynamodb.stop());

const early = { B: fenceOf('49590338271490256608559692538361571095921575989136588898') };
const late = { B: fenceOf('49590338271490256608559692540925702759324208523137515618') };

describe.each([
  ['DynamoDB (dynalite)', () => dynamoStore(dynamodb.client)],
  ['memory', () => memoryStore()],
])('store on %s', (name, open) => {
  const store: Store = {
    read: (k) => open_().read(k),
    update: (u) => open_().update(u),
    put: (...a) => open_().put(...a),
  };
  let opened: Store | undefined;
  const open_ = (): Store => {
    opened ??= open();
    return opened;
  };
  const key = (sk: string) => ({ table: TABLE, pk: name, sk });

  it('creates an item by adding, with names that are reserved words', async () => {
    const outcome = await store.update({
      key: key('add'),
      add: { count: '2', 'bytes sent': '0.30' },
      set: { _f0: late, name: { S: 'x' } },
      condition: { kind: 'absentOrBelow', attribute: '_f0', value: early },
    });
    expect(outcome.done).toBe(true);
    expect(await store.read(key('add'))).toMatchObject({
      count: { N: '2' },
      'bytes sent': { N: '0.3' },
    });
  });

  it('refuses behind the fence and hands back the item', async () => {
    await store.put(key('fence'), { _f0: late, n: { N: '1' } });
    const outcome = await store.update({
      key: key('fence'),
      add: { n: '5' },
      condition: { kind: 'absentOrBelow', attribute: '_f0', value: early },
    });
    expect(outcome).toMatchObject({ done: false, item: { n: { N: '1' } } });
    expect(await store.read(key('fence'))).toMatchObject({ n: { N: '1' } });
  });

  it('writes where the attribute equals, removes attributes', async () => {
    await store.put(key('equals'), { _n: { N: '7' }, old: { S: 'gone' } });
    const wrong = { kind: 'equals', attribute: '_n', value: { N: '8' } } as const;
    const right = { kind: 'equals', attribute: '_n', value: { N: '7' } } as const;
    expect(
      (await store.update({ key: key('equals'), set: { a: { S: '1' } }, condition: wrong })).done,
    ).toBe(false);
    const done = await store.update({
      key: key('equals'),
      set: { a: { S: '1' } },
      remove: ['old'],
      condition: right,
    });
    expect(done.done).toBe(true);
    expect(done.item).toMatchObject({ a: { S: '1' } });
    expect(done.item).not.toHaveProperty('old');
  });

  it('writes what is absent once', async () => {
    const write = () =>
      store.update({ key: key('absent'), set: { a: { S: '1' } }, condition: { kind: 'absent' } });
    expect((await write()).done).toBe(true);
    expect((await write()).done).toBe(false);
  });

  it('puts a higher revision only', async () => {
    const put = (revision: string) =>
      store.put(
        key('put'),
        { _rev: { N: revision } },
        { kind: 'absentOrBelow', attribute: '_rev', value: { N: revision } },
      );
    expect([await put('9'), await put('10'), await put('9'), await put('10')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('limits of DynamoDB', () => {
  it.each([
    ['an item over 400 KB', { set: { text: { S: 'x'.repeat(410_000) } } }],
    ['a number past 38 digits', { add: { n: '0.123456789012345678901234567890123456789' } }],
  ])('names the result: %s', async (what, change) => {
    const store = dynamoStore(dynamodb.client);
    const key = { table: TABLE, pk: 'limits', sk: what };
    await store.put(key, { n: { N: '99999999999999999999999999999999999999' } });
    const update = store.update({
      key,
      ...change,
      condition: {
        kind: 'equals',
        attribute: 'n',
        value: { N: '99999999999999999999999999999999999999' },
      },
    });
    await expect(update).rejects.toThrow(ResultTooLarge);
    await expect(update).rejects.toThrow(what);
  });
});
