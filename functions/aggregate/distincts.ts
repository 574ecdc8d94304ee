import type { Attributes } from '../../shared/results/store.ts';
import { type Merge, merge, ROWS } from '../../shared/results/upsert.ts';
import type { Group } from '../../shared/sql/engine/groups.ts';
import type { DistinctNode } from '../../shared/sql/plan.ts';
import { countDistinct, mergeDistinct } from '../../shared/windows/distinct.ts';
import { stateAddress } from './address.ts';
import type { Change } from './change.ts';
import { type Batch, type Context, lackOf, partOf, settle } from './context.ts';

const DISTINCT = '_d';
const SORT_KEY = 'distinct';

/** COUNT_DISTINCT_ITEMS_TUMBLING: one item per window with the set (or sketch) of its items. */
export function createDistinctWriter(node: DistinctNode, context: Context) {
  const address = stateAddress(context.application, context.tables, context.graph, node);
  return async (groups: readonly Group[], batch: Batch): Promise<Change[]> => {
    const changes: Change[] = [];
    for (const group of groups) {
      try {
        const step = (item: Attributes | null): Merge | null => {
          const part = batch.lane.lacking(item, group, partOf(batch, node, group));
          if (part === null) return null;
          const distinct = mergeDistinct(item?.[DISTINCT]?.B ?? null, part.items!);
          return {
            set: {
              ...address.expiry(group.end),
              [DISTINCT]: { B: distinct },
              [ROWS]: { N: String(Number(item?.[ROWS]?.N ?? 0) + part.rows) },
              ...batch.lane.marks(item, part),
            },
          };
        };
        const item = await merge(context.store, address.key(group.start, SORT_KEY), step);
        if (item !== null) changes.push(changeOf(node, item, group));
      } catch (error) {
        await settle(batch, node, lackOf(group.start, SORT_KEY, group.first), error);
      }
    }
    return changes;
  };
}

function changeOf(node: DistinctNode, item: Attributes, group: Group): Change {
  return {
    origin: node.id,
    window: { start: group.start, end: group.end },
    sortKey: SORT_KEY,
    rowtime: group.end,
    revision: Number(item[ROWS]!.N),
    rows: [[group.end, countDistinct(item[DISTINCT]!.B!)]],
    present: true,
    shown: true,
    list: false,
    first: group.first,
  };
}
