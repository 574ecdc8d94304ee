import {
  type Admits,
  createFolder,
  type Folder,
  type FoldSettings,
} from '../../shared/sql/engine/fold.ts';
import type { Graph } from '../../shared/sql/engine/graph.ts';
import type { Batch } from './context.ts';

/** Folds records [from, to) into a folder. */
type Fold = (from: number, to: number, into: Folder) => void;

/**
 * Makes groups of single entries. The folder that tells entries apart is slower than the one of every
 * batch, and most functions never need it: it is compiled with the first use.
 */
export function createSelector(graph: Graph, settings: Omit<FoldSettings, 'admits'>) {
  let admits: Admits = () => false;
  let folder: Folder | null = null;
  return (fold: Fold): Batch['select'] =>
    (node, group, from, admitted) => {
      folder ??= createFolder(graph, { ...settings, admits: (...asked) => admits(...asked) });
      admits = (entry, place) =>
        place?.start === group.start && place.key === group.key && admitted(entry);
      for (const record of group.records) if (record >= from) fold(record, record + 1, folder);
      return folder.finish().groups.get(node.id)?.find(group.start, group.key) ?? null;
    };
}
