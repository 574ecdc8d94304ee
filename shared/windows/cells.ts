import {
  addDecimalText,
  addNumber,
  type DecimalSum,
  exactText,
  newSum,
  sumToText,
} from '../sql/decimal.ts';
import type { Aggregate } from '../sql/plan.ts';
import type { Value } from '../sql/types.ts';
import { compareValues } from './order.ts';

/**
 * The mergeable partial of one aggregate over some rows: how many values were not NULL, their
 * exact sum (SUM, AVG), or the extreme (MIN, MAX).
 */
export interface Cell {
  n: number;
  sum: DecimalSum | null;
  extreme: Value;
}

/** A cell as it is stored and handed between engines: the sum as decimal text. */
export interface StoredCell {
  readonly n: number;
  readonly sum?: string;
  readonly extreme?: Value;
}

export function newCell(fn: Aggregate['fn']): Cell {
  return { n: 0, sum: fn === 'sum' || fn === 'avg' ? newSum() : null, extreme: null };
}

/** Adds one value; NULL is skipped. Throws RowError when a sum leaves the exact range. */
export function addValue(fn: Aggregate['fn'], cell: Cell, value: Value): void {
  if (value === null) return;
  cell.n++;
  if (cell.sum !== null) addNumber(cell.sum, value as number | bigint);
  else if (fn !== 'count' && isNewExtreme(fn, cell.extreme, value)) cell.extreme = value;
}

/** Adds what was stored before. */
export function addStored(fn: Aggregate['fn'], cell: Cell, stored: StoredCell): void {
  cell.n += stored.n;
  if (cell.sum !== null && stored.sum !== undefined) addDecimalText(cell.sum, stored.sum);
  if ((fn === 'min' || fn === 'max') && stored.extreme !== undefined && stored.extreme !== null) {
    if (isNewExtreme(fn, cell.extreme, stored.extreme)) cell.extreme = stored.extreme;
  }
}

export function storeCell(fn: Aggregate['fn'], cell: Cell): StoredCell {
  if (cell.sum !== null) return { n: cell.n, sum: sumToText(cell.sum) };
  return fn === 'count' ? { n: cell.n } : { n: cell.n, extreme: cell.extreme };
}

/**
 * The aggregate's value. `rows` is the number of rows of the group, for COUNT(*).
 * AVG of whole numbers is cut off toward zero (dialect section 6).
 */
export function cellValue(aggregate: Aggregate, cell: Cell, rows: number): Value {
  const { fn, type } = aggregate;
  if (fn === 'count') return aggregate.arg === null ? rows : cell.n;
  if (cell.n === 0) return null;
  if (cell.sum === null) return cell.extreme;
  const whole = type.name.endsWith('INT') || type.name === 'INTEGER';
  const text = exactText(cell.sum);
  if (fn === 'sum') return whole ? wholeValue(text) : Number(text);
  return whole ? normalise(BigInt(text) / BigInt(cell.n)) : Number(text) / cell.n;
}

/** Whole-number text to the value that carries it: number while safe, bigint beyond. */
export function wholeValue(text: string): Value {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

function normalise(value: bigint): Value {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function isNewExtreme(fn: Aggregate['fn'], held: Value, value: Value): boolean {
  if (held === null) return true;
  const order = compareValues(value, held);
  return fn === 'min' ? order < 0 : order > 0;
}
