/** What a benchmark reports: printed as it is, or written into the docs. */
export interface BenchTable {
  title: string;
  columns: string[];
  rows: (string | number)[][];
  note?: string;
}

export interface Timing {
  /** Median over the rounds, nanoseconds per call. */
  ns: number;
  /** Each round's nanoseconds per call. */
  times: number[];
}

export interface Rounds {
  /** How often each variant is timed. Default 15. */
  rounds?: number;
  /** How long one round of one variant lasts, milliseconds. Default 20. */
  roundMs?: number;
}

/**
 * Times several ways of doing the same, round by round in turn, so that a machine that slows down
 * slows all of them. Each function returns a number that depends on its work, which keeps the
 * compiler from removing it.
 */
export function measureSideBySide<Name extends string>(
  variants: Record<Name, () => number>,
  { rounds = 15, roundMs = 20 }: Rounds = {},
): Record<Name, Timing> {
  const runs = Object.entries<() => number>(variants).map(([name, fn]) => {
    return { name, fn, calls: callsFor(fn, roundMs), times: [] as number[] };
  });
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) run.times.push(time(run.fn, run.calls));
  }
  const timings = runs.map(({ name, times }) => [name, { ns: median(times), times }]);
  return Object.fromEntries(timings) as Record<Name, Timing>;
}

/** Times one function: the median of its rounds, nanoseconds per call. */
export function measure(fn: () => number, rounds: Rounds = {}): number {
  return measureSideBySide({ fn }, rounds).fn.ns;
}

/** How many times as long `a` takes as `b`: the median of the rounds' quotients. */
export function ratio(a: Timing, b: Timing): number {
  return median(a.times.map((ns, round) => ns / (b.times[round] as number)));
}

/** The middle one of some numbers, or the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}

/** A number with three significant digits or none behind the point. */
export function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

/** A table as lines of text, columns aligned. */
export function formatTable({ title, columns, rows, note }: BenchTable): string {
  const cells = [columns, ...rows.map((row) => row.map(String))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const lines = cells.map((row) => row.map((cell, i) => pad(cell, widths[i] ?? 0, i)).join('  '));
  return [title, ...lines, ...(note === undefined ? [] : [note])].join('\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/** Warms the function up and finds how many calls fill a round. */
function callsFor(fn: () => number, roundMs: number): number {
  let calls = 1;
  while (time(fn, calls) * calls < (roundMs * 1e6) / 2) calls *= 2;
  return Math.max(1, Math.round((roundMs * 1e6) / time(fn, calls)));
}

let sink = 0;

function time(fn: () => number, calls: number): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) sink += fn();
  const ns = Number(process.hrtime.bigint() - start) / calls;
  if (Number.isNaN(sink)) throw new Error('A measured function gave no number.');
  return ns;
}
