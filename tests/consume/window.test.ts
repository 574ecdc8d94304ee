import type { KinesisStreamTumblingWindowEvent } from 'aws-lambda';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConsumedRecord } from '../../shared/consume/consume.ts';
import { FinalError } from '../../shared/consume/retryable.ts';
import { consumeWindow, type WindowEnd, type WindowFold } from '../../shared/consume/window.ts';
import { aggregateRecord, FIRST_SEQUENCE, windowEvent } from '../helpers/wire.ts';
import { createWorld, runMapping } from '../local/mapping-harness.ts';

const WINDOW = { start: '2024-01-02T03:04:00Z', end: '2024-01-02T03:05:00Z' };
const number = (i: number): string => String(FIRST_SEQUENCE + BigInt(i));
const failedAt = (i: number) => [{ itemIdentifier: number(i) }];

interface State {
  texts: string[];
}

/** Changes the state before it fails: `!` is retryable, `?` is final. */
function fold(state: State, record: ConsumedRecord): State {
  const text = record.text();
  state.texts.push(text);
  if (text === '!') throw new Error('down');
  if (text === '?') throw new FinalError('never');
  return state;
}

function window(overrides: Partial<WindowFold<State>> = {}) {
  const finished: { texts: string[]; end: WindowEnd }[] = [];
  const finish = ({ texts }: State, end: WindowEnd) => void finished.push({ texts, end });
  return { finished, start: () => ({ texts: [] }), fold, finish, ...overrides };
}

function event(
  texts: string[],
  rest: Parameters<typeof windowEvent>[1] = WINDOW,
): KinesisStreamTumblingWindowEvent {
  return windowEvent(
    texts.map((data) => ({ data })),
    rest,
  );
}

const faults = { store: { put: async () => {} }, application: 'mine', stream: 'clicks' };

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
});

