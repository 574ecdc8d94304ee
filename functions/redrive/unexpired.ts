import type { Attributes, ItemKey, Store } from '../../shared/results/store.ts';
import { ResultExpired } from '../../shared/results/store.ts';

/**
 * Refuses to touch results whose time is over, and above all to make one anew that TTL may have
 * removed: it would hold what was redriven and nothing else. `goneAfter` gives, for a window that
 * begins at a time, when its items may have been removed under the rules that refused a record; null:
 * not before they are under those of now.
 */
export function unexpiredOnly(
  store: Store,
  now: () => number,
  goneAfter: (windowStart: number) => number | null,
): Store {
  const requireTime = (key: ItemKey, item: Attributes | null): void => {
    const expires = item?.expires?.N;
    if (expires !== undefined && Number(expires) * 1000 <= now()) throw new ResultExpired(key);
  };
  const requireNew = (key: ItemKey): void => {
    const gone = goneAfter(windowOf(key));
    if (gone !== null && gone <= now()) throw new ResultExpired(key);
  };
  return {
    read: async (key) => {
      const item = await store.read(key);
      requireTime(key, item);
      return item;
    },
    update: async (update) => {
      const { key, set = {}, condition } = update;
      if (condition.kind === 'absent') {
        requireTime(key, set);
        requireNew(key);
      }
      return store.update(update);
    },
    put: async (key, item, condition) => {
      requireTime(key, item);
      return store.put(key, item, condition);
    },
  };
}

/** The start of its window, which the partition key of every result holds. */
function windowOf({ pk }: ItemKey): number {
  return Date.parse(pk.slice(0, pk.lastIndexOf('#')).split('#').at(-1)!);
}
