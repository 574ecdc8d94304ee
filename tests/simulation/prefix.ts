import type { Attributes, ItemKey } from '../../shared/results/store.ts';
import { actualColumns, type Columns, expectedColumns, text } from './columns.ts';
import { decimal } from './events.ts';
import { checkExpiry, checkForward, type Holds, rowsUpTo } from './fences.ts';
import {
  checkChained,
  checkPublished,
  checkTopList,
  createHistory,
  isTopList,
  noteRevision,
} from './history.ts';
import type { Model } from './model.ts';
import { type Factors, type Place, placesIn } from './places.ts';
import { wrong } from './wrong.ts';

/**
 * Judges every single write: the item as it is now must be the aggregate of exactly the rows at or
 * before its fences; a row that is made from a result must be what the result was at its revision.
 */
export function createPrefixCheck(model: Model, factors: Factors, holds: Holds) {
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
        if (isTopList(place)) checkTopList(item, place, after, history);
        else checkFenced(item, place, after);
    }
  };

  /** An item with fences: all that it holds is told by them. */
  function checkFenced(item: string, place: Place, after: Attributes): void {
    const all = model.groups.get(`${place.name}#${place.window}|${place.sortKey}`) ?? [];
    const rows = rowsUpTo(item, after, all, model, place, holds);
    const expected = { ...expectedColumns(place, rows), _n: String(rows.length) };
    const actual = actualColumns(place, after);
    if (!isSame(actual, expected)) {
      throw wrong(item, JSON.stringify(expected), JSON.stringify(actual), all, rows);
    }
    noteRevision(place, rows, history);
  }
}

function isSame(a: Columns, b: Columns): boolean {
  for (const name in a) if (a[name] !== b[name]) return false;
  return Object.keys(a).length === Object.keys(b).length;
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
