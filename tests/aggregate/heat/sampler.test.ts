import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampler, MOST_SAMPLES } from '../../../functions/aggregate/heat/sampler.ts';
import { encodeAggregate } from '../../../shared/kpl/encode.ts';
import { hashKeyOf, MAX_HASH_KEY } from '../../../shared/kpl/hash-key.ts';
import { readEvent } from '../../../shared/records/event.ts';
import type { HeatSample } from '../../../shared/scaling/heat.ts';
import { eventOf, plain } from './events.ts';

const FIRST = 49590338271490256608559692538361571095921575989136588898n;

function sampled(records: readonly { partitionKey: string; data: Buffer }[]): HeatSample[] {
  const sampler = createSampler();
  readEvent(eventOf(records), sampler.see);
  return sampler.takeOut();
}

const weight = (samples: readonly HeatSample[]) =>
  samples.reduce((sum, one) => sum + one.weight, 0);

describe('the sampler', () => {
  it('takes every record while there are few, with its key and its size', () => {
    const samples = sampled([plain('a', 10), plain('bc', 200)]);
    expect(samples).toEqual([
      { hashKey: hashKeyOf('a'), bytes: 11, weight: 1 },
      { hashKey: hashKeyOf('bc'), bytes: 202, weight: 1 },
    ]);
  });

  it('stays small, and its weights stand for all, however many come', () => {
    for (const count of [1_000, 30_000]) {
      const sampler = createSampler();
      for (let from = 0; from < count; from += 1_000) {
        const keys = Array.from({ length: 1_000 }, (_, i) => plain(`k${(from + i) % 7}`, 100));
        readEvent(eventOf(keys, FIRST + BigInt(from)), sampler.see);
      }
      const samples = sampler.takeOut();
      expect(samples.length).toBeLessThan(MOST_SAMPLES);
      expect(samples.length).toBeGreaterThan(MOST_SAMPLES / 4);
      expect(weight(samples) / count).toBeGreaterThan(0.7);
      expect(weight(samples) / count).toBeLessThan(1.4);
      // Keys that come in turn are all met.
      expect(new Set(samples.map(({ hashKey }) => hashKey)).size).toBe(7);
    }
  });

  it('takes the user records of an aggregate by their own keys, also explicit ones', () => {
    const users = [
      { partitionKey: 'a', data: Buffer.alloc(5) },
      { partitionKey: 'a', explicitHashKey: String(MAX_HASH_KEY), data: Buffer.alloc(7) },
    ];
    const { data } = encodeAggregate(users);
    expect(sampled([{ partitionKey: 'container', data: Buffer.from(data) }])).toEqual([
      { hashKey: hashKeyOf('a'), bytes: 6, weight: 1 },
      { hashKey: MAX_HASH_KEY, bytes: 8, weight: 1 },
    ]);
  });

  it('passes over what comes again, in whatever batches', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99), { maxLength: 8 }), (starts) => {
        const sampler = createSampler();
        const all = Array.from({ length: 100 }, (_, i) => plain(`k${i}`, 1));
        readEvent(eventOf(all), sampler.see);
        for (const start of starts) {
          readEvent(eventOf(all.slice(start), FIRST + BigInt(start)), sampler.see);
        }
        expect(sampler.takeOut()).toHaveLength(100);
      }),
    );
  });

  it('compares sequence numbers as numbers', () => {
    const sampler = createSampler();
    readEvent(eventOf([plain('a', 1)], 99n), sampler.see);
    readEvent(eventOf([plain('a', 1)], 100n), sampler.see);
    expect(sampler.takeOut()).toHaveLength(2);
  });
});
