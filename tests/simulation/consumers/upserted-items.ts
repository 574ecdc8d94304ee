import type { Attributes, ItemKey } from '../../../shared/results/store.ts';
import { extremes, visible } from '../columns.ts';
import { decimal } from '../events.ts';
import { checkForward, passedBy } from '../fences.ts';
import type { Model, SourceRow } from '../model.ts';
import { sortedText } from '../oracle.ts';
import { wrong } from '../wrong.ts';

/** What the items of an upsert are to hold at every moment. */
export interface UpsertedItems {
  /** Takes the rows that have come since. */
  readonly hear: () => void;
  /** Throws Broken unless an item is made of exactly the rows at or before its fences. */
  readonly judge: (key: ItemKey, before: Attributes | null, after: Attributes) => void;
}

export function createUpsertedItems(model: Model): UpsertedItems {
  const groups = new Map<string, SourceRow[]>();
  let heard = 0;
  return {
    hear: () => {
      for (; heard < model.rows.length; heard++) {
        const row = model.rows[heard]!;
        const { item, at } = row.event;
        if (item === null || at === null) continue;
        const held = groups.get(item);
        if (held) held.push(row);
        else groups.set(item, [row]);
      }
    },
    judge: ({ table, pk, sk }, before, after) => {
      const item = `${table} ${pk} ${sk}`;
      checkForward(item, before, after, model);
      const all = groups.get(pk.slice(pk.indexOf('#') + 1)) ?? [];
      const rows = all.filter(passedBy(item, after, model));
      const [expected, actual] = [expectedText(rows), shownText(after)];
      if (expected !== actual) throw wrong(item, expected, actual, all, rows);
    },
  };
}

/** Computed from scratch: the newest row, the one with the greatest text among equals; sums, extremes. */
function expectedText(rows: readonly SourceRow[]): string {
  if (rows.length === 0) return 'no item';
  const events = rows.map(({ event }) => event);
  const newest = Math.max(...events.map(({ at }) => at!));
  const texts = events
    .filter(({ at }) => at === newest)
    .map(({ at, who, n }) => JSON.stringify([String(at), who, n === null ? null : String(n)]));
  const [at, who, n] = JSON.parse(texts.sort().at(-1)!) as [string, string | null, string | null];
  const amounts = events.flatMap(({ amount }) => (amount === null ? [] : [amount]));
  const numbers = events.flatMap((event) => (event.n === null ? [] : [event.n]));
  const columns = {
    ...{ item: events[0]!.item, at, who, n, _n: String(rows.length) },
    ...(amounts.length > 0 && {
      amount: decimal(amounts.reduce((sum, amount) => sum + amount)),
      low: decimal(extremes(amounts)[0]),
    }),
    ...(numbers.length > 0 && { most: String(Math.max(...numbers)) }),
  };
  return sortedText(
    Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== null)),
  );
}

function shownText(item: Attributes): string {
  return sortedText({ ...visible(item), _n: item._n!.N });
}

export function shownItems(dump: ReadonlyMap<string, Attributes>): string[] {
  return [...dump.values()].map(shownText).sort();
}
