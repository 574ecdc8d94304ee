import { compareFences, type Fence, fenceOf } from './fence.ts';
import type { Attributes } from './store.ts';

/**
 * An unbroken reading of a shard by the same rules: all its records from `from` on have gone through
 * them, in order, until another epoch began.
 */
export interface Epoch {
  /** Counts the epochs of the shard, from 1. */
  readonly number: number;
  /** Of the rules that decide what is refused. */
  readonly version: string;
  /** A sequence number. */
  readonly from: string;
  /** When it began, milliseconds since 1970 by the clock of who began it. */
  readonly since: number;
  /**
   * All from the beginning up to this record is in the tables by it, and not by another invocation
   * that was still under way; null: nothing is. It is noted as long as somebody has to know.
   */
  readonly done: string | null;
  /** The last record of those batches that it refused something of; null: of none. */
  readonly refused: string | null;
  /** It began ahead of too many batches that others had refused some of: see MOST_STEPS. */
  readonly patchy?: true;
}

/**
 * Where a shard is read again, and others have refused records further on, every batch up to there
 * is an epoch of its own: should the others go on from where they are, no epoch answers for records
 * that it has not had. An item keeps 45 bytes of each. After this many the next epoch is a patchy one,
 * of which a redrive does not believe that it has had what others refused.
 */
const MOST_STEPS = 64;

/**
 * After a deployment Lambda may for a short while still give a batch to code that was replaced, which
 * begins an epoch of its own. The 15 minutes that an invocation can take at most are over then:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const UNSETTLED_MS = 20 * 60_000;
/** By how much the clocks of functions may differ. */
export const SKEW_MS = 60_000;

/** The last record of which other rules have refused some, wherever the last epoch began. */
function contestedTo(epochs: readonly Epoch[]): string | null {
  const { version } = epochs.at(-1)!;
  return epochs.reduce<string | null>(
    (most, epoch) => (epoch.version === version ? most : later(most, epoch.refused)),
    null,
  );
}

/**
 * Whether the last epoch goes on with a batch of these rules that begins with this record. `folded` is
 * the epoch that all records since its beginning were folded in, if they were handed on from there.
 */
export function goesOn(
  epochs: readonly Epoch[],
  version: string,
  first: string,
  folded: number,
): boolean {
  const last = epochs.at(-1);
  if (last?.version !== version) return false;
  const { number, from, done } = last;
  if (number === folded || first === from) return true;
  if (done === null || isBefore(first, from)) return false;
  return !isBefore(done, first) || isThrough(epochs);
}

/** Whether the last epoch has had all that others refused ahead of it, or was never going to. */
export function isThrough(epochs: readonly Epoch[]): boolean {
  const { from, done, patchy = false } = epochs.at(-1)!;
  const to = contestedTo(epochs);
  return patchy || to === null || isBefore(to, from) || (done !== null && !isBefore(done, to));
}

/** Whether an epoch behind these is one too many. */
export function isPatchy(before: readonly Epoch[], next: Epoch): boolean {
  const steps = before.slice(-MOST_STEPS);
  return (
    steps.length === MOST_STEPS &&
    steps.every(({ version }) => version === next.version) &&
    !isThrough([...before, next])
  );
}

/** Whether readers of an epoch may have gone on without having noticed a later one. */
export function mayMiss(epoch: Epoch, next: Epoch): boolean {
  if (next.number <= epoch.number) return false;
  return next.since - epoch.since >= UNSETTLED_MS - SKEW_MS;
}

/** Whether its readers may have passed by a record that an earlier epoch had refused some of. */
export function mayHaveSkipped(epoch: Epoch, earlier: Epoch, position: Fence): boolean {
  const isAhead = epoch.patchy === true && earlier.number < epoch.number;
  if (!isAhead || earlier.refused === null) return false;
  return compareFences(position, fenceOf(earlier.refused)) <= 0;
}

/** Whether its readers have had a record at this place, or one before it. */
export function isFrom({ from }: Epoch, position: Fence): boolean {
  return compareFences(fenceOf(from), position) <= 0;
}

/** In order; empty where nobody has read the shard. */
export function readEpochs(item: Attributes | null): readonly Epoch[] {
  return JSON.parse(item?.epochs?.S ?? '[]') as Epoch[];
}

function isBefore(a: string, b: string): boolean {
  return compareFences(fenceOf(a), fenceOf(b)) < 0;
}

/** The one further on; null is before all. */
export function later(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return isBefore(a, b) ? b : a;
}
