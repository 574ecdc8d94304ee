import type { HashKeyRange } from '../../shared/kpl/hash-key.ts';
import { RING_SIZE, uniformRanges } from '../../shared/scaling/ring.ts';
import { massOf } from './keys.ts';
import type { Trace } from './traces.ts';

/** No uniform stream of more shards is looked at: where this many do not help, one key is the reason. */
export const MOST_UNIFORM = 256;

/** The load of one moment: the rate of each part, in full shards. */
type Moment = readonly number[];

/**
 * The moments of some steps that ask for most: that with the highest sum, and for each part that
 * with its highest rate. No step of them can ask for less shards than the worst of these.
 */
export function worstMoments({ parts }: Trace, from: number, to: number): Moment[] {
  const at = (step: number): Moment => parts.map(({ rates }) => rates[step] ?? 0);
  const steps = Array.from({ length: to - from }, (_, i) => from + i);
  const best = (value: (step: number) => number): number =>
    steps.reduce((most, step) => (value(step) > value(most) ? step : most));
  const sum = best((step) => at(step).reduce((a, b) => a + b, 0));
  const each = parts.map((_, p) => best((step) => at(step)[p]!));
  return [...new Set([sum, ...each])].map(at);
}

/** The ranges of the fewest shards of which none is filled beyond `full`; a single key may be. */
export function fewestRanges({ parts }: Trace, moment: Moment, full = 1): HashKeyRange[] {
  const before = (key: bigint): number =>
    parts.reduce((sum, { keys }, p) => sum + moment[p]! * keys.before(key), 0);
  const ranges: HashKeyRange[] = [];
  for (let start = 0n; start < RING_SIZE; ) {
    const limit = before(start) + full + 1e-9;
    let [low, high] = [start + 1n, RING_SIZE];
    while (low < high) {
      const middle = (low + high + 1n) / 2n;
      if (before(middle) <= limit) low = middle;
      else high = middle - 1n;
    }
    ranges.push({ start, end: low - 1n });
    start = low;
  }
  return ranges;
}

/** The ranges of so many shards of which the fullest is as little filled as can be. */
export function bestRanges(trace: Trace, moment: Moment, count: number): HashKeyRange[] {
  let [low, high] = [
    0,
    Math.max(
      1e-6,
      moment.reduce((a, b) => a + b, 0),
    ),
  ];
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (fewestRanges(trace, moment, middle).length <= count) high = middle;
    else low = middle;
  }
  const ranges = fewestRanges(trace, moment, high);
  while (ranges.length < count) {
    const i = ranges.findIndex(({ start, end }) => end > start);
    const { start, end } = ranges[i]!;
    const middle = (start + end + 1n) / 2n;
    ranges.splice(i, 1, { start, end: middle - 1n }, { start: middle, end });
  }
  return ranges;
}

/** For each moment the fewest equal shards of which none is filled beyond 1; MOST_UNIFORM at most. */
export function uniformNeeds(trace: Trace): (moment: Moment) => number {
  const known = new Map<number, number[][]>();
  const massesOf = (count: number): number[][] => {
    const found = known.get(count);
    if (found !== undefined) return found;
    const ranges = uniformRanges(count);
    const masses = trace.parts.map(({ keys }) => ranges.map((range) => massOf(keys, range)));
    known.set(count, masses);
    return masses;
  };
  return (moment) => {
    const sum = moment.reduce((a, b) => a + b, 0);
    for (let count = Math.max(1, Math.ceil(sum - 1e-9)); count < MOST_UNIFORM; count++) {
      const masses = massesOf(count);
      const fits = Array.from({ length: count }, (_, i) => i).every(
        (i) => moment.reduce((load, rate, p) => load + rate * masses[p]![i]!, 0) <= 1 + 1e-9,
      );
      if (fits) return count;
    }
    return MOST_UNIFORM;
  };
}
