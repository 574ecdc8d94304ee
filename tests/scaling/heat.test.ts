import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashKeyOf, MAX_HASH_KEY } from '../../shared/kpl/hash-key.ts';
import {
  addToHeat,
  decayHeat,
  emptyHeat,
  type Heat,
  mergeHeats,
} from '../../shared/scaling/heat.ts';
import { decodeHeat, encodeHeat } from '../../shared/scaling/heat-codec.ts';
import { hottestKey, layOver, loadsOf, weightedCut } from '../../shared/scaling/heat-range.ts';
import { inShards, type Load, NO_LOAD, plus } from '../../shared/scaling/load.ts';
import { uniformRanges } from '../../shared/scaling/ring.ts';
import { hashKeys, heatOf, MINUTE, NOW, samplesOf, spots } from './arbitrary.ts';

const starts = fc.bigInt({ min: 0n, max: MAX_HASH_KEY - (1n << 20n) });
const RING = { start: 0n, end: MAX_HASH_KEY };
const sum = ({ cells }: Heat): Load => cells.reduce<Load>(plus, NO_LOAD);
const some = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    hashKey: hashKeyOf(`key-${i}`),
    bytes: 300,
    weight: 1,
  }));

describe('heat', () => {
  it('keeps every byte and record, in few cells that are in order', () => {
    fc.assert(
      fc.property(spots, (all) => {
        const heat = heatOf(all);
        const records = samplesOf(all).reduce((total, { weight }) => total + weight, 0);
        expect(sum(heat).records).toBeCloseTo(records, 6);
        expect(sum(heat).bytes).toBeCloseTo(records * 500, 3);
        expect(heat.cells.length).toBeLessThanOrEqual(8 * 64 + 1);
        for (const [i, cell] of heat.cells.entries()) {
          expect(cell.start % (1n << BigInt(128 - cell.bits))).toBe(0n);
          const before = heat.cells[i - 1];
          const isAfter =
            before === undefined ||
            before.start < cell.start ||
            (before.start === cell.start && before.bits < cell.bits);
          expect(isAfter).toBe(true);
        }
      }),
    );
  });

  it('halves in a half-life, whenever it is asked', () => {
    const heat = addToHeat(emptyHeat(NOW, 5 * MINUTE), some(1_000), NOW);
    const once = decayHeat(heat, NOW + 10 * MINUTE);
    const often = [1, 4, 7, 10].reduce(
      (one, minutes) => decayHeat(one, NOW + minutes * MINUTE),
      heat,
    );
    expect(sum(once).records).toBeCloseTo(250, 6);
    expect(sum(often).records).toBeCloseTo(250, 6);
    expect(decayHeat(once, NOW)).toBe(once);
  });

  it('does not care how samples are divided among writers', () => {
    const samples = some(3_000);
    const all = addToHeat(emptyHeat(NOW), samples, NOW);
    const writers = [0, 1, 2].map((w) =>
      addToHeat(
        emptyHeat(NOW),
        samples.filter((_, i) => i % 3 === w),
        NOW,
      ),
    );
    const merged = mergeHeats(writers, NOW);
    expect(sum(merged).records).toBeCloseTo(sum(all).records, 6);
    const [ours, theirs] = [merged, all].map((heat) => loadsOf(heat.cells, uniformRanges(8)));
    for (const [i, load] of ours!.entries()) {
      expect(load.records / theirs![i]!.records).toBeCloseTo(1, 1);
    }
  });

  it('counts a sample with its weight', () => {
    const every = addToHeat(emptyHeat(NOW), some(4_000), NOW);
    const sampled = some(4_000).flatMap((one, i) => (i % 4 === 0 ? [{ ...one, weight: 4 }] : []));
    expect(sum(addToHeat(emptyHeat(NOW), sampled, NOW))).toEqual(sum(every));
  });

  it('refuses what is no hash key and no weight', () => {
    const add = (hashKey: bigint, weight: number) => () =>
      addToHeat(emptyHeat(NOW), [{ hashKey, bytes: 1, weight }], NOW);
    expect(add(-1n, 1)).toThrow(RangeError);
    expect(add(MAX_HASH_KEY + 1n, 1)).toThrow(RangeError);
    expect(add(0n, Number.NaN)).toThrow(RangeError);
    expect(() => emptyHeat(NOW, 0)).toThrow(RangeError);
  });
});

