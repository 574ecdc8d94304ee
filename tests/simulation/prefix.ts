import type { Attributes, ItemKey } from '../../shared/results/store.ts';
import { actualColumns, type Columns, expectedColumns, text } from './columns.ts';
import { decimal } from './events.ts';
import { checkExpiry, checkForward, rowsUpTo } from './fences.ts';
import { checkChained, checkPublished, createHistory, noteRevision } from './history.ts';
import type { Model, SourceRow } from './model.ts';
import { type Factors, type Place, placesIn } from './places.ts';
import { TOP_K } from './program.ts';
import { wrong } from './wrong.ts';

/**
 * Judges every single write: the item as it is now must be the aggregate of exactly the rows at or
 * before its fences; a row that is made from a result must be what the result was at its revision.
 */
export function createPrefixCheck(model: Model, factors: Factors) {
  const history = createHistory();
  const placeOf = placesIn(factors);
  return (
    key: ItemKey,
    before: Attributes | null,
    after: Attributes,
    time: number,
    wasExpired: boolean,
  ): void => {
    const place = placeOf(key);
    const item = `${key.table} ${key.pk} ${key.sk}`;
    checkExpiry(item, before, after, time, wasExpired);
    checkForward(item, before, after, model);
    switch (place.name) {
      case 'ROWS_OUT':
        checkSingle(item, place, after, model);
        break;
      case 'CROWD':
      case 'PER_MINUTE':
        checkChained(item, place, after, history);
        break;
      case 'AHEAD':
      case 'TOP_ITEMS':
      case 'ACTIVE':
        checkPublished(item, place, after, history);
        break;
      default:
        checkFenced(item, place, after);
    }
  };

  /** An item with fences: all that it holds is told by them. */
  function checkFenced(item: string, place: Place, after: Attributes): void {
    const all = model.groups.get(`${place.name}#${place.window}|${place.sortKey}`) ?? [];
    const rows = rowsUpTo(item, after, all, model);
    const expected = { ...expectedColumns(place, rows), _n: String(rows.length) };
    const actual = actualColumns(place, after);
    if (!isSame(actual, expected)) {
      throw wrong(item, JSON.stringify(expected), JSON.stringify(actual), all);
    }
    if (place.name === 'TOP_ITEMS_PUMP/2' && place.sortKey === 'top') {
      checkList(item, place, after, rows, model);
    }
    noteRevision(place, rows, after, history);
  }
}

function isSame(a: Columns, b: Columns): boolean {
  for (const name in a) if (a[name] !== b[name]) return false;
  return Object.keys(a).length === Object.keys(b).length;
}

/**
 * A top list may be ahead of its fences, never behind: every count in it was reached, and none of
 * the rows at or before the fences is missing.
 */
function checkList(
  item: string,
  { window }: Place,
  after: Attributes,
  rows: SourceRow[],
  model: Model,
): void {
  const list = JSON.parse(after._top!.S!) as [string, number][];
  const counts = new Map<string, number>();
  for (const { event } of rows) counts.set(event.item!, (counts.get(event.item!) ?? 0) + 1);
  const last = list.length < TOP_K ? 0 : list.at(-1)![1];
  for (const [name, least] of counts) {
    const listed = list.find(([of]) => of === name)?.[1] ?? last;
    if (listed < least) throw wrong(item, `${name} at least ${least}`, JSON.stringify(list), rows);
  }
  for (const [name, count] of list) {
    const most = model.groups.get(`TOP_ITEMS_PUMP/2#${window}|item|${name}`)?.length ?? 0;
    if (count > most) throw wrong(item, `${name} at most ${most}`, JSON.stringify(list), rows);
  }
}

function checkSingle(item: string, { sortKey }: Place, after: Attributes, model: Model): void {
  const row = model.single.get(sortKey);
  if (row === undefined) throw wrong(item, 'no row of this record', JSON.stringify(after), []);
  const { item: name, amount, n } = row.event;
  const expected = {
    item: name,
    amount: amount === null ? null : decimal(amount),
    share: n === null ? null : String(Math.trunc(1000 / n)),
  };
  const actual = { item: text(after.item), amount: text(after.amount), share: text(after.share) };
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw wrong(item, should, is, [row]);
}
