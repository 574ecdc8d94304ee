import { eachLimit } from '../../shared/consume/each-limit.ts';
import type { PartOf } from '../../shared/results/lane.ts';
import type { Attributes } from '../../shared/results/store.ts';
import { type AddDelta, addOnce, type Merge, merge, ROWS } from '../../shared/results/upsert.ts';
import type { Group } from '../../shared/sql/engine/groups.ts';
import type { TopNode } from '../../shared/sql/plan.ts';
import { mergeTop, type Top } from '../../shared/windows/top.ts';
import { stateAddress } from './address.ts';
import type { Change } from './change.ts';
import { type Batch, type Context, lackOf, partOf, settle, WRITES_IN_FLIGHT } from './context.ts';

const TOP = '_top';
/** Sort keys: the list's own item, and the items' counts behind it. */
const LIST = 'top';
const ITEM = 'item|';

/**
 * TOP_K_ITEMS_TUMBLING: counts each item in an item of its own, exactly once, and offers the
 * merged counts to the window's top list.
 */
export function createTopWriter(node: TopNode, context: Context) {
  const { store } = context;
  const address = stateAddress(context.application, context.tables, context.graph, node);

  const count = async (group: Group, batch: Batch): Promise<number> => {
    const deltaOf = (part: Group): AddDelta => ({
      first: part.first,
      last: part.last,
      entries: part.entries,
      add: { [ROWS]: String(part.rows) },
      set: address.expiry(group.end),
    });
    const key = address.key(group.start, `${ITEM}${group.key}`);
    const parts = partOf(batch, node, group);
    const deltas: PartOf<AddDelta> = (from, admits) => {
      const part = parts(from, admits);
      return part === null ? null : deltaOf(part);
    };
    const item = await addOnce(store, key, batch.lane, deltaOf(group), deltas);
    return Number(item?.[ROWS]?.N ?? 0);
  };

  /**
   * The list keeps the highest count of each item that it was offered. Counts only grow, so any order
   * of offers and any number of them gives the same list: it needs no fence.
   */
  const updateList = async (window: Window): Promise<Change> => {
    const step = (item: Attributes | null): Merge | null => {
      const list = JSON.stringify(mergeTop(readTop(item), window.offered, node.k));
      if (list === item?.[TOP]?.S) return null;
      const changes = Number(item?.[ROWS]?.N ?? 0) + 1;
      const set = { [TOP]: { S: list }, [ROWS]: { N: String(changes) } };
      return { set: { ...address.expiry(window.end), ...set } };
    };
    const item = (await merge(store, address.key(window.start, LIST), step))!;
    return {
      origin: node.id,
      window,
      sortKey: LIST,
      rowtime: window.end,
      revision: Number(item[ROWS]!.N),
      rows: readTop(item).map(([name, n]) => [window.end, name, n]),
      present: true,
      shown: true,
      list: true,
      first: window.first,
    };
  };

  return async (groups: readonly Group[], batch: Batch): Promise<Change[]> => {
    const windows = windowsOf(groups);
    await eachLimit(groups, WRITES_IN_FLIGHT, async (group) => {
      const { start, key, first, records } = group;
      try {
        const counted = await count(group, batch);
        if (counted > 0) windows.get(start)!.offered.push([key, counted]);
      } catch (error) {
        const members = () => records.flatMap((record) => batch.membersOf(node, group, record));
        await settle(batch, node, { start, key, first, members }, error);
      }
    });
    const changes: Change[] = [];
    for (const window of windows.values()) {
      if (window.offered.length === 0) continue;
      try {
        changes.push(await updateList(window));
      } catch (error) {
        await settle(batch, node, lackOf(window.start, LIST, window.first), error);
      }
    }
    return changes;
  };
}

interface Window {
  readonly start: number;
  readonly end: number;
  first: number;
  readonly offered: [item: string, count: number][];
}

function windowsOf(groups: readonly Group[]): ReadonlyMap<number, Window> {
  const windows = new Map<number, Window>();
  for (const { start, end, first } of groups) {
    const window: Window = windows.get(start) ?? { start, end, first, offered: [] };
    window.first = Math.min(window.first, first);
    windows.set(start, window);
  }
  return windows;
}

function readTop(item: Attributes | null): Top {
  return JSON.parse(item?.[TOP]?.S ?? '[]') as Top;
}
