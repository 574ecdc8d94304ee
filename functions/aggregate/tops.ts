import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { eachLimit } from '../../shared/consume/each-limit.ts';
import { remaining } from '../../shared/results/lane.ts';
import type { Attributes } from '../../shared/results/store.ts';
import { addOnce, type Merge, merge, ROWS } from '../../shared/results/upsert.ts';
import type { Group } from '../../shared/sql/engine/fold.ts';
import type { TopNode } from '../../shared/sql/plan.ts';
import { mergeTop, type Top } from '../../shared/windows/top.ts';
import { stateAddress } from './address.ts';
import type { Change } from './change.ts';
import {
  type Batch,
  type Context,
  groupBehind,
  lackOf,
  settle,
  WRITES_IN_FLIGHT,
} from './context.ts';

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
    const deltaOf = (part: Group) => ({
      first: part.first,
      last: part.last,
      add: { [ROWS]: String(part.rows) },
      set: address.expiry(group.end),
    });
    const key = address.key(group.start, `${ITEM}${group.key}`);
    const item = await addOnce(store, key, batch.lane, deltaOf(group), (from) => {
      const rest = groupBehind(batch, node, group, from);
      return rest === null ? null : deltaOf(rest);
    });
    return Number(item[ROWS]!.N);
  };

  const updateList = async (window: Window, batch: Batch): Promise<Change> => {
    const step = (item: Attributes | null): Merge | null => {
      const part = remaining(item, batch.lane, window, (from) => {
        const { list = [] } = batch.refold(from).groups.get(node.id) ?? {};
        return windowsOf(list).find(({ start }) => start === window.start) ?? null;
      });
      if (part === null) return null;
      const set: Record<string, AttributeValue> = {
        ...address.expiry(window.end),
        [TOP]: { S: JSON.stringify(mergeTop(readTop(item), window.offered, node.k)) },
        [ROWS]: { N: String(Number(item?.[ROWS]?.N ?? 0) + part.rows) },
        [batch.lane.attribute]: { B: batch.lane.at(part.last) },
      };
      return { set };
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
    const byStart = new Map(windows.map((window) => [window.start, window]));
    await eachLimit(groups, WRITES_IN_FLIGHT, async (group) => {
      const { start, key, first, records } = group;
      const window = byStart.get(start)!;
      try {
        window.offered.push([key, await count(group, batch)]);
      } catch (error) {
        const members = () => records.flatMap((record) => batch.membersOf(node, group, record));
        const isSettled = await settle(batch, node, { start, key, first, members }, error);
        // The list may only move on with all of the batch's items; else it would forget one.
        if (!isSettled) window.incomplete = new Error('an item was not counted', { cause: error });
      }
    });
    const changes: Change[] = [];
    for (const window of windows) {
      try {
        if (window.incomplete !== null) throw window.incomplete;
        changes.push(await updateList(window, batch));
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
  last: number;
  rows: number;
  readonly offered: [item: string, count: number][];
  /** Why one of its items has not been counted. */
  incomplete: Error | null;
}

function windowsOf(groups: readonly Group[]): Window[] {
  const windows = new Map<number, Window>();
  for (const { start, end, first, last, rows } of groups) {
    const window = windows.get(start) ?? {
      ...{ start, end, first, last },
      rows: 0,
      offered: [],
      incomplete: null,
    };
    window.first = Math.min(window.first, first);
    window.last = Math.max(window.last, last);
    window.rows += rows;
    windows.set(start, window);
  }
  return [...windows.values()];
}

function readTop(item: Attributes | null): Top {
  return JSON.parse(item?.[TOP]?.S ?? '[]') as Top;
}
