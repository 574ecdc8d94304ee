import type { HashKeyRange } from '../kpl/hash-key.ts';
import type { Heat, HeatCell } from './heat.ts';
import { inShards, type Load, NO_LOAD, plus } from './load.ts';
import { HEAT_RECORDS } from './policy.ts';
import { RING_SIZE, type Shard } from './ring.ts';

/** Load over the ring, as rates: the cells' bytes and records are per second. */
export type RatedCells = readonly HeatCell[];

/**
 * A stream's rate laid over its ring as the heat says; evenly where there is no heat, or too little of
 * it to be believed.
 */
export function layOver(rate: Load, heat: Heat | null): RatedCells {
  if (heat === null) return [evenly(rate)];
  const total = heat.cells.reduce<Load>(plus, NO_LOAD);
  if (total.records < HEAT_RECORDS || total.bytes <= 0) return [evenly(rate)];
  const [bytes, records] = [rate.bytes / total.bytes, rate.records / total.records];
  return heat.cells.map((cell) => ({
    start: cell.start,
    bits: cell.bits,
    bytes: cell.bytes * bytes,
    records: cell.records * records,
  }));
}

/** The load of each range. A cell that lies only partly in one counts by its part, as if even inside. */
export function loadsOf(cells: RatedCells, ranges: readonly HashKeyRange[]): Load[] {
  const loads = ranges.map(() => ({ bytes: 0, records: 0 }));
  for (const cell of cells) {
    const end = endOf(cell);
    for (let i = lastStartingBy(ranges, cell.start); i < ranges.length; i++) {
      const range = ranges[i]!;
      if (range.start > end) break;
      const part = overlap(cell, range);
      loads[i]!.bytes += cell.bytes * part;
      loads[i]!.records += cell.records * part;
    }
  }
  return loads;
}

/**
 * Where to cut a range so that `part` of its load, a half unless given, comes to the left, as nearly as
 * can be: the first hash key of the right side, in the range but not its start. Null for a single
 * hash key.
 */
export function weightedCut(cells: RatedCells, range: HashKeyRange, part = 0.5): bigint | null {
  if (range.start === range.end) return null;
  const inside = cells.filter((cell) => overlap(cell, range) > 0);
  const isEmpty = inside.every((cell) => inShards(cell) === 0);
  const loads = isEmpty ? [evenly({ bytes: 1, records: 1 })] : inside;
  /** By how much the left side has more than its part. */
  const excess = (at: bigint): number => {
    const sides = [
      { start: range.start, end: at - 1n },
      { start: at, end: range.end },
    ];
    const [left, right] = loadsOf(loads, sides).map(inShards);
    return left! * (1 - part) - right! * part;
  };
  let [low, high] = [range.start + 1n, range.end];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (excess(middle) >= 0) high = middle;
    else low = middle + 1n;
  }
  // A heavy key makes a jump: it goes to the side where it is less too much.
  const before = low - 1n;
  const isBetter = before > range.start && Math.abs(excess(before)) < Math.abs(excess(low));
  return isBetter ? before : low;
}

/** The single hash key of a range that carries most, if heat knows one. */
export function hottestKey(
  cells: RatedCells,
  range: HashKeyRange,
): { readonly hashKey: bigint; readonly load: Load } | null {
  let hottest: HeatCell | null = null;
  for (const cell of cells) {
    const isInside = cell.bits === 128 && cell.start >= range.start && cell.start <= range.end;
    if (isInside && (hottest === null || inShards(cell) > inShards(hottest))) hottest = cell;
  }
  return hottest && { hashKey: hottest.start, load: hottest };
}

/** The ranges of shards in order. */
export function rangesOf(shards: readonly Shard[]): HashKeyRange[] {
  return shards.map(({ range }) => range);
}

/** The same everywhere. */
function evenly(load: Load): HeatCell {
  return { start: 0n, bits: 0, ...load };
}

function endOf({ start, bits }: HeatCell): bigint {
  return start + (RING_SIZE >> BigInt(bits)) - 1n;
}

/** Which part of a cell lies in a range, 0 to 1. */
function overlap(cell: HeatCell, range: HashKeyRange): number {
  const end = endOf(cell);
  if (cell.start >= range.start && end <= range.end) return 1;
  let [from, to] = [range.start, range.end];
  if (cell.start > from) from = cell.start;
  if (end < to) to = end;
  return from > to ? 0 : Number(to - from + 1n) / Number(end - cell.start + 1n);
}

/** The last range that starts at the key or before it. */
function lastStartingBy(ranges: readonly HashKeyRange[], key: bigint): number {
  let [low, high] = [0, ranges.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (ranges[middle]!.start <= key) low = middle;
    else high = middle - 1;
  }
  return low;
}
