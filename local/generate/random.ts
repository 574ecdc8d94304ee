/** Random numbers that are the same for the same seed, on every machine. */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  hex(digits: number): string;
  /** Upper-case letters and digits, as in AWS's ids. */
  id(length: number): string;
  uuid(): string;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const random: Random = {
    // splitmix32: small, fast, and good enough to look natural.
    next() {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      z ^= z >>> 15;
      return (z >>> 0) / 2 ** 32;
    },
    int: (low, high) => low + Math.floor(random.next() * (high - low + 1)),
    chance: (probability) => random.next() < probability,
    pick: (list) => list[Math.floor(random.next() * list.length)]!,
    hex: (digits) => letters('0123456789abcdef', digits),
    id: (length) => letters('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', length),
    uuid() {
      const h = random.hex(32);
      return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`;
    },
  };
  return random;

  function letters(alphabet: string, length: number): string {
    let text = '';
    for (let i = 0; i < length; i++) text += alphabet[Math.floor(random.next() * alphabet.length)];
    return text;
  }
}

/** Picks from a list by weight. The weights need not add up to one. */
export function weighted<T>(
  list: readonly T[],
  weightOf: (item: T, index: number) => number,
): (random: Random) => T {
  let sum = 0;
  const cumulative = list.map((item, index) => {
    sum += weightOf(item, index);
    return sum;
  });
  return (random) => {
    const at = random.next() * sum;
    let low = 0;
    let high = list.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulative[middle]! > at) high = middle;
      else low = middle + 1;
    }
    return list[low]!;
  };
}

/** Picks by Zipf's law: the n-th item about 1/n^exponent as often as the first. */
export function zipf<T>(list: readonly T[], exponent: number): (random: Random) => T {
  return weighted(list, (_, index) => 1 / (index + 1) ** exponent);
}
