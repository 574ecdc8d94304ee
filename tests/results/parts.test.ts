import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromAttribute, rowAttributes, toAttribute } from '../../shared/results/attributes.ts';
import { compareFences, fenceOf, laneAttribute, storedFence } from '../../shared/results/fence.ts';
import { createLane, positionsOf } from '../../shared/results/lane.ts';
import { GONE, publish, REVISION } from '../../shared/results/publish.ts';
import { ResultTooLarge, type Store } from '../../shared/results/store.ts';
import { addOnce, Contention, merge, ROWS } from '../../shared/results/upsert.ts';
import type { SqlType, Value } from '../../shared/sql/types.ts';
import { memoryStore } from '../helpers/memory-store.ts';

const KEY = { table: 't', pk: 'p', sk: 'personal' };
const SHARD = 'shardId-000000000012';

describe('fences', () => {
  it('have the order of the numbers, whatever their length', () => {
    const digits = fc.bigInt({ min: 0n, max: 10n ** 129n - 1n });
    const near = fc.integer({ min: 0, max: 70_000 }).map(BigInt);
    const number = fc.oneof(digits, near);
    fc.assert(
      fc.property(number, number, (a, b) => {
        const order = Math.sign(compareFences(fenceOf(String(a)), fenceOf(String(b))));
        expect(order).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
      { numRuns: 300 },
    );
    expect(Buffer.from(fenceOf('0256')).toString('hex')).toBe('020100');
    expect(fenceOf('49590338271490256608559692538361571095921575989136588898')).toHaveLength(25);
  });

  it.each(['', '-1', '1.5', 'x1', '1x', ' 1', '9'.repeat(130), 'LATEST'])('%j is none', (text) => {
    expect(() => fenceOf(text)).toThrow(
      new TypeError(`not a Kinesis sequence number: ${JSON.stringify(text)}`),
    );
  });

  it('stand in a short attribute of their lane', () => {
    expect(laneAttribute(SHARD)).toBe('_fc');
    expect(laneAttribute('shardId-000000000000')).toBe('_f0');
    expect(laneAttribute('shardId-0000000000120')).toBe('_f.shardId-0000000000120');
    expect(laneAttribute('x-shardId-000000000012')).toBe('_f.x-shardId-000000000012');
    expect(storedFence(null, '_fc')).toBeNull();
    expect(storedFence({}, '_fc')).toBeNull();
    expect(storedFence({ _fc: { B: fenceOf('7') } }, '_fc')).toEqual(fenceOf('7'));
  });
});

describe('what an item still lacks', () => {
  const lane = createLane(SHARD, ['10', '20', '30', '40']);
  const delta = { first: 1, last: 2 };
  const lacking = (fence: string | null) =>
    lane.lacking(fence === null ? {} : { _fc: { B: fenceOf(fence) } }, delta, (from) => ({
      first: from,
      last: 2,
    }));

  it.each([
    [null, delta],
    ['9', delta],
    ['19', delta],
    ['20', { first: 2, last: 2 }],
    ['29', { first: 2, last: 2 }],
    ['30', null],
    ['31', null],
    ['99', null],
  ])('behind a fence at %s', (fence, expected) => {
    expect(lacking(fence)).toEqual(expected);
  });

  it('begins with the first record past the fence', () => {
    const { indexAfter } = positionsOf(['10', '20', '30', '40']);
    const after = (text: string) => indexAfter(fenceOf(text));
    expect(['9', '10', '11', '39', '40', '41'].map(after)).toEqual([0, 1, 1, 3, 4, 4]);
    expect(lane.at(3)).toEqual(fenceOf('40'));
    expect(lane.at(3)).toBe(lane.at(3));
    expect(lane.marks(null, delta)).toEqual({ _fc: { B: fenceOf('30') } });
  });
});

describe('races', () => {
  const lane = createLane(SHARD, ['10']);
  const delta = { first: 0, last: 0, add: { [ROWS]: '1' }, set: {} };

  /** Someone else is always faster; counts the tries. */
  function contended(): { store: Store; tries: () => number } {
    let tries = 0;
    const update: Store['update'] = async () => {
      tries++;
      return { done: false, item: { [ROWS]: { N: String(tries) } } };
    };
    return { store: { ...memoryStore(), update }, tries: () => tries };
  }

  it('that are lost again and again are to be tried again, and name no row', async () => {
    const adding = contended();
    const error = await addOnce(adding.store, KEY, lane, delta, () => delta).catch((e) => e);
    expect(error).toBeInstanceOf(Contention);
    expect(error).toMatchObject({
      name: 'Contention',
      retryable: true,
      message: 'an item of p in t changed under 25 conditional writes',
    });
    expect(adding.tries()).toBe(25);
    const merging = contended();
    await expect(merge(merging.store, KEY, () => ({ set: {} }))).rejects.toThrow(
      'changed under 25 conditional writes',
    );
    expect(merging.tries()).toBe(25);
  });

  it('a merge writes on the item that it has seen, and removes what it says', async () => {
    const store = memoryStore();
    const steps: unknown[] = [];
    const step = (remove?: readonly string[]) => (item: object | null) => {
      steps.push(item);
      return { set: { [ROWS]: { N: String(steps.length) } }, ...(remove && { remove }) };
    };
    await store.put(KEY, { old: { S: 'x' }, [ROWS]: { N: '0' } });
    expect(await merge(store, KEY, step(['old']))).toEqual({ [ROWS]: { N: '1' } });
    expect(await merge(store, KEY, step([]))).toEqual({ [ROWS]: { N: '2' } });
    expect(await merge(store, KEY, () => null)).toEqual({ [ROWS]: { N: '2' } });
    expect(steps).toEqual([{ old: { S: 'x' }, [ROWS]: { N: '0' } }, { [ROWS]: { N: '1' } }]);
    const other = { ...KEY, sk: 'other' };
    expect(await merge(store, other, () => null)).toBeNull();
    expect(await merge(store, other, step())).toEqual({ [ROWS]: { N: '3' } });
  });

  it('a result that cannot be stored says where, why, and that no retry helps', () => {
    const of = (cause: unknown) => new ResultTooLarge(KEY, cause);
    expect(of(new Error('too big'))).toMatchObject({
      name: 'ResultTooLarge',
      retryable: false,
      message: 'result p personal in t cannot be stored: too big',
    });
    expect(of('text').message).toBe('result p personal in t cannot be stored: text');
  });
});

describe('published rows', () => {
  it('give way to a higher revision only', async () => {
    const store = memoryStore();
    const put = (revision: number, v: string) => publish(store, KEY, revision, { v: { S: v } });
    const held = () => store.read(KEY);
    await put(9, 'a');
    await put(9, 'b');
    await put(8, 'c');
    expect(await held()).toEqual({ v: { S: 'a' }, [REVISION]: { N: '9' } });
    await put(10, 'd');
    expect(await held()).toEqual({ v: { S: 'd' }, [REVISION]: { N: '10' } });
    expect([REVISION, GONE, ROWS]).toEqual(['_rev', '_gone', '_n']);
  });
});

describe('attributes', () => {
  const time = Date.UTC(2024, 0, 2, 3, 4, 5, 6);
  it.each<[SqlType['name'], Value, AttributeValue]>([
    ['BOOLEAN', false, { BOOL: false }],
    ['BIGINT', 2n ** 62n, { N: String(2n ** 62n) }],
    ['BIGINT', -7, { N: '-7' }],
    ['DOUBLE', 0.1, { N: '0.1' }],
    ['DOUBLE', 1e21, { N: '1e+21' }],
    ['VARCHAR', 'é', { S: 'é' }],
    ['VARCHAR', '2024-01-02', { S: '2024-01-02' }],
    ['VARBINARY', '00ff', { B: Buffer.from([0, 255]) }],
    ['BINARY', '10', { B: Buffer.from([16]) }],
    ['TIMESTAMP', time, { S: '2024-01-02T03:04:05.006Z' }],
    ['DATE', time - (time % 86_400_000), { S: '2024-01-02' }],
    ['TIME', time % 86_400_000, { S: '03:04:05.006' }],
  ])('%s %s', (name, value, attribute) => {
    expect(toAttribute({ name }, value)).toEqual(attribute);
    expect(fromAttribute({ name }, attribute)).toBe(value);
  });

  it('NULL is left out, and what is missing or of another kind is NULL', () => {
    const columns = ['a', 'b', 'c'].map((name) => ({ name, type: { name: 'BIGINT' } as const }));
    expect(rowAttributes(columns, [0, 1, null, 3])).toStrictEqual({ a: { N: '1' }, c: { N: '3' } });
    expect(rowAttributes(columns, [0, 1])).toStrictEqual({ a: { N: '1' } });
    expect(fromAttribute({ name: 'BIGINT' }, undefined)).toBeNull();
    expect(fromAttribute({ name: 'BIGINT' }, { L: [] })).toBeNull();
  });
});
