import type { FaultStore } from '../../shared/consume/faults.ts';
import type { Condition, ItemKey, Store, Update } from '../../shared/results/store.ts';

const ALWAYS: Condition = { kind: 'absentOrBelow', attribute: '_never', value: { N: '0' } };

export function onUpdate(store: Store, change: (update: Update) => Update): Store {
  return { ...store, update: (update) => store.update(change(update)) };
}

/** Additions have conditions on the lane, merges on the whole item. */
export function unfenced({ condition }: Update): Partial<Update> {
  return condition.kind === 'all' ? { condition: ALWAYS } : {};
}

export function unchecked({ condition }: Update): Partial<Update> {
  return condition.kind === 'all' ? {} : { condition: ALWAYS };
}

/** On condition that the fence is below the last record, not the first. */
export function upToLast({ condition, set }: Update): Partial<Update> {
  if (condition.kind !== 'all') return {};
  const of = condition.of.map((one) =>
    one.kind === 'absentOrBelow' && set![one.attribute] !== undefined
      ? { ...one, value: set![one.attribute]! }
      : one,
  );
  return { condition: { ...condition, of } };
}

export function fenceLater(store: Store): Store {
  const update: Store['update'] = async (whole) => {
    const lanes = Object.entries(whole.set ?? {}).filter(([name]) => name.startsWith('_f'));
    const rest = Object.entries(whole.set ?? {}).filter(([name]) => !name.startsWith('_f'));
    const outcome = await store.update({ ...whole, set: Object.fromEntries(rest) });
    if (!outcome.done || lanes.length === 0) return outcome;
    return store.update({ key: whole.key, set: Object.fromEntries(lanes), condition: ALWAYS });
  };
  return { ...store, update };
}

/** Publishes a row only behind a write of the result it is made from. */
export function tellOnce(store: Store): Store {
  const changed = new Set<string>();
  const placeOf = ({ pk, sk }: ItemKey): string => `${pk.split('#')[1]}|${sk}`;
  return {
    ...store,
    update: async (update) => {
      const outcome = await store.update(update);
      if (outcome.done && update.key.table === 't-state') changed.add(placeOf(update.key));
      return outcome;
    },
    put: async (key, item, condition) => {
      if (condition !== undefined && !changed.delete(placeOf(key))) return true;
      return store.put(key, item, condition);
    },
  };
}

export function swallow(faults: FaultStore): FaultStore {
  return { put: (record) => faults.put(record).catch(() => {}) };
}

export function failed(answer: unknown): boolean {
  return (answer as { batchItemFailures: unknown[] }).batchItemFailures.length > 0;
}

export function failureAt(itemIdentifier: string): unknown {
  return { batchItemFailures: [{ itemIdentifier }] };
}
