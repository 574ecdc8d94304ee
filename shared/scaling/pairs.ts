import { SIBLINGS_BELOW } from './policy.ts';
import type { Change, ShardLoad } from './situation.ts';
import { percent } from './words.ts';

/** Two neighbours on the ring, and what they carry together. */
export interface Pair {
  readonly left: ShardLoad;
  readonly right: ShardLoad;
  /** The higher of now and of the highest minute of the window for shrinking. */
  readonly load: number;
}

/** All neighbours, coldest first. */
export function coldestPairs(loads: readonly ShardLoad[]): Pair[] {
  const pairs = loads.slice(1).map((right, i): Pair => {
    const left = loads[i]!;
    return { left, right, load: Math.max(left.now + right.now, left.peak + right.peak) };
  });
  return pairs.toSorted((a, b) => a.load - b.load);
}

/**
 * The coldest neighbours that stay below a load together. Two halves of one shard come last unless they
 * are quite cold: they may have been cut to go to their other neighbours (shift.ts).
 */
export function mergeable(loads: readonly ShardLoad[], below: number): Pair | null {
  const fitting = coldestPairs(loads).filter(({ load }) => load <= below);
  const first = fitting.find((pair) => !areHalves(pair) || pair.load <= below * SIBLINGS_BELOW);
  return first ?? fitting[0] ?? null;
}

function areHalves({ left, right }: Pair): boolean {
  const [parent, other] = left.shard.parents;
  return parent !== undefined && other === undefined && right.shard.parents[0] === parent;
}

export function merge({ left, right, load }: Pair, reason: string): Change {
  return {
    kind: 'merge',
    operation: { call: 'MergeShards', shardId: left.shard.id, adjacentId: right.shard.id },
    why: `merge ${left.shard.id} and ${right.shard.id}, together ${percent(load)} full: ${reason}`,
  };
}
