import type { Attributes } from '../../shared/results/store.ts';
import { expectedColumns, publishedText, scoreOf, text } from './columns.ts';
import { minuteOf, type SourceRow } from './model.ts';
import type { Place } from './places.ts';
import { MINUTE } from './program.ts';
import { wrong } from './wrong.ts';

/** What a result was at each of its revisions, so that what is made from it can be judged. */
export interface History {
  readonly note: (place: string, revision: number, content: string) => void;
  readonly has: (place: string, revision: number, content: string) => boolean;
  readonly find: (of: (place: string) => boolean, revision: number, content: string) => boolean;
}

export function createHistory(): History {
  const places = new Map<string, Set<string>>();
  const has: History['has'] = (place, revision, content) =>
    places.get(place)?.has(`${revision} ${content}`) ?? false;
  return {
    note: (place, revision, content) => {
      const known = places.get(place) ?? new Set();
      places.set(place, known.add(`${revision} ${content}`));
    },
    has,
    find: (of, revision, content) =>
      [...places.keys()].some((place) => of(place) && has(place, revision, content)),
  };
}

/** Keeps what a result is at the revision that it has just reached. */
export function noteRevision(place: Place, rows: SourceRow[], history: History): void {
  const revision = rows.length;
  const { name } = place;
  if (name === 'AHEAD_PUMP') {
    const score = scoreOf(rows, place.factor);
    const present = score !== null && score > 0;
    const id = idOf({ ...place, name: 'AHEAD' });
    const who = rows[0]!.event.who;
    const minute = `${place.window.slice(0, 19)}.000Z`;
    const shown = {
      calls: String(revision),
      minute,
      score: String(score),
      ...(who !== null && { who }),
    };
    history.note(id, revision, present ? JSON.stringify(shown) : 'gone');
    history.note(id, revision, `arg ${present ? score : 'gone'}`);
  }
  if (name === 'SHARDS') history.note(idOf(place), revision, `arg ${revision}`);
  if (name === 'ACTIVE_PUMP/2') {
    const { people } = expectedColumns(place, rows);
    history.note(idOf({ ...place, name: 'ACTIVE' }), revision, JSON.stringify({ people }));
  }
  if (name === 'TOP_ITEMS_PUMP/2') history.note(idOf(place), revision, 'count');
}

export function isTopList({ name, sortKey }: Place): boolean {
  return name === 'TOP_ITEMS_PUMP/2' && sortKey === 'top';
}

/** Every count in a top list is one that its item has reached. What it is now may be published. */
export function checkTopList(
  item: string,
  place: Place,
  after: Attributes,
  history: History,
): void {
  const list = JSON.parse(after._top!.S!) as [string, number][];
  for (const [name, count] of list) {
    const counted = idOf({ ...place, sortKey: `item|${name}` });
    if (history.has(counted, count, 'count')) continue;
    throw wrong(item, `a count that ${name} has reached`, JSON.stringify(list), []);
  }
  const rows = list.map(([name, calls]) => ({ calls: String(calls), item: name }));
  history.note(idOf({ ...place, name: 'TOP_ITEMS' }), Number(after._n!.N), JSON.stringify(rows));
}

/** A row made from a result is what the result was at its revision. */
export function checkPublished(
  item: string,
  place: Place,
  after: Attributes,
  history: History,
): void {
  const content = publishedText(after);
  const revision = Number(after._rev!.N);
  if (history.has(idOf(place), revision, content)) return;
  throw wrong(item, `the result as it was at revision ${revision}`, content, []);
}

/** GROUP BY over results: every input is a revision that was, and the row is made of the inputs. */
export function checkChained(
  item: string,
  place: Place,
  after: Attributes,
  history: History,
): void {
  const inputs = Object.values(
    JSON.parse(after._in!.S!) as Record<string, [number, unknown[] | null]>,
  );
  const from = place.name === 'CROWD' ? 'AHEAD' : 'SHARDS';
  // ROWTIME of a result is the end of its minute, which lies in the minute behind it.
  const minuteBefore = minuteOf(Date.parse(place.window) - MINUTE);
  const prefix = `${from}@${place.factor}#${minuteBefore}|`;
  const values: number[] = [];
  for (const [revision, args] of inputs) {
    const content = args === null ? 'gone' : String(args[1]);
    if (args !== null) values.push(Number(args[1]));
    if (!history.find((id) => id.startsWith(prefix), revision, `arg ${content}`)) {
      throw wrong(item, `an input that was, at revision ${revision}`, content, []);
    }
  }
  const minute = `${place.window.slice(0, 19)}.000Z`;
  const sum = String(values.reduce((a, b) => a + b, 0));
  const most = String(Math.max(...values));
  const count = String(values.length);
  const names = place.name === 'CROWD' ? ['people', 'score', 'best'] : ['shards', 'calls', 'most'];
  const actual = ['minute', ...names].map((name) => text(after[name]));
  const expected = values.length === 0 ? [null, null, null, null] : [minute, count, sum, most];
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw wrong(item, should, is, []);
}

function idOf({ name, factor, window, sortKey }: Place): string {
  return `${name}@${factor}#${window}|${sortKey}`;
}
