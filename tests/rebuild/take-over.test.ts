import { describe, expect, it } from 'vitest';
import type { Fill } from '../../cli/rebuild/fill.ts';
import { takeOver } from '../../cli/rebuild/take-over.ts';
import { readPointer } from '../../functions/aggregate/pointer.ts';
import { realClock } from '../../local/real-clock.ts';
import { memoryStore } from '../helpers/memory-store.ts';

const KEY = { table: 't-state', pk: 'app', sk: 'live' };
const NAMES = { M: { TOTALS: { S: 'app.TOTALS@1' } } };
const goOn = new AbortController().signal;

/** A pointer, and a fill that does `meanwhile` when it is asked to come to the tip. */
function scene(meanwhile: () => Promise<unknown> = async () => {}) {
  const store = memoryStore();
  const fill: Fill = {
    ...{ shards: () => new Map(), behind: () => new Map(), upTo: () => null },
    reach: async () => void (await meanwhile()),
    stop: async () => {},
  };
  const pointer = async () => readPointer(await store.read(KEY));
  const take = (attempt: string, signal: AbortSignal = goOn) =>
    takeOver(
      {
        ...{ store, attempt, clock: realClock, key: KEY, settleMs: 0 },
        ...{ from: '', salt: 'new', program: 'p', outputs: NAMES },
      },
      fill,
      signal,
    );
  return { store, pointer, take };
}

describe('takeOver', () => {
  it('moves the pointer, and readers with it', async () => {
    const { pointer, take } = scene();
    expect(await take('one')).toBe(true);
    expect(await pointer()).toMatchObject({
      ...{ salt: 'new', program: 'p', handover: null },
      outputs: { TOTALS: 'app.TOTALS@1' },
    });
  });

  it('is announced before the last records are filled', async () => {
    let seen: string | null = null;
    const { pointer, take } = scene(async () => {
      seen = (await pointer()).handover;
    });
    await take('one');
    expect(seen).toBe('one');
  });

  it('does not end once the functions have given it up, nor in the place of another attempt', async () => {
    const { store, pointer, take } = scene(() => store.put(KEY, { _n: { N: '9' } }));
    expect(await take('one')).toBe(false);
    expect(await pointer()).toMatchObject({ salt: '', handover: null });
    const other = scene(() =>
      other.store.put(KEY, { _n: { N: '9' }, handover: { S: 'another attempt' } }),
    );
    expect(await other.take('one')).toBe(false);
    expect(await other.pointer()).toMatchObject({ salt: '', handover: 'another attempt' });
  });

  it('leaves nothing behind when it fails on the way', async () => {
    const { pointer, take } = scene(() => Promise.reject(new Error('no stream')));
    await expect(take('one')).rejects.toThrow('no stream');
    expect(await pointer()).toMatchObject({ salt: '', handover: null });
  });

  it('is refused where something else is live, or another program runs', async () => {
    const { store, pointer, take } = scene();
    await store.put(KEY, { _n: { N: '1' }, salt: { S: 'other' } });
    await expect(take('one')).rejects.toThrow('other rows have become the live ones');
    await store.put(KEY, { _n: { N: '1' }, program: { S: 'q' } });
    await expect(take('one')).rejects.toThrow('the function runs another program');
    expect((await pointer()).handover).toBeNull();
  });
});
