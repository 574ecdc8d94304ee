import { describe, expect, it } from 'vitest';
import { type Epoch, mayHaveSkipped, readEpochs } from '../../shared/results/epoch.ts';
import { createEpochs } from '../../shared/results/epochs.ts';
import { fenceOf } from '../../shared/results/fence.ts';
import type { Store } from '../../shared/results/store.ts';
import { memoryStore } from '../helpers/memory-store.ts';

const SHARD = 'shardId-000000000000';
const MINUTE = 60_000;
const keyOf = (shardId: string) => ({ table: 't', pk: 'app.epochs', sk: shardId });

/** Readers of two versions of the rules, as sandboxes that share a table and a clock. */
function readers() {
  const store = memoryStore();
  const clock = { now: 0 };
  let reads = 0;
  const counting: Store = {
    ...store,
    read: async (key) => {
      reads++;
      return store.read(key);
    },
  };
  return {
    clock,
    reads: () => reads,
    open: (version: string) => createEpochs(counting, keyOf, version, () => clock.now),
    all: async () => readEpochs(await store.read(keyOf(SHARD))),
  };
}

const DONE = { done: null, refused: null };

describe('the epochs of a shard', () => {
  it('go on with the same rules, behind a first batch that is done', async () => {
    const { open, all } = readers();
    const epochs = open('v1');
    expect(await epochs.enter(SHARD, '100')).toBe(1);
    expect(await epochs.enter(SHARD, '100')).toBe(1);
    await epochs.pass(SHARD, 1, { ...DONE, done: '150' });
    expect(await epochs.enter(SHARD, '200')).toBe(1);
    expect(await open('v1').enter(SHARD, '1000')).toBe(1);
    expect(await all()).toEqual([
      { number: 1, version: 'v1', from: '100', since: 0, done: '150', refused: null },
    ]);
  });

  it('begin anew where the first batch was done by somebody else', async () => {
    const { open, all } = readers();
    await open('v1').enter(SHARD, '100');
    expect(await open('v1').enter(SHARD, '200')).toBe(2);
    expect((await all()).map(({ from }) => from)).toEqual(['100', '200']);
  });

  it('go on with what was folded in them, and not with what others folded', async () => {
    const { open } = readers();
    const epochs = open('v1');
    expect(await epochs.enter(SHARD, '100')).toBe(1);
    expect(await epochs.enter(SHARD, '200', 1)).toBe(1);
    expect(await open('v1').enter(SHARD, '300', 1)).toBe(1);
    expect(await open('v1').enter(SHARD, '300', 7)).toBe(2);
  });

  it('begin anew with other rules, and with records before their beginning', async () => {
    const { open, all } = readers();
    const [old, mended] = [open('v1'), open('v2')];
    await old.pass(SHARD, await old.enter(SHARD, '1000'), { ...DONE, done: '1500' });
    expect(await mended.enter(SHARD, '2000')).toBe(2);
    await mended.pass(SHARD, 2, { ...DONE, done: '2500' });
    expect(await mended.enter(SHARD, '999')).toBe(3);
    expect((await all()).map(({ version }) => version)).toEqual(['v1', 'v2', 'v2']);
    expect(await mended.enter('shardId-000000000001', '5')).toBe(1);
  });

  it('tell those who were replaced, even if they have not looked for long', async () => {
    const { open, clock } = readers();
    const [old, mended] = [open('v1'), open('v2')];
    await old.pass(SHARD, await old.enter(SHARD, '100'), { ...DONE, done: '150' });
    clock.now = 60 * MINUTE;
    await mended.enter(SHARD, '200');
    expect(await old.enter(SHARD, '200')).toBe(1);
    expect(await old.pass(SHARD, 1, { ...DONE, done: '250' })).toBe(true);
    expect(await old.pass(SHARD, 1, { done: '250', refused: '250' })).toBe(false);
    expect(await mended.pass(SHARD, 2, { done: '250', refused: '250' })).toBe(true);
    // From then on it looks again.
    expect(await old.enter(SHARD, '200')).toBe(3);
  });

  it('cost a read a batch while they are young, and none later', async () => {
    const { open, clock, reads } = readers();
    const epochs = open('v1');
    await epochs.pass(SHARD, await epochs.enter(SHARD, '100'), { ...DONE, done: '150' });
    await epochs.enter(SHARD, '200');
    const young = reads();
    clock.now = 20 * MINUTE;
    for (let batch = 0; batch < 10; batch++) {
      const epoch = await epochs.enter(SHARD, `${300 + batch}`);
      expect(await epochs.pass(SHARD, epoch, { ...DONE, done: `${300 + batch}` })).toBe(true);
    }
    expect(young).toBeGreaterThan(2);
    expect(reads()).toBe(young);
  });
});

describe('where a shard is read again behind records that others have refused', () => {
  /** v1 has done what there is up to 300 and refused some; v2 reads again from 100. */
  const again = async () => {
    const { open, all, clock } = readers();
    const [old, mended] = [open('v1'), open('v2')];
    await old.pass(SHARD, await old.enter(SHARD, '10'), { done: '300', refused: '300' });
    const batch = async (first: number, last: number): Promise<number> => {
      const epoch = await mended.enter(SHARD, `${first}`);
      await mended.pass(SHARD, epoch, { ...DONE, done: `${last}` });
      return epoch;
    };
    return { batch, all, clock };
  };

  it('each batch is an epoch of its own, until all of these are done', async () => {
    const { batch, all, clock } = await again();
    expect(await batch(100, 150)).toBe(2);
    expect(await batch(151, 200)).toBe(3);
    // Its second half again.
    expect(await batch(175, 200)).toBe(3);
    clock.now = 60 * MINUTE;
    expect(await batch(201, 310)).toBe(4);
    expect(await batch(400, 450)).toBe(4);
    expect(await batch(500, 550)).toBe(4);
    expect((await all()).at(-1)).toMatchObject({ from: '201', done: '310' });
  });

  it('who goes on ahead begins an epoch of his own', async () => {
    const { batch, all } = await again();
    await batch(100, 150);
    expect(await batch(301, 350)).toBe(3);
    expect((await all()).map(({ from }) => from)).toEqual(['10', '100', '301']);
  });

  it('they end with a patchy one', async () => {
    const { batch, all } = await again();
    for (let first = 100; first < 180; first++) await batch(first, first);
    const epochs = await all();
    expect(epochs).toHaveLength(1 + 64 + 1);
    const [whole, patchy] = [epochs.at(-2)!, epochs.at(-1)!];
    expect([whole.patchy, patchy.patchy, patchy.from]).toEqual([undefined, true, '164']);
    const skips = (epoch: Epoch, record: string) =>
      mayHaveSkipped(epoch, epochs[0]!, fenceOf(record));
    expect(skips(patchy, '300')).toBe(true);
    expect(skips(patchy, '301')).toBe(false);
    expect(skips(whole, '300')).toBe(false);
  });
});
