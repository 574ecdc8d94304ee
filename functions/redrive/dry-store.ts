import type { Store } from '../../shared/results/store.ts';

/** Reads what is there and writes nothing: what a write would leave is given as if it had been done. */
export function dryStore(store: Store): Store {
  return {
    read: store.read,
    update: async ({ key, add = {}, set, remove = [] }) => {
      const before = await store.read(key);
      const sums = Object.entries(add).map(([name, number]) => [name, { N: number }]);
      const item = { ...before, ...set, ...Object.fromEntries(sums) };
      for (const name of remove) delete item[name];
      return { done: true, item };
    },
    put: async () => true,
  };
}
