import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  type Attributes,
  type Condition,
  type ItemKey,
  type Outcome,
  ResultTooLarge,
  type Update,
} from '../../shared/results/store.ts';

interface Item {
  readonly key: ItemKey;
  readonly attributes: Attributes;
}

/** Hears of every write before it is seen by anyone; throws where it is wrong. */
export type Watch = (
  key: ItemKey,
  before: Attributes | null,
  after: Attributes,
  wasExpired: boolean,
) => void;

/** DynamoDB's tables: what a request does at the moment in which it is applied. */
export interface TableModel {
  readonly read: (key: ItemKey) => Attributes | null;
  readonly update: (update: Update) => Outcome;
  readonly put: (key: ItemKey, item: Attributes, condition?: Condition) => boolean;
  /** TTL: removes what has expired, where `chosen` says so. */
  readonly expire: (time: number, chosen: () => boolean) => void;
  /** The tables as they are, to be restored later. */
  readonly backup: () => Backup;
  /** Restores all tables, or those whose name begins so. */
  readonly restore: (backup: Backup, name: string) => void;
  /** All items, those that TTL has removed too, by `table/pk/sk`, sorted. */
  readonly dump: () => Map<string, Attributes>;
}

export interface Backup {
  readonly items: ReadonlyMap<string, Item>;
  readonly expired: ReadonlyMap<string, Item>;
}

/** `check` may refuse an update by throwing. */
export function createTables(
  watch: Watch,
  check: (update: Update, after: Attributes) => void = () => {},
): TableModel {
  let items = new Map<string, Item>();
  let expired = new Map<string, Item>();
  const idOf = ({ table, pk, sk }: ItemKey): string => `${table}/${pk}/${sk}`;
  const read = (key: ItemKey): Attributes | null => items.get(idOf(key))?.attributes ?? null;
  const write = (key: ItemKey, before: Attributes | null, after: Attributes): void => {
    watch(key, before, after, expired.has(idOf(key)));
    items.set(idOf(key), { key, attributes: after });
  };
  return {
    read,
    update: (update) => {
      const { key, add, set, remove, condition } = update;
      const before = read(key);
      if (!holds(condition, before)) return { done: false, item: before };
      const after: Record<string, AttributeValue> = { ...before, ...set };
      for (const [name, number] of Object.entries(add ?? {})) {
        after[name] = { N: addNumbers(key, before?.[name]?.N ?? '0', number) };
      }
      for (const name of remove ?? []) delete after[name];
      check(update, after);
      write(key, before, after);
      return { done: true, item: after };
    },
    put: (key, item, condition) => {
      const before = read(key);
      if (condition && !holds(condition, before)) return false;
      write(key, before, item);
      return true;
    },
    expire: (time, chosen) => {
      for (const [id, item] of items) {
        const { expires } = item.attributes;
        if (expires?.N === undefined || Number(expires.N) * 1000 > time || !chosen()) continue;
        items.delete(id);
        expired.set(id, item);
      }
    },
    backup: () => ({ items: new Map(items), expired: new Map(expired) }),
    restore: (backup, name) => {
      const merged = (now: ReadonlyMap<string, Item>, then: ReadonlyMap<string, Item>) => {
        const kept = [...now].filter(([, { key }]) => !key.table.startsWith(name));
        return new Map([...kept, ...[...then].filter(([, { key }]) => key.table.startsWith(name))]);
      };
      items = merged(items, backup.items);
      expired = merged(expired, backup.expired);
    },
    dump: () => {
      const all = [...expired, ...items].map(([id, { attributes }]) => [id, attributes] as const);
      return new Map(all.sort(([a], [b]) => (a < b ? -1 : 1)));
    },
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
  throw new TypeError('conditions compare binaries and numbers');
}

const SCALE = 40;

/** Exact, and refused past 38 digits, as DynamoDB's numbers are. */
function addNumbers(key: ItemKey, a: string, b: string): string {
  if (/^-?\d{1,15}$/.test(a) && /^-?\d{1,15}$/.test(b)) return String(Number(a) + Number(b));
  const sum = unitsOf(a) + unitsOf(b);
  const digits = String(sum < 0n ? -sum : sum).padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  const whole = digits.slice(0, -SCALE);
  if (`${whole}${fraction}`.replace(/^0+/, '').length > 38) {
    throw new ResultTooLarge(key, new Error('a number with more than 38 significant digits'));
  }
  return `${sum < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function unitsOf(text: string): bigint {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)!;
  const units = BigInt(`${whole}${fraction.padEnd(SCALE, '0')}`);
  return sign === '-' ? -units : units;
}
