import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countDistinct,
  createHashedItems,
  createItems,
  EXACT,
  encodeItems,
  mergeDistinct,
} from '../../shared/windows/distinct.ts';
import { mergeTop, type Top } from '../../shared/windows/top.ts';

const items = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `item ${from + i}`);

function merged(stored: Uint8Array | null, list: readonly string[]): Uint8Array {
  const met = createItems();
  for (const item of list) met.add(item);
  return mergeDistinct(stored, met);
}

describe('distinct', () => {
  it('counts each item once, in whatever parts they come, and depends on the set alone', () => {
    const part = fc.array(fc.string({ maxLength: 3 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const whole = parts.reduce<Uint8Array | null>((held, one) => merged(held, one), null)!;
        expect(countDistinct(whole)).toBe(new Set(parts.flat()).size);
        expect(merged(whole, parts.flat())).toEqual(whole);
        expect(merged(null, parts.flat().reverse())).toEqual(whole);
      }),
    );
  });

  it('is the same from hashes that were written down on the way', () => {
    const part = fc.array(fc.string({ maxLength: 3 }), { maxLength: 20 });
    fc.assert(
      fc.property(part, part, (before, behind) => {
        const kept = createHashedItems();
        for (const item of before) kept.add(item);
        const again = createHashedItems(encodeItems(kept));
        for (const item of behind) again.add(item);
        const all = [...before, ...behind];
        expect(again.size()).toBe(new Set(all).size);
        expect(mergeDistinct(null, again)).toEqual(merged(null, all));
      }),
    );
  });

  it('of nothing is 0', () => {
    expect(countDistinct(merged(null, []))).toBe(0);
  });

  it('is exact to 10,000 items, an estimate of 14 bits beyond', () => {
    const exact = merged(null, items(0, EXACT));
    expect([exact.length, countDistinct(exact)]).toEqual([1 + 8 * EXACT, EXACT]);
    const sketch = merged(exact, items(EXACT, EXACT + 1));
    expect(sketch.length).toBe(1 + 16_384);
    expect(merged(null, items(0, EXACT + 1))).toEqual(sketch);
  });

  it('is an estimate of 0.8 % standard error then, without a bias at any size', () => {
    // 41,000 is where the estimate of 2007 is 2.5 % too high.
    const sizes = [15_000, 41_000, 60_000];
    const errors = sizes.map(() => 0);
    const worlds = 3;
    for (let world = 0; world < worlds; world++) {
      let held: Uint8Array | null = null;
      let known = 0;
      for (const [i, size] of sizes.entries()) {
        const before = held && Uint8Array.from(held);
        const next = merged(
          held,
          items(known, size).map((item) => `${item} of ${world}`),
        );
        // What was handed in may still be what is stored.
        expect(held).toEqual(before);
        held = next;
        known = size;
        errors[i]! += (countDistinct(held) / size - 1) / worlds;
      }
    }
    // The mean of 3 has a standard error of 0.5 %.
    for (const [i, error] of errors.entries()) {
      expect(Math.abs(error), String(sizes[i])).toBeLessThan(0.015);
    }
  });

  it('gives the same estimate on any machine: it stands in a table', () => {
    expect(countDistinct(merged(null, items(0, 20_000)))).toBe(19_943);
    expect(countDistinct(merged(null, items(0, 60_000)))).toBe(60_146);
  });

  it('knows a sketch that holds nearly nothing, and one that is nearly full', () => {
    const sketch = (value: number): Uint8Array => {
      const bytes = new Uint8Array(1 + 16_384).fill(value);
      bytes[0] = 2;
      return bytes;
    };
    const one = sketch(0);
    one[1] = 1;
    expect(countDistinct(one)).toBe(1);
    expect(countDistinct(sketch(50)) / 2 ** 63).toBeCloseTo(1.44, 1);
    // A register keeps the highest rank that it met.
    const raised = merged(sketch(50), items(0, 100));
    expect(raised).toEqual(sketch(50));
  });

  it('keeps the hashes sorted: equal sets are equal bytes', () => {
    const bytes = Buffer.from(merged(null, ['a', 'b', 'c', 'd']));
    const hashes = [0, 1, 2, 3].map((i) => bytes.readBigUInt64BE(1 + 8 * i));
    expect(hashes.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(hashes);
    // sha256 of "a" begins so.
    expect(hashes).toContain(0xca978112ca1bbdcan);
  });
});

describe('top', () => {
  it('keeps the highest count of an item, best first, equal counts by item', () => {
    const top: Top = [
      ['a', 3],
      ['b', 2],
    ];
    const offered: Top = [
      ['a', 2],
      ['c', 3],
      ['b', 4],
      ['d', 1],
    ];
    expect(mergeTop(top, offered, 3)).toEqual([
      ['b', 4],
      ['a', 3],
      ['c', 3],
    ]);
    expect(mergeTop([], [['z', 0]], 3)).toEqual([]);
    expect(mergeTop(top, [], 1)).toEqual([['a', 3]]);
  });

  it('is the top of all counts, though it forgets the rest: counts only grow and come again', () => {
    const grown = fc.array(
      fc.tuple(fc.constantFrom(...'abcdefgh'), fc.integer({ min: 1, max: 5 })),
    );
    fc.assert(
      fc.property(grown, fc.integer({ min: 1, max: 4 }), (steps, k) => {
        const counts = new Map<string, number>();
        let top: Top = [];
        for (const [item, more] of steps) {
          counts.set(item, (counts.get(item) ?? 0) + more);
          top = mergeTop(top, [[item, counts.get(item)!]], k);
        }
        const best = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
        expect(top).toEqual(best.slice(0, k));
      }),
    );
  });
});
