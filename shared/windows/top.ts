import { compareText } from '../sql/run/compare.ts';

/** The best items of a window so far: item and its merged count, best first. */
export type Top = readonly (readonly [item: string, count: number])[];

/**
 * Takes counts into a top list, keeping the highest count per item and the best `k` items; equal
 * counts stand in the order of their items. Counts of a window only grow, and each is offered
 * again when it grows, so the list is exact although it forgets the rest (design section 4).
 */
export function mergeTop(top: Top, offered: Top, k: number): Top {
  const counts = new Map(top);
  for (const [item, count] of offered) {
    if (count > (counts.get(item) ?? 0)) counts.set(item, count);
  }
  return [...counts].sort(compareEntries).slice(0, k);
}

function compareEntries([a, countA]: Top[number], [b, countB]: Top[number]): number {
  return countB - countA || compareText(a, b);
}
