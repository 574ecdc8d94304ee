import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Attributes, ItemKey } from '../../shared/results/store.ts';
import { decimal } from './events.ts';
import { laneOf, type Model, minuteOf, type SourceRow, tell } from './model.ts';
import { MINUTE, TOP_K } from './program.ts';
import { Broken } from './violation.ts';

/** Names in keys, `<stream or pump>@<generation>`, and the factor of the program that writes them. */
export type Factors = ReadonlyMap<string, number>;

/** What a result was at each of its revisions, so that what is made from it can be judged. */
interface History {
  readonly note: (place: string, revision: number, content: string) => void;
  readonly has: (place: string, revision: number, content: string) => boolean;
  readonly find: (of: (place: string) => boolean, revision: number, content: string) => boolean;
}

interface Place {
  /** Stream or pump. */
  readonly name: string;
  readonly window: string;
  readonly sortKey: string;
  readonly factor: number;
  readonly generation: string;
}

type Columns = Record<string, string | null>;

/**
 * Judges every single write: the item as it is now must be the aggregate of exactly the rows at or
 * before its fences; a row that is made from a result must be what the result was at its revision.
 */
export function createPrefixCheck(model: Model, factors: Factors) {
  const history = createHistory();
  return (
    key: ItemKey,
    before: Attributes | null,
    after: Attributes,
    time: number,
    wasExpired: boolean,
  ): void => {
    const place = parsePlace(key, factors);
    const item = `${key.table} ${key.pk} ${key.sk}`;
    checkExpiry(item, before, after, time, wasExpired);
    checkForward(item, before, after, model);
    if (place.name === 'ROWS_OUT') return checkSingle(item, place, after, model);
    if (place.name === 'CROWD' || place.name === 'PER_MINUTE') {
      return checkChained(item, place, after, history);
    }
    if (['AHEAD', 'TOP_ITEMS', 'ACTIVE'].includes(place.name)) {
      return checkPublished(item, place, after, history);
    }
    const all = model.groups.get(`${place.name}#${place.window}|${place.sortKey}`) ?? [];
    const rows = rowsUpTo(item, after, all, model);
    const expected = { ...expectedColumns(place, rows), _n: String(rows.length) };
    const actual = actualColumns(place, after);
    const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (is !== should) throw wrong(item, should, is, all);
    if (place.name === 'TOP_ITEMS_PUMP/2' && place.sortKey === 'top') {
      checkList(item, place, after, rows, model);
    }
    noteRevision(place, rows, after, history);
  };
}

function parsePlace({ pk, sk }: ItemKey, factors: Factors): Place {
  const [, owner = '', window = ''] = /^app\.(.+?)#(.+)#\d+$/.exec(pk) ?? [];
  const [name = '', generation = ''] = owner.split('@');
  return { name, window, sortKey: sk, factor: factors.get(owner) ?? 1, generation };
}

/** The rows of an item that its fences say it holds. */
function rowsUpTo(
  item: string,
  after: Attributes,
  all: readonly SourceRow[],
  model: Model,
): SourceRow[] {
  const fences = fencesOf(item, after, model);
  return all.filter(({ shardId, index }) => index <= (fences.get(laneOf(shardId)) ?? -1));
}

/** Most items are looked at twice: after one write and before the next. */
const knownFences = new WeakMap<Attributes, ReadonlyMap<string, number>>();

function fencesOf(item: string, attributes: Attributes, model: Model): ReadonlyMap<string, number> {
  const known = knownFences.get(attributes);
  if (known !== undefined) return known;
  const fences = new Map<string, number>();
  knownFences.set(attributes, fences);
  for (const lane in attributes) {
    if (!lane.startsWith('_f')) continue;
    const position = model.positionOf(lane, attributes[lane]!.B!);
    if (position === null) {
      throw new Broken({ invariant: 'fences', message: `${lane} is no record of its shard`, item });
    }
    fences.set(lane, position);
  }
  return fences;
}

