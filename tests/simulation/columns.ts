import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Attributes } from '../../shared/results/store.ts';
import { decimal } from './events.ts';
import type { SourceRow } from './model.ts';
import type { Place } from './places.ts';

/** Columns as text; null where one is missing. */
export type Columns = Record<string, string | null>;

/** What an item must show that is made of these rows, computed from scratch. */
export function expectedColumns(
  { name, window, sortKey, factor }: Place,
  rows: SourceRow[],
): Columns {
  const minute = `${window.slice(0, 19)}.000Z`;
  const events = rows.map(({ event }) => event);
  const calls = String(rows.length);
  const amounts = events.flatMap(({ amount }) => (amount === null ? [] : [amount]));
  const total = amounts.reduce((sum, amount) => sum + amount, 0n);
  switch (name) {
    case 'TOTALS': {
      const sum = amounts.length === 0 ? null : decimal(total);
      const who = events[0]?.who ?? null;
      return { minute, who, calls, priced: String(amounts.length), amount: sum };
    }
    case 'EXTREMES': {
      const who = events[0]?.who ?? null;
      if (amounts.length === 0) return { minute, who, low: null, high: null, mean: null, calls };
      const [low, high] = extremes(amounts).map(decimal) as [string, string];
      const mean = String(Number(decimal(total)) / amounts.length);
      return { minute, who, low, high, mean, calls };
    }
    case 'AHEAD_PUMP': {
      const score = scoreOf(rows, factor);
      return { score: score === null ? null : String(score) };
    }
    case 'SHARDS':
      return { minute, shard: sortKey, calls };
    case 'MIXED': {
      const event = events[0]!;
      return { minute, name: sortKey.startsWith('BY_ITEM') ? event.item : event.who, calls };
    }
    case 'ACTIVE_PUMP/2':
      return { people: String(new Set(events.map(({ who }) => who)).size) };
    default:
      return {};
  }
}

/** What an item shows of that. */
export function actualColumns({ name }: Place, after: Attributes): Columns {
  const column = (attribute: string): string | null => text(after[attribute]);
  const show = (...names: string[]): Columns =>
    Object.fromEntries(names.map((attribute) => [attribute, column(attribute)]));
  switch (name) {
    case 'TOTALS':
      return show('minute', 'who', 'calls', 'priced', 'amount', '_n');
    case 'EXTREMES':
      return show('minute', 'who', 'low', 'high', 'mean', 'calls', '_n');
    case 'AHEAD_PUMP':
      return { score: column('_a1'), _n: column('_n') };
    case 'SHARDS':
      return show('minute', 'shard', 'calls', '_n');
    case 'MIXED':
      return show('minute', 'name', 'calls', '_n');
    case 'ACTIVE_PUMP/2':
      return { people: String((after._d!.B!.length - 1) / 8), _n: column('_n') };
    default:
      return show('_n');
  }
}

/** The columns of a published row or list, as text; 'gone' where it was taken back. */
export function publishedText(item: Attributes): string {
  if (item._gone !== undefined) return 'gone';
  if (item.rows?.L) return JSON.stringify(item.rows.L.map(({ M }) => visible(M!)));
  return JSON.stringify(visible(item));
}

/** What a reader is shown of an item, in the order of the names. */
export function visible(item: Attributes): Columns {
  const columns: Columns = {};
  for (const name of Object.keys(item).sort()) {
    if (name !== 'expires' && !name.startsWith('_')) columns[name] = text(item[name]);
  }
  return columns;
}

export function scoreOf(rows: readonly SourceRow[], factor: number): number | null {
  const values = rows.flatMap(({ event }) => (event.n === null ? [] : [event.n * factor]));
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0);
}

export function extremes(amounts: readonly bigint[]): [bigint, bigint] {
  const sorted = amounts.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return [sorted[0]!, sorted.at(-1)!];
}

export function text(attribute: AttributeValue | undefined): string | null {
  if (attribute === undefined) return null;
  return attribute.N ?? attribute.S ?? JSON.stringify(attribute);
}
