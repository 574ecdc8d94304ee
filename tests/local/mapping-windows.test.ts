import { describe, expect, it } from 'vitest';
import { createWorld, runMapping, type Seen } from './mapping-harness.ts';

const SHARD = 'shardId-000000000000';
const windows = { tumblingWindowMs: 30_000 };

/** Adds the texts of the records to the state, as a function would. */
function fold({ event, data }: Seen): { state: { text: string } } {
  const { text = '' } = (event.state ?? {}) as { text?: string };
  return { state: { text: text + data.join('') } };
}

function brief({ event, data }: Seen) {
  const { window, state, isFinalInvokeForWindow, isWindowTerminatedEarly } = event;
  const flags = `${isFinalInvokeForWindow ? 'final' : ''}${isWindowTerminatedEarly ? 'early' : ''}`;
  const { text = '' } = (state ?? {}) as { text?: string };
  return `${window!.start.slice(14, 19)} [${data.join('')}] ${text.slice(0, 8)} ${flags}`
    .replace(/ +/g, ' ')
    .trim();
}

describe('tumbling windows', () => {
  it('carry state from invoke to invoke and close when their time is over', async () => {
    const world = createWorld();
    world.put(SHARD, 'a');
    await runMapping(world, windows, fold, 60_000, async () => {
      await world.clock.sleep(10_000);
      world.put(SHARD, 'b');
      await world.clock.sleep(25_000);
      world.put(SHARD, 'c');
    });
    expect(world.seen.map(brief)).toEqual([
      '15:00 [a]',
      '15:00 [b] a',
      '15:00 [] ab final',
      '15:30 [c]',
      '15:30 [] c final',
    ]);
    expect(world.seen[0]!.event).toMatchObject({
      window: { start: '2026-11-02T10:15:00Z', end: '2026-11-02T10:15:30Z' },
      state: {},
      shardId: SHARD,
      isFinalInvokeForWindow: false,
      isWindowTerminatedEarly: false,
    });
  });

  it('a backlog is cut at window ends; the final flag may come with the last records', async () => {
    const world = createWorld();
    await world.clock.run(
      (async () => {
        for (const text of 'abcd') {
          world.put(SHARD, text);
          await world.clock.sleep(12_000);
        }
      })(),
    );
    await runMapping(world, { ...windows, finalWithRecords: true }, fold, 60_000);
    expect(world.seen.map(brief)).toEqual(['15:00 [abc] final', '15:30 [d]', '15:30 [] d final']);
  });

  it('an answer without state is a failure', async () => {
    const world = createWorld();
    world.put(SHARD, 'a');
    await runMapping(world, windows, (seen, n) => (n === 1 ? {} : fold(seen)), 5_000);
    expect(world.seen.map(brief)).toEqual(['15:00 [a]', '15:00 [a]']);
  });

  it('a partial failure keeps the returned state, a thrown error the one before', async () => {
    const world = createWorld();
    world.put(SHARD, 'a', 'b');
    const answer = (seen: Seen, n: number) => {
      if (n === 2) throw new Error('boom');
      if (n > 1) return fold(seen);
      const itemIdentifier = seen.event.Records[1]!.kinesis.sequenceNumber;
      return { state: { text: 'a' }, batchItemFailures: [{ itemIdentifier }] };
    };
    await runMapping(world, windows, answer, 40_000);
    expect(world.seen.map(brief)).toEqual([
      '15:00 [ab]',
      '15:00 [b] a',
      '15:00 [b] a',
      '15:00 [] ab final',
    ]);
  });

  it('state beyond 1 MB ends the window early, the same window goes on afresh', async () => {
    const world = createWorld();
    world.put(SHARD, 'a');
    const big = { state: { text: 'x'.repeat(1_100_000) } };
    await runMapping(
      world,
      windows,
      (seen, n) => (n === 1 ? big : fold(seen)),
      40_000,
      async () => {
        await world.clock.sleep(10_000);
        world.put(SHARD, 'b');
      },
    );
    expect(world.seen.map(brief)).toEqual([
      '15:00 [a]',
      '15:00 [] xxxxxxxx early',
      '15:00 [b]',
      '15:00 [] b final',
    ]);
  });

  it('or does so with the next records, where flags come with records', async () => {
    const world = createWorld();
    world.put(SHARD, 'a');
    const settings = { ...windows, finalWithRecords: true, stateBytes: 11 };
    await runMapping(world, settings, fold, 40_000, async () => {
      await world.clock.sleep(10_000);
      world.put(SHARD, 'b');
      await world.clock.sleep(5_000);
      world.put(SHARD, 'c');
    });
    expect(world.seen.map(brief)).toEqual([
      '15:00 [a]',
      '15:00 [b] a early',
      '15:00 [c]',
      '15:00 [] c final',
    ]);
  });

  it('the last piece of a halved batch ends the window, not the first', async () => {
    const world = createWorld();
    world.put(SHARD, 'a', 'b');
    await world.clock.run(world.clock.sleep(31_000));
    world.put(SHARD, 'c');
    const settings = { ...windows, finalWithRecords: true, bisectBatchOnFunctionError: true };
    const answer = (seen: Seen, n: number) => {
      if (n === 1) throw new Error('boom');
      return fold(seen);
    };
    await runMapping(world, settings, answer, 20_000);
    expect(world.seen.map(brief)).toEqual([
      '15:00 [ab] final',
      '15:00 [a]',
      '15:00 [b] a final',
      '15:30 [c]',
    ]);
  });

  it('a mapping goes on with the window that was open behind its checkpoint, and tells when it is closed', async () => {
    const world = createWorld();
    world.put(SHARD, 'a');
    const before = await runMapping(world, windows, fold, 5_000);
    expect(before.windows.get(SHARD)?.state).toEqual({ text: 'a' });
    const closed = () => world.reports.filter(({ kind }) => kind === 'windowClosed').length;
    expect(closed()).toBe(0);
    world.put(SHARD, 'b');
    const after = await runMapping(world, windows, fold, 40_000, async () => {}, before);
    expect(world.seen.map(brief)).toEqual(['15:00 [a]', '15:00 [b] a', '15:00 [] ab final']);
    expect(after.windows.size).toBe(0);
    expect(closed()).toBeGreaterThan(0);
  });

  it('the final invoke is retried and holds its shard', async () => {
    const world = createWorld();
    world.put(SHARD, 'a');
    const answer = (seen: Seen, n: number) => {
      if (n === 2 || n === 3) throw new Error('boom');
      return fold(seen);
    };
    await runMapping(world, { ...windows, backoffMs: 20_000 }, answer, 90_000, async () => {
      await world.clock.sleep(31_000);
      world.put(SHARD, 'b');
    });
    expect(world.seen.map(brief)).toEqual([
      '15:00 [a]',
      '15:00 [] a final',
      '15:00 [] a final',
      '15:00 [] a final',
      '15:30 [b]',
      '15:30 [] b final',
    ]);
  });

  it('a reshard closes the window, the children start the same one afresh', async () => {
    const world = createWorld();
    world.put(SHARD, 'a');
    world.stream.reshard([SHARD], ['shardId-000000000001']);
    world.put('shardId-000000000001', 'b');
    await runMapping(world, windows, fold, 60_000);
    expect(world.seen.map((seen) => `${seen.shardId.at(-1)} ${brief(seen)}`)).toEqual([
      '0 15:00 [a]',
      '0 15:00 [] a final',
      '1 15:00 [b]',
      '1 15:00 [] b final',
    ]);
  });
});