function checkForward(
  item: string,
  before: Attributes | null,
  after: Attributes,
  model: Model,
): void {
  if (before === null) return;
  const now = fencesOf(item, after, model);
  for (const [lane, position] of fencesOf(item, before, model)) {
    const next = now.get(lane) ?? -1;
    if (next >= position) continue;
    const message = `${lane} went from record ${position} to ${next}`;
    throw new Broken({ invariant: 'fences', message, item });
  }
  for (const revision of ['_n', '_rev']) {
    const [old, next] = [before[revision]?.N ?? '0', after[revision]?.N ?? '0'];
    if (Number(next) >= Number(old)) continue;
    const message = `${revision} went from ${old} to ${next}`;
    throw new Broken({ invariant: 'fences', message, item });
  }
}

function checkExpiry(
  item: string,
  before: Attributes | null,
  after: Attributes,
  time: number,
  wasExpired: boolean,
): void {
  if (wasExpired) throw new Broken({ invariant: 'expiry', message: 'TTL had removed it', item });
  const expires = after.expires?.N;
  if (before !== null || expires === undefined || Number(expires) * 1000 > time) return;
  const [born, end] = [time, Number(expires) * 1000].map((ms) => new Date(ms).toISOString());
  throw new Broken({ invariant: 'expiry', message: `born ${born}, expired ${end}`, item });
}

function expectedColumns({ name, window, sortKey, factor }: Place, rows: SourceRow[]): Columns {
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

function actualColumns({ name }: Place, after: Attributes): Columns {
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

function checkPublished(
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
function checkChained(item: string, place: Place, after: Attributes, history: History): void {
  const inputs = Object.values(JSON.parse(after._in!.S!) as Record<string, [number, unknown[] | null]>);
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

function noteRevision(place: Place, rows: SourceRow[], after: Attributes, history: History): void {
  const revision = rows.length;
  const { name, sortKey } = place;
  if (name === 'AHEAD_PUMP') {
    const score = scoreOf(rows, place.factor);
    const present = score !== null && score > 0;
    const id = idOf({ ...place, name: 'AHEAD' });
    const who = rows[0]!.event.who;
    const minute = `${place.window.slice(0, 19)}.000Z`;
    const shown = { calls: String(revision), minute, score: String(score), ...(who !== null && { who }) };
    history.note(id, revision, present ? JSON.stringify(shown) : 'gone');
    history.note(id, revision, `arg ${present ? score : 'gone'}`);
  }
  if (name === 'SHARDS') history.note(idOf(place), revision, `arg ${revision}`);
  if (name === 'ACTIVE_PUMP/2') {
    const { people } = expectedColumns(place, rows);
    history.note(idOf({ ...place, name: 'ACTIVE' }), revision, JSON.stringify({ people }));
  }
  if (name === 'TOP_ITEMS_PUMP/2' && sortKey === 'top') {
    const list = (JSON.parse(after._top!.S!) as [string, number][]).map(([item, calls]) => ({
      calls: String(calls),
      item,
    }));
    history.note(idOf({ ...place, name: 'TOP_ITEMS' }), revision, JSON.stringify(list));
  }
}

function createHistory(): History {
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

function idOf({ name, factor, window, sortKey }: Place): string {
  return `${name}@${factor}#${window}|${sortKey}`;
}

function scoreOf(rows: readonly SourceRow[], factor: number): number | null {
  const values = rows.flatMap(({ event }) => (event.n === null ? [] : [event.n * factor]));
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0);
}

function extremes(amounts: readonly bigint[]): [bigint, bigint] {
  return amounts.reduce<[bigint, bigint]>(
    ([low, high], amount) => [amount < low ? amount : low, amount > high ? amount : high],
    [amounts[0]!, amounts[0]!],
  );
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

function text(attribute: AttributeValue | undefined): string | null {
  if (attribute === undefined) return null;
  return attribute.N ?? attribute.S ?? JSON.stringify(attribute);
}

function wrong(item: string, expected: string, actual: string, rows: readonly SourceRow[]): Broken {
  return new Broken({
    invariant: 'prefix',
    message: 'a wrong write',
    item,
    expected,
    actual,
    events: rows.map(tell),
  });
}
