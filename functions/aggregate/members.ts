import type { Folded, Folder } from '../../shared/sql/engine/fold.ts';
import type { Batch, Member } from './context.ts';

/** Folds the rows of one record, handing each to a folder of its own. */
type FoldRecord = (record: number, into: Folder) => void;

/**
 * Finds the user records whose rows are in a group. A record is looked through once, row by row,
 * however many of its groups are asked for.
 */
export function createMembers(folder: Folder, fold: FoldRecord): Batch['membersOf'] {
  const rows = new Map<number, { sub: number; folded: Folded }[]>();
  const rowsOf = (record: number) => {
    const known = rows.get(record);
    if (known !== undefined) return known;
    const found: { sub: number; folded: Folded }[] = [];
    const take: Folder['take'] = (row, of, sub) => {
      folder.take(row, of, sub);
      found.push({ sub, folded: folder.finish() });
    };
    fold(record, { ...folder, take });
    rows.set(record, found);
    return found;
  };
  return (node, { start, key }, record): Member[] => {
    const subs = rowsOf(record).flatMap(({ sub, folded }) =>
      folded.groups.get(node.id)?.find(start, key) ? [sub] : [],
    );
    return [...new Set(subs)].map((sub) => ({ record, sub }));
  };
}
