/** Times in buckets of 10 % width: percentiles to that precision, in a fixed amount of memory. */
export interface Latencies {
  add(ms: number): void;
  /** The time that the given share (0 to 1) of all stays below, milliseconds; 0 if there are none. */
  percentile(share: number): number;
  readonly max: number;
}

const WIDTH = Math.log(1.1);
/** Up to a day. */
const BUCKETS = 200;

export function createLatencies(): Latencies {
  const counts = new Uint32Array(BUCKETS);
  let total = 0;
  let max = 0;
  return {
    add(ms) {
      const bucket = Math.floor(Math.log(ms + 1) / WIDTH);
      const at = Math.min(BUCKETS - 1, Math.max(0, bucket));
      counts[at] = counts[at]! + 1;
      total += 1;
      if (ms > max) max = ms;
    },
    percentile(share) {
      let rest = total * share;
      for (let i = 0; i < BUCKETS; i++) {
        rest -= counts[i]!;
        if (rest <= 0 && total > 0) return Math.min(max, Math.exp((i + 1) * WIDTH) - 1);
      }
      return max;
    },
    get max() {
      return max;
    },
  };
}