describe('consumeWindow', () => {
  it('carries the state on, and leaves that of the event alone', async () => {
    const sent = event(['b', 'c'], { ...WINDOW, state: { texts: ['a'] } });
    const copy = structuredClone(sent);
    const response = await consumeWindow(sent, window());
    expect(response).toEqual({ batchItemFailures: [], state: { texts: ['a', 'b', 'c'] } });
    expect(sent).toEqual(copy);
  });

  it.each(['sync', 'async'])('a failed record leaves no trace in the state (%s)', async (kind) => {
    const slow = async (state: State, record: ConsumedRecord) => {
      await Promise.resolve();
      return fold(state, record);
    };
    const { finished, ...rest } = window(kind === 'async' ? { fold: slow } : {});
    const failed = event(['a', '!', 'c'], { ...WINDOW, final: true });
    expect(await consumeWindow(failed, rest, { faults })).toEqual({
      batchItemFailures: failedAt(1),
      state: { texts: ['a'] },
    });
    const aside = event(['a', '?', 'c', '?', 'd']);
    expect(await consumeWindow(aside, rest, { faults })).toEqual({
      batchItemFailures: [],
      state: { texts: ['a', 'c', 'd'] },
    });
    expect(finished).toEqual([]);
  });

  it('nothing of an aggregate is in the state when it comes again', async () => {
    const users = ['x', 'y', '!'].map((data) => ({ data }));
    const sent = windowEvent([{ data: 'a' }, aggregateRecord(users)], WINDOW);
    expect(await consumeWindow(sent, window())).toEqual({
      batchItemFailures: failedAt(1),
      state: { texts: ['a'] },
    });
  });

  it('nor of what comes after a record that could not be set aside', async () => {
    const store = { put: async () => Promise.reject(new Error('the bucket is gone')) };
    const sent = event(['a', '?', 'c']);
    const response = await consumeWindow(sent, window(), { faults: { ...faults, store } });
    expect(response).toEqual({ batchItemFailures: failedAt(1), state: { texts: ['a'] } });
  });

  it('nor of data that is no base64, even if the fold makes light of it', async () => {
    const careless = (state: State, record: ConsumedRecord) => {
      try {
        return fold(state, record);
      } catch {
        return { texts: [...state.texts, 'unread'] };
      }
    };
    const sent = event(['a', 'b', 'c']);
    sent.Records[1]!.kinesis.data = 'not base64!';
    const response = await consumeWindow(sent, window({ fold: careless }), { faults });
    expect(response).toEqual({ batchItemFailures: [], state: { texts: ['a', 'c'] } });
  });

  it('folds the records of the last invocation before it finishes', async () => {
    const { finished, ...rest } = window();
    const last = { ...WINDOW, state: { texts: ['a'] }, final: true };
    const done = { batchItemFailures: [], state: {} };
    expect(await consumeWindow(event(['b'], last), rest)).toEqual(done);
    expect(await consumeWindow(event([], last), rest)).toEqual(done);
    const early = { ...WINDOW, state: { texts: ['a'] }, terminatedEarly: true };
    expect(await consumeWindow(event(['b'], early), rest)).toEqual(done);
    expect(await consumeWindow({ isFinalInvokeForWindow: true }, rest)).toEqual(done);
    const end = { ...WINDOW, shardId: 'shardId-000000000000', terminatedEarly: false };
    expect(finished).toEqual([
      { texts: ['a', 'b'], end },
      { texts: ['a'], end },
      { texts: ['a', 'b'], end: { ...end, terminatedEarly: true } },
      { texts: [], end: { shardId: '', start: null, end: null, terminatedEarly: false } },
    ]);
  });

  it('fails as a whole when it cannot finish', async () => {
    const finish = async () => Promise.reject(new Error('table is gone'));
    const last = event(['a'], { ...WINDOW, final: true });
    await expect(consumeWindow(last, window({ finish }))).rejects.toThrow('table is gone');
  });

  it('refuses a state that Lambda would not keep', async () => {
    const big = { fold: () => ({ texts: ['é'.repeat(1 << 19)] }) };
    await expect(consumeWindow(event(['a']), window(big))).rejects.toThrow(
      /state has 1048590 bytes as JSON, and Lambda keeps 1048576/,
    );
    const { finished, ...rest } = window(big);
    await consumeWindow(event(['a'], { ...WINDOW, final: true }), rest);
    expect(finished).toHaveLength(1);
  });

  it.each([
    [new Map([['a', 1]]), 'a Map'],
    [new Date(), 'a Date'],
    [Number.NaN, 'NaN'],
    [1n, 'a bigint'],
    [() => 1, 'a function'],
  ])('refuses a state that JSON would change: %o', async (value, kind) => {
    const lossy = { start: () => ({ n: 0 }), fold: () => ({ n: { m: [value] } }), finish() {} };
    const consumed = consumeWindow<object>(event(['a']), lossy);
    await expect(consumed).rejects.toThrow(`state holds ${kind}, which JSON does not give back`);
  });

  it('a fold that returns nothing fails its record', async () => {
    const forgetful = window({ fold: (() => {}) as never });
    expect(await consumeWindow(event(['a']), forgetful)).toEqual({
      batchItemFailures: failedAt(0),
      state: { texts: [] },
    });
  });

  it('rejects when a fold takes back what it has taken', async () => {
    let calls = 0;
    const moody = (state: State) => {
      if (++calls > 1) throw new FinalError(`call ${calls}`);
      return state;
    };
    const consumed = consumeWindow(event(['a', 'b']), window({ fold: moody }), { faults });
    await expect(consumed).rejects.toThrow('call');
  });

  it('refuses an event without a window', async () => {
    const {
      window: _,
      isFinalInvokeForWindow: __,
      isWindowTerminatedEarly: ___,
      ...rest
    } = event(['a']);
    await expect(consumeWindow(rest, window())).rejects.toThrow('set TumblingWindowInSeconds');
  });

  it('loses and doubles nothing behind an event source mapping', async () => {
    for (const finalWithRecords of [false, true]) {
      const shardId = 'shardId-000000000000';
      const world = createWorld();
      const parts: string[] = [];
      const fails = new Set(['b', 'e']);
      const flaky = window({
        fold: (state, record) => {
          if (fails.delete(record.text())) throw new Error('down');
          return fold(state, record);
        },
        finish: ({ texts }) => void parts.push(texts.join('')),
      });
      world.put(shardId, 'a', 'b', '?', 'c');
      const settings = { tumblingWindowMs: 30_000, finalWithRecords };
      const consumed = ({ event }: { event: object }) => consumeWindow(event, flaky, { faults });
      await runMapping(world, settings, consumed, 90_000, async () => {
        await world.clock.sleep(40_000);
        world.put(shardId, 'd', 'e', 'f');
      });
      expect(parts).toEqual(['abc', 'def']);
    }
  });
});
