import type { Application } from '../../shared/config/application.ts';
import type { Lane, Span } from '../../shared/results/lane.ts';
import { ResultTooLarge, type Store } from '../../shared/results/store.ts';
import type { Folded, Group } from '../../shared/sql/engine/fold.ts';
import type { Graph } from '../../shared/sql/engine/graph.ts';
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
  readonly outcome: BatchOutcome;
}

/** What went wrong with single writes; everything else is done. */
export interface BatchOutcome {
  /** The first record of each write that is to be tried again. */
  readonly failures: { readonly first: number; readonly error: unknown }[];
  /** Results that can never be stored: their records are set aside. */
  readonly refused: RefusedResult[];
  /** Merged rows that HAVING or a select list could not take. */
  rowErrors: number;
}

export interface RefusedResult {
  readonly node: Node;
  readonly error: ResultTooLarge | RowError;
  /** The user records whose part it lacks; a group names all of its records in the span. */
  readonly lacks: Member | (Pick<Group, 'start' | 'key'> & Span);
}

/** A user record of the batch. */
export interface Member {
  readonly record: number;
  readonly sub: number;
}

/** Writes in flight at a time: enough to hide the round trip, few enough for the sockets. */
export const WRITES_IN_FLIGHT = 32;

/** Sorts the failure of one write into the batch's outcome; `lacks` says what it would have held. */
export function noteFailure(
  outcome: BatchOutcome,
  node: Node,
  lacks: RefusedResult['lacks'],
  error: unknown,
): void {
  if (isRefusal(error)) outcome.refused.push({ node, error, lacks });
  else outcome.failures.push({ first: 'record' in lacks ? lacks.record : lacks.first, error });
}

/** No retry can mend it: the item or the number is past what DynamoDB holds. */
export function isRefusal(error: unknown): error is ResultTooLarge | RowError {
  return error instanceof ResultTooLarge || error instanceof RowError;
}

/** The same group in a later fold of the batch. */
export function sameGroup(folded: Folded, node: Node, group: Group): Group | null {
  const groups = folded.groups.get(node.id) ?? [];
  return groups.find((g) => g.start === group.start && g.key === group.key) ?? null;
}
