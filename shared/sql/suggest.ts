/**
 * The candidate that `name` is most likely a slip of, null when none is close: first one that
 * differs in case only, else the one with the fewest edits, at most one for every three characters.
 */
export function suggest(name: string, candidates: readonly string[]): string | null {
  const others = candidates.filter((candidate) => candidate !== name);
  const folded = name.toUpperCase();
  const sameLetters = others.find((candidate) => candidate.toUpperCase() === folded);
  if (sameLetters !== undefined) return sameLetters;
  let best: string | null = null;
  let fewest = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of others) {
    // A one-letter name is one edit away from every other one.
    if (Math.max(name.length, candidate.length) < 3) continue;
    if (Math.abs(candidate.length - name.length) >= fewest) continue;
    const edits = distance(folded, candidate.toUpperCase());
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? beforeLast[j - 2]! + 1
          : Number.POSITIVE_INFINITY;
      row.push(Math.min(replaced, last[j]! + 1, row[j - 1]! + 1, swapped));
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
