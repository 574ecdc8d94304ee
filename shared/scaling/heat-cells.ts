import type { HeatCell } from './heat.ts';
import { type Load, NO_LOAD, plus, weightOf } from './load.ts';
import { RING_SIZE } from './ring.ts';

/** A cell holds at most 1/parts of the weight if it can be cut further, and no less than 1/(8 parts). */
const LIGHTEST = 1 / 8;

/**
 * The same load in few cells: the ring is halved, and halved again, as long as a half holds more than
 * one part of `parts`; what is too light for a cell of its own goes up into the next wider one. At
 * most 8 x parts cells, about 1.5 x parts of an even load. (The idea is the q-digest: N. Shrivastava
 * et al., "Medians and Beyond", SenSys 2004.)
 */
export function foldCells(cells: readonly HeatCell[], parts: number): HeatCell[] {
  const sorted = joined(cells);
  const sums = [NO_LOAD];
  for (const cell of sorted) sums.push(plus(sums.at(-1)!, cell));
  const most = weightOf(sums.at(-1)!) / parts;
  const folded: HeatCell[] = [];

  /** Folds the cells from `low` to before `high`, which lie in this node; gives what is too light. */
  const fold = (start: bigint, bits: number, low: number, high: number): Load => {
    const total = between(sums, low, high);
    if (low === high || weightOf(total) === 0) return NO_LOAD;
    if (weightOf(total) <= most || bits === 128) return place(start, bits, total);
    let next = low;
    while (next < high && sorted[next]!.bits === bits) next++;
    const own = between(sums, low, next);
    const middle = start + (RING_SIZE >> BigInt(bits + 1));
    const right = firstFrom(sorted, middle, next, high);
    const mark = folded.length;
    const light = plus(fold(start, bits + 1, next, right), fold(middle, bits + 1, right, high));
    const rest = place(start, bits, plus(own, light));
    // A wide cell comes before those inside it.
    if (folded.length > mark + 1 && folded.at(-1)!.bits === bits) {
      folded.splice(mark, 0, folded.pop()!);
    }
    return rest;
  };

  const place = (start: bigint, bits: number, load: Load): Load => {
    if (weightOf(load) < most * LIGHTEST && bits > 0) return load;
    if (weightOf(load) > 0) folded.push({ start, bits, ...load });
    return NO_LOAD;
  };

  fold(0n, 0, 0, sorted.length);
  return folded;
}

/** In order, with one cell for each place. */
function joined(cells: readonly HeatCell[]): HeatCell[] {
  const sorted = cells.toSorted((a, b) =>
    a.start < b.start ? -1 : a.start > b.start ? 1 : a.bits - b.bits,
  );
  const one: HeatCell[] = [];
  for (const cell of sorted) {
    const last = one.at(-1);
    if (last?.start === cell.start && last.bits === cell.bits) {
      one[one.length - 1] = { ...cell, ...plus(last, cell) };
    } else one.push(cell);
  }
  return one;
}

function between(sums: readonly Load[], low: number, high: number): Load {
  const from = sums[low]!;
  const to = sums[high]!;
  return {
    bytes: Math.max(0, to.bytes - from.bytes),
    records: Math.max(0, to.records - from.records),
  };
}

/** The first index from `low` on whose cell starts at `key` or behind it; `high` if none does. */
function firstFrom(cells: readonly HeatCell[], key: bigint, low: number, high: number): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (cells[middle]!.start < key) from = middle + 1;
    else to = middle;
  }
  return from;
}
