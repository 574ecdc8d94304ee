import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Attributes, Condition, ItemKey, Store } from '../../shared/results/store.ts';

/** A table in memory with DynamoDB's semantics for what Store asks: checked against dynalite. */
export interface MemoryStore extends Store {
  /** All items, by `table/pk/sk`, sorted. */
  readonly dump: () => Record<string, Attributes>;
}

export function memoryStore(): MemoryStore {
  const items = new Map<string, Attributes>();
  const idOf = ({ table, pk, sk }: ItemKey): string => `${table}/${pk}/${sk}`;
  return {
    read: async (key) => items.get(idOf(key)) ?? null,
    update: async ({ key, add, set, remove, condition }) => {
      const id = idOf(key);
      const before = items.get(id) ?? null;
      if (!holds(condition, before)) return { done: false, item: before };
      const item: Record<string, AttributeValue> = { ...before, ...set };
      for (const [name, number] of Object.entries(add ?? {})) {
        item[name] = { N: addDecimal(before?.[name]?.N ?? '0', number) };
      }
      for (const name of remove ?? []) delete item[name];
      items.set(id, item);
      return { done: true, item };
    },
    put: async (key, item, condition) => {
      const id = idOf(key);
      if (condition && !holds(condition, items.get(id) ?? null)) return false;
      items.set(id, item);
      return true;
    },
    dump: () => Object.fromEntries([...items].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function holds(condition: Condition, item: Attributes | null): boolean {
  if (condition.kind === 'absent') return item === null;
  if (condition.kind === 'all') return condition.of.every((one) => holds(one, item));
  if (condition.kind === 'any') return condition.of.some((one) => holds(one, item));
  const held = item?.[condition.attribute];
  if (condition.kind === 'without') return held === undefined;
  if (held === undefined) return condition.kind === 'absentOrBelow';
  const order = compare(held, condition.value);
  return condition.kind === 'equals' ? order === 0 : order < 0;
}

function compare(a: AttributeValue, b: AttributeValue): number {
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(a.B, b.B);
  if (a.N !== undefined && b.N !== undefined) return Number(a.N) - Number(b.N);
  throw new TypeError('the store compares binaries and numbers only');
}

/** Exact, like DynamoDB's numbers. */
function addDecimal(a: string, b: string): string {
  const scale = Math.max(fraction(a), fraction(b));
  const sum = scaled(a, scale) + scaled(b, scale);
  const digits = String(sum < 0n ? -sum : sum).padStart(scale + 1, '0');
  const text = `${digits.slice(0, digits.length - scale)}.${digits.slice(digits.length - scale)}`;
  return `${sum < 0n ? '-' : ''}${scale === 0 ? digits : text.replace(/\.?0+$/, '')}`;
}

function fraction(text: string): number {
  return (text.split('.')[1] ?? '').length;
}

function scaled(text: string, scale: number): bigint {
  const [whole, part = ''] = text.split('.');
  return BigInt(`${whole}${part.padEnd(scale, '0')}`);
}
