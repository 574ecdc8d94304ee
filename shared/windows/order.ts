import { compareText } from '../sql/run/compare.ts';
import type { Value } from '../sql/types.ts';

/** Orders two values of one type: below 0 where `a` comes first. NULL comes last. */
export function compareValues(a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === 'string') return compareText(a, b as string);
  const [x, y] = [a as number, b as number];
  return x < y ? -1 : x > y ? 1 : 0;
}
