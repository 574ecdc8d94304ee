import { type HashKeyRange, hashKeyOf } from '../../shared/kpl/hash-key.ts';
import { RING_SIZE } from '../../shared/scaling/ring.ts';

/** How records lie on the ring, as a distribution function over positions from 0 to 1. */
export interface Keys {
  /** The part of all records before a hash key. */
  readonly before: (hashKey: bigint) => number;
  /** The hash key at which that part is reached; `part` from 0 to less than 1. */
  readonly at: (part: number) => bigint;
}

export function massOf(keys: Keys, { start, end }: HashKeyRange): number {
  return keys.before(end + 1n) - keys.before(start);
}

const SIZE = Number(RING_SIZE);

/** Many keys, as MD5 spreads them. */
export const evenKeys: Keys = {
  before: (hashKey) => Number(hashKey) / SIZE,
  at: (part) => BigInt(Math.floor(part * 2 ** 52)) << 76n,
};

/** Few keys, each with its weight. */
export function someKeys(weights: ReadonlyMap<string, number>): Keys {
  const keys = [...weights]
    .map(([key, weight]) => ({ hashKey: hashKeyOf(key), weight }))
    .sort((a, b) => (a.hashKey < b.hashKey ? -1 : 1));
  const total = keys.reduce((sum, { weight }) => sum + weight, 0);
  const sums = [0];
  for (const { weight } of keys) sums.push(sums.at(-1)! + weight / total);
  return {
    before: (hashKey) => sums[firstIndex(keys.length, (i) => keys[i]!.hashKey >= hashKey)]!,
    at: (part) =>
      keys[
        Math.min(
          keys.length - 1,
          firstIndex(keys.length, (i) => sums[i + 1]! > part),
        )
      ]!.hashKey,
  };
}

/**
 * `part` of the records in a narrow stretch of the ring, the rest everywhere: explicit hash keys or
 * partition keys that a producer chose badly.
 */
export function narrowKeys(part: number, from: number, width: number): Keys {
  const inside = (position: number): number => Math.min(1, Math.max(0, (position - from) / width));
  const before = (position: number): number => (1 - part) * position + part * inside(position);
  return {
    before: (hashKey) => before(Number(hashKey) / SIZE),
    at: (wanted) => {
      let [low, high] = [0, 1];
      for (let i = 0; i < 50; i++) {
        const middle = (low + high) / 2;
        if (before(middle) <= wanted) low = middle;
        else high = middle;
      }
      return evenKeys.at(low);
    },
  };
}

/** The first of `count` indices that passes, where all behind one that passes do; `count` if none. */
function firstIndex(count: number, passes: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
