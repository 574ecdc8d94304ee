import type { Attributes } from '../../shared/results/store.ts';
import type { Model, SourceRow } from './model.ts';
import type { Place } from './places.ts';
import { Broken } from './violation.ts';

/** Whether an item holds a row; null: it does if its fence has passed it. */
export type Holds =
  | ((after: Attributes, row: SourceRow, place: Place, isPassed: boolean) => boolean)
  | null;

/** The rows of an item that its fences say it holds, and those that were redriven. */
export function rowsUpTo(
  item: string,
  after: Attributes,
  all: readonly SourceRow[],
  model: Model,
  place: Place,
  holds: Holds,
): SourceRow[] {
  const isPassed = passedBy(item, after, model);
  return all.filter((row) => {
    return holds === null ? isPassed(row) : holds(after, row, place, isPassed(row));
  });
}

/** Whether a row lies at or before the fences of an item. */
export function passedBy(
  item: string,
  after: Attributes,
  model: Model,
): (row: SourceRow) => boolean {
  const fences = fencesOf(item, after, model);
  return ({ lane, index }) => index <= (fences.get(lane) ?? -1);
}

/** Fences and revisions of an item never go back. */
export function checkForward(
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

/** No item is born after its expiry, or after TTL has removed it. */
export function checkExpiry(
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