describe('what heat tells', () => {
  it('finds the point that halves a load, wherever it lies', () => {
    fc.assert(
      fc.property(spots, (all) => {
        const wide = all.map((spot) => ({ ...spot, width: Math.max(64, spot.width) }));
        const { cells } = heatOf(wide);
        const at = weightedCut(cells, RING)!;
        const [left, right] = exactSides(wide, at);
        // Two cells of 1/64 can straddle the cut, and the rounding of the samples themselves.
        expect(Math.abs(left! - right!) / (left! + right!)).toBeLessThan(0.08);
      }),
    );
  });

  it('cuts inside the range, never at its start', () => {
    fc.assert(
      fc.property(spots, starts, fc.bigInt({ min: 0n, max: 1n << 20n }), (all, start, size) => {
        const end = start + size;
        const at = weightedCut(heatOf(all).cells, { start, end });
        if (start === end) expect(at).toBeNull();
        else expect(at! > start && at! <= end).toBe(true);
      }),
    );
  });

  it('tells one hot key from a hot range of keys', () => {
    fc.assert(
      fc.property(hashKeys, (start) => {
        const rest = { start: 0n, width: 128, weight: 50 };
        const key = heatOf([rest, { start, width: 0, weight: 50 }]);
        expect(hottestKey(key.cells, RING)?.hashKey).toBe(start);
        const share = inShards(hottestKey(key.cells, RING)!.load) / inShards(sum(key));
        expect(share).toBeGreaterThan(0.48);
        expect(share).toBeLessThan(0.53);
        const range = heatOf([rest, { start, width: 64, weight: 50 }]);
        expect(hottestKey(range.cells, RING)).toBeNull();
      }),
    );
  });

  it('two cuts isolate a hot key', () => {
    const key = 12345678901234567890n;
    const { cells } = heatOf([
      { start: 0n, width: 128, weight: 20 },
      { start: key, width: 0, weight: 80 },
    ]);
    const first = weightedCut(cells, RING)!;
    const range =
      first === key ? { start: key, end: MAX_HASH_KEY } : { start: 0n, end: first - 1n };
    const second = weightedCut(cells, range)!;
    expect([first, second].sort()).toEqual([key, key + 1n].sort());
  });

  it('lays a rate over the ring, evenly where too little is known', () => {
    const rate = { bytes: 2 ** 20, records: 900 };
    const shares = (heat: Heat | null) =>
      loadsOf(layOver(rate, heat), uniformRanges(4)).map(inShards);
    const quarter = [0.25, 0.25, 0.25, 0.25];
    expect(shares(null)).toEqual(quarter);
    expect(shares(addToHeat(emptyHeat(NOW), some(10), NOW))).toEqual(quarter);
    const [first, ...others] = shares(heatOf([{ start: 0n, width: 126, weight: 50 }]));
    expect(first).toBeCloseTo(1, 6);
    expect(Math.max(...others)).toBe(0);
  });

  /** The load on both sides of a cut, from the samples themselves. */
  function exactSides(all: Parameters<typeof samplesOf>[0], at: bigint): [number, number] {
    const sides: [number, number] = [0, 0];
    for (const { hashKey, weight } of samplesOf(all)) sides[hashKey < at ? 0 : 1] += weight;
    return sides;
  }
});

describe('stored heat', () => {
  it('comes back as it was, to half a percent', () => {
    fc.assert(
      fc.property(spots, (all) => {
        const heat = heatOf(all);
        const back = decodeHeat(encodeHeat(heat));
        expect({ ...back, cells: [] }).toEqual({ ...heat, cells: [] });
        expect(back.cells.map(({ start, bits }) => [start, bits])).toEqual(
          heat.cells.map(({ start, bits }) => [start, bits]),
        );
        for (const [i, cell] of back.cells.entries()) {
          expect(cell.bytes / heat.cells[i]!.bytes).toBeCloseTo(1, 2);
          expect(cell.records / heat.cells[i]!.records).toBeCloseTo(1, 2);
        }
      }),
    );
  });

  it('is small: a kilobyte for even load, four at the worst', () => {
    expect(encodeHeat(addToHeat(emptyHeat(NOW), some(5_000), NOW)).length).toBeLessThan(1_024);
    const keys = Array.from({ length: 64 }, (_, i) => ({
      hashKey: hashKeyOf(`hot-${i}`),
      bytes: 300,
      weight: 200,
    }));
    const heat = addToHeat(emptyHeat(NOW), [...keys, ...some(2_000)], NOW);
    expect(encodeHeat(heat).length).toBeLessThan(4_096);
  });

  it('refuses damage and other versions', () => {
    const bytes = encodeHeat(addToHeat(emptyHeat(NOW), some(500), NOW));
    expect(() => decodeHeat(Uint8Array.of(2, ...bytes.slice(1)))).toThrow('heat of version 2');
    expect(() => decodeHeat(new Uint8Array())).toThrow(RangeError);
    expect(() => decodeHeat(bytes.slice(0, -1))).toThrow('damaged heat');
    expect(() => decodeHeat(Uint8Array.of(...bytes, 0))).toThrow('damaged heat');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const damaged = bytes.slice();
        damaged[at] = value;
        try {
          decodeHeat(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
