import { describe, expect, it } from 'vitest';
import { createEpochs, readEpochs } from '../../shared/results/epochs.ts';
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

describe('the epochs of a shard', () => {
  it('go on with the same rules, behind a first batch that is done', async () => {
    const { open, all } = readers();
    const epochs = open('v1');
    expect(await epochs.enter(SHARD, '100')).toBe(1);
    expect(await epochs.enter(SHARD, '100')).toBe(1);
    await epochs.begin(SHARD, 1);
    expect(await epochs.enter(SHARD, '200')).toBe(1);
    expect(await open('v1').enter(SHARD, '1000')).toBe(1);
    expect(await all()).toEqual([{ number: 1, version: 'v1', from: '100', since: 0, begun: true }]);
  });

  it('begin anew where the first batch was done by somebody else', async () => {
    const { open, all } = readers();
    await open('v1').enter(SHARD, '100');
    expect(await open('v1').enter(SHARD, '200')).toBe(2);
    expect((await all()).map(({ from }) => from)).toEqual(['100', '200']);
  });

  it('begin anew with other rules, and with records before their beginning', async () => {
    const { open, all } = readers();
    const [old, mended] = [open('v1'), open('v2')];
    await old.begin(SHARD, await old.enter(SHARD, '1000'));
    expect(await mended.enter(SHARD, '2000')).toBe(2);
    await mended.begin(SHARD, 2);
    expect(await mended.enter(SHARD, '999')).toBe(3);
    expect((await all()).map(({ version }) => version)).toEqual(['v1', 'v2', 'v2']);
    expect(await mended.enter('shardId-000000000001', '5')).toBe(1);
  });

  it('tell those who were replaced, even if they have not looked for long', async () => {
    const { open, clock } = readers();
    const [old, mended] = [open('v1'), open('v2')];
    await old.begin(SHARD, await old.enter(SHARD, '100'));
    clock.now = 60 * MINUTE;
    await mended.enter(SHARD, '200');
    expect(await old.enter(SHARD, '200')).toBe(1);
    expect(await old.isLast(SHARD, 1)).toBe(false);
    expect(await mended.isLast(SHARD, 2)).toBe(true);
    // From then on it looks again.
    expect(await old.enter(SHARD, '200')).toBe(3);
  });

  it('cost a read a batch while they are young, and none later', async () => {
    const { open, clock, reads } = readers();
    const epochs = open('v1');
    await epochs.begin(SHARD, await epochs.enter(SHARD, '100'));
    await epochs.enter(SHARD, '200');
    const young = reads();
    clock.now = 20 * MINUTE;
    for (let batch = 0; batch < 10; batch++) await epochs.enter(SHARD, `${300 + batch}`);
    expect(young).toBeGreaterThan(2);
    expect(reads()).toBe(young);
  });
});
