import type { Folded, Folder } from '../../../shared/sql/engine/fold.ts';
import type { Group } from '../../../shared/sql/engine/groups.ts';
import type { Node } from '../../../shared/sql/plan.ts';
import type { SqlType } from '../../../shared/sql/types.ts';
import { type GroupNode, isGroupNode } from './group-rows.ts';

/**
 * How large the groups of a state may get, by `createScale`: with what that leaves out it stays well
 * below the 1 MB that Lambda keeps.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
 */
export const SEAL_BYTES = 900_000;

/** JSON of a group beside its values and cells: brackets, count, first and last record. */
const GROUP_BYTES = 18;
/** The end of a sequence number; each group has two, and records share theirs. */
const FENCE_BYTES = 18;
const WINDOW_BYTES = 80;
const ITEM_BYTES = 11;
/** Count and sum of a cell. */
const SUM_BYTES = 24;
const COUNT_BYTES = 6;
/** Longer extremes are rare, and the limit leaves room for them. */
const LONGEST_EXTREME = 64;

/**
 * A folder that seals: at the first record at which what it holds reaches `limit`, this much is a
 * contribution to the tables that nothing is added to any more, and it begins anew. The places depend
 * on the records alone, not on batches: a try that died is repeated with the same ones.
 * `held` is how many records have rows in what the folder goes on with.
 */
export function createSealer(nodes: readonly Node[], folder: Folder, limit: number, held: number) {
  const sealed: Folded[] = [];
  let records = held;
  let scale = createScale(nodes, folder);
  let current: number | null = null;

  const endRecord = (): void => {
    current = null;
    records++;
    if (scale(records) < limit) return;
    sealed.push(folder.finish());
    records = 0;
    scale = createScale(nodes, folder);
  };
  const take: Folder['take'] = (row, record, sub) => {
    if (current !== null && record !== current) endRecord();
    current = record;
    folder.take(row, record, sub);
  };
  return {
    into: { ...folder, take },
    /** The contributions that were sealed on the way, and what has been folded since. */
    finish: () => {
      if (current !== null) endRecord();
      return { sealed, rest: folder.finish(), records };
    },
  };
}

/**
 * About how many bytes the groups of a folder take in a state. It only rises, and depends on which
 * groups there are and on how many items they have met.
 */
function createScale(nodes: readonly Node[], folder: Folder): (records: number) => number {
  const parts = nodes.filter(isGroupNode).map((node) => scaleOf(node, folder));
  return (records) => {
    const { groups, bytes } = parts.reduce(
      (sum, part) => {
        const more = part();
        return { groups: sum.groups + more.groups, bytes: sum.bytes + more.bytes };
      },
      { groups: 0, bytes: 0 },
    );
    return bytes + FENCE_BYTES * Math.min(2 * groups, records);
  };
}

function scaleOf(node: GroupNode, folder: Folder): () => { groups: number; bytes: number } {
  const cells = node.kind === 'aggregate' ? node.aggregates : [];
  const each = cells.reduce((sum, { fn, type }) => sum + cellBytes(fn, type), GROUP_BYTES);
  const windows = new Set<string>();
  let seen = 0;
  let bytes = 0;
  return () => {
    const groups = folder.open(node.id);
    for (; seen < groups.length; seen++) {
      const group = groups[seen]!;
      bytes += each + Buffer.byteLength(group.key);
      const window = `${group.start}|${group.rowtime}`;
      if (!windows.has(window)) bytes += WINDOW_BYTES;
      windows.add(window);
    }
    return { groups: seen, bytes: node.kind === 'distinct' ? bytes + itemBytes(groups) : bytes };
  };
}

function itemBytes(groups: readonly Group[]): number {
  return groups.reduce((sum, { items }) => sum + ITEM_BYTES * (items?.size() ?? 0), 0);
}

function cellBytes(fn: 'count' | 'sum' | 'avg' | 'min' | 'max', { length = 0 }: SqlType): number {
  if (fn === 'count') return COUNT_BYTES;
  if (fn === 'sum' || fn === 'avg') return SUM_BYTES;
  return COUNT_BYTES + Math.max(16, Math.min(length, LONGEST_EXTREME));
}
