import type { FaultyRecord } from '../../shared/consume/faults.ts';
import { type Attributes, ResultTooLarge, type Update } from '../../shared/results/store.ts';
import type { Fault } from './faults.ts';
import type { Holds } from './fences.ts';
import type { SourceRow } from './model.ts';
import type { Place } from './places.ts';
import { Broken } from './violation.ts';

/** Where items have an end. Which rows they take depends on the order in which these come. */
export const LIMITED = 'TOTALS';
const MOST_ROWS = 5;

/** What of a result was set aside, because its item takes no more. */
export interface Refusals {
  readonly has: (place: Place, row: SourceRow) => boolean;
  readonly of: (row: SourceRow) => boolean;
  readonly any: () => boolean;
}

/** Others read their items from the start, and take other rows. */
export function isLimited(faults: ReadonlySet<Fault>): boolean {
  return (
    faults.has('full') &&
    !(['mended', 'restored', 'rebuild'] as const).some((kind) => faults.has(kind))
  );
}

/** Throws what DynamoDB's answer becomes. */
export function requireRoom(
  { key }: Update,
  after: { readonly _n?: { readonly N?: string } },
): void {
  if (!key.pk.startsWith(`app.${LIMITED}@`) || Number(after._n?.N) <= MOST_ROWS) return;
  throw new ResultTooLarge(key, new Error('it takes no more rows'));
}

/** Throws Broken where a result was set aside though there was room: items never shrink. */
export function requireFull(
  { shardId, sequenceNumber, faults, result }: FaultyRecord,
  items: ReadonlyMap<string, Attributes>,
): void {
  if (result === undefined) return;
  const { window, key } = result;
  const isMeant = (id: string): boolean =>
    id.includes(`/app.${LIMITED}@`) && id.includes(`#${window}#`) && id.endsWith(`/${key}`);
  const [, item] = [...items].find(([id]) => isMeant(id)) ?? [];
  if (Number(item?._n?.N ?? 0) + faults.length > MOST_ROWS) return;
  const message = `${shardId}:${sequenceNumber} was set aside though its result had room`;
  throw new Broken({ invariant: 'faults', message, item: `${window} ${key}` });
}

/** An item holds what its fences have passed, but for what was set aside before. */
export function unlessRefused(refusals: Refusals): Holds {
  return (_, row, place, isPassed) =>
    isPassed && !(place.name === LIMITED && refusals.has(place, row));
}
