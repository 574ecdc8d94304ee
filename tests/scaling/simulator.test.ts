import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../bench/scaling/compare.ts';
import { evenKeys, massOf, narrowKeys, someKeys } from '../../bench/scaling/keys.ts';
import { oracle } from '../../bench/scaling/oracle.ts';
import { fixed, sluice } from '../../bench/scaling/scalers.ts';
import { runTrace, type StreamView } from '../../bench/scaling/stream.ts';
import { makeTraces, type Trace } from '../../bench/scaling/traces.ts';
import { uniformRanges } from '../../shared/scaling/ring.ts';

const { traces } = makeTraces(1);
const named = (name: string): Trace => traces.find((trace) => trace.name === name)!;

/** So many full shards for some hours. */
const flat = (hours: number, rate: number): Trace => ({
  name: 'flat',
  about: '',
  hours,
  isSkewed: false,
  parts: [{ rates: new Float64Array(hours * 360).fill(rate), keys: evenKeys }],
});

describe('the simulated stream', () => {
  it('takes what the shards hold and keeps the rest waiting', () => {
    const fits = runTrace(flat(1, 2), 2, { scaler: fixed });
    expect(fits.shardHours).toBeCloseTo(2, 9);
    expect(fits).toMatchObject({ throttled: 0, minutesOver: 0, operations: 0 });
    const over = runTrace(flat(1, 4), 2, { scaler: fixed });
    expect(over.minutesOver).toBe(60);
    expect(over.records).toBeCloseTo(4 * 3_600_000, 0);
    // After an hour at twice what it takes, a queue of an hour.
    expect(over.longestLag).toBeCloseTo(3_600, 6);
  });

  it('refuses what the API refuses', () => {
    const answers: boolean[] = [];
    const ask = ({ now, shards, isActive, call }: StreamView): void => {
      if (now === 3 * 60_000) {
        const count = (to: number) => call({ call: 'UpdateShardCount', count: to });
        answers.push(count(9), count(1), count(8), count(8));
        answers.push(call({ call: 'SplitShard', shardId: shards[0]!.id, at: 5n }));
      }
      if (now > 10 * 60_000 && isActive) {
        answers.push(call({ call: 'UpdateShardCount', count: shards.length === 8 ? 4 : 8 }));
      }
    };
    const { operations } = runTrace(flat(24, 1), 4, { scaler: ask });
    expect(answers.slice(0, 5)).toEqual([false, false, true, false, false]);
    expect(operations).toBe(10);
  });

  it('is the same every time', () => {
    const run = () => runTrace(named('ramp'), 3, { scaler: sluice(LIMITS) });
    expect(run()).toEqual(run());
  });

  it.each([
    ['even', evenKeys],
    ['narrow', narrowKeys(0.7, 0.3, 1 / 64)],
    [
      'some',
      someKeys(
        new Map([
          ['a', 3],
          ['b', 1],
          ['c', 6],
        ]),
      ),
    ],
  ])('puts all records somewhere: %s keys', (_, keys) => {
    const sum = uniformRanges(7).reduce((all, range) => all + massOf(keys, range), 0);
    expect(sum).toBeCloseTo(1, 9);
    for (let part = 0.01; part < 1; part += 0.07) {
      const key = keys.at(part);
      expect(keys.before(key)).toBeLessThanOrEqual(part + 1e-9);
      expect(keys.before(key + 1n + (1n << 90n))).toBeGreaterThanOrEqual(part - 1e-9);
    }
  });
});

describe('the oracle', () => {
  it('throttles nothing, and nothing cheaper does', () => {
    for (const name of ['flash spike', 'ramp']) {
      const trace = named(name);
      const { start, layouts, operations } = oracle(trace, 'uniform');
      const foreseen = runTrace(trace, start, { layouts });
      expect(foreseen.throttled).toBeLessThan(1);
      expect(foreseen.shardHours).toBeLessThan(
        runTrace(trace, start, { scaler: sluice(LIMITS) }).shardHours,
      );
      expect(operations).toBeLessThanOrEqual(10);
    }
  });
});
