import type { Application } from '../../shared/config/application.ts';
import type { Lane, LaneEntry, PartOf } from '../../shared/results/lane.ts';
import { TooManyRedriven } from '../../shared/results/redriven.ts';
import { ResultExpired, ResultTooLarge, type Store } from '../../shared/results/store.ts';
import type { Folded } from '../../shared/sql/engine/fold.ts';
import type { Graph } from '../../shared/sql/engine/graph.ts';
import type { Group } from '../../shared/sql/engine/groups.ts';
import { RowError } from '../../shared/sql/errors.ts';
import type { Node } from '../../shared/sql/plan.ts';
import type { Tables } from './address.ts';

/** What stays the same from batch to batch. */
export interface Context {
  readonly application: Application;
  readonly graph: Graph;
  readonly tables: Tables;
  readonly store: Store;
}

/** One batch on its way into the tables. */
export interface Batch {
  readonly lane: Lane;
  /** Folds records [from, to) again, to the end by default: for fences inside the batch. */
  readonly refold: (from: number, to?: number) => Folded;
  /** The entries of a group, from a record on, that are admitted, as a group of their own. */
  readonly select: (
    node: Node,
    group: Group,
    from: number,
    admits: (entry: LaneEntry) => boolean,
  ) => Group | null;
  /** From where on it has been folded again. */
  readonly refolds: number[];
  /** The user records of a record whose rows are in a group. */
  readonly membersOf: (node: Node, group: Pick<Group, 'start' | 'key'>, record: number) => Member[];
  /** Sets aside what a result will never hold; rejects when the fault store does not take it. */
  readonly setAside: (node: Node, lack: Lack, error: Refusal) => Promise<void>;
  readonly outcome: BatchOutcome;
}

/** What went wrong with single writes; everything else is done. */
export interface BatchOutcome {
  /** The first record of each write that is to be tried again. */
  readonly failures: { readonly first: number; readonly error: unknown }[];
  /** Merged rows that HAVING or a select list could not take. */
  rowErrors: number;
}

/** A user record of the batch. */
export interface Member {
  readonly record: number;
  readonly sub: number;
}

/** A result and what it lacks after a write that failed. */
export interface Lack {
  readonly start: number;
  readonly key: string;
  /** The first record whose part it lacks. */
  readonly first: number;
  readonly members: () => readonly Member[];
}

/** No retry can mend it: the item or a number in it is past what DynamoDB holds, or its time is over. */
export type Refusal = ResultTooLarge | ResultExpired | TooManyRedriven | RowError;

export function isRefusal(error: unknown): error is Refusal {
  return (
    error instanceof ResultTooLarge ||
    error instanceof ResultExpired ||
    error instanceof TooManyRedriven ||
    error instanceof RowError
  );
}

/** Writes in flight at a time: enough to hide the round trip, few enough for the sockets. */
export const WRITES_IN_FLIGHT = 32;

/**
 * Deals with a write that failed: what no retry can mend is set aside before anything else is
 * written (a fence may pass it then), the rest is to be tried again. False: later records of this
 * result must wait.
 */
export async function settle(
  batch: Batch,
  node: Node,
  lack: Lack,
  error: unknown,
): Promise<boolean> {
  const { failures } = batch.outcome;
  if (!isRefusal(error)) {
    failures.push({ first: lack.first, error });
    return false;
  }
  try {
    await batch.setAside(node, lack, error);
    return true;
  } catch (cause) {
    failures.push({ first: lack.first, error: cause });
    return false;
  }
}

/** A lack of one record, for results that are made of other results. */
export function lackOf(start: number, key: string, record: number): Lack {
  return { start, key, first: record, members: () => [{ record, sub: 0 }] };
}

/**
 * The part of a group from a record on, or those of its entries that are admitted.
 * Behind a fence any place from the record to the group's next one gives the same part, and groups
 * that an earlier try wrote together have such a place in common: the batch is folded anew from as
 * few places as possible.
 */
export function partOf(batch: Batch, node: Node, group: Group): PartOf<Group> {
  return (from, admits) => {
    if (admits !== undefined) return batch.select(node, group, from, admits);
    const next = group.records.find((record) => record >= from);
    if (next === undefined) return null;
    let place = batch.refolds.find((known) => known >= from && known <= next);
    if (place === undefined) {
      place = next;
      batch.refolds.push(place);
    }
    return batch.refold(place).groups.get(node.id)?.find(group.start, group.key) ?? null;
  };
}
