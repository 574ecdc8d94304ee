import type { Store } from '../../shared/results/store.ts';

/** Writes are lost, or their answers, while `isLost` says so. */
export function flakyStore(store: Store, isLost: () => boolean): Store {
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isLost()) throw new Error('request lost');
    const answer = await work();
    if (isLost()) throw new Error('answer lost');
    return answer;
  };
  return {
    read: store.read,
    update: (update) => call(() => store.update(update)),
    put: (key, item, condition) => call(() => store.put(key, item, condition)),
  };
}
