/** What a simulated world did that it must not do. */
export interface Violation {
  readonly invariant: Invariant;
  readonly message: string;
  /** The item, where one is at fault. */
  readonly item?: string;
  readonly expected?: string;
  readonly actual?: string;
  /** What belongs to the item sooner or later. */
  readonly events?: readonly Told[];
  /** When it was, on the virtual clock: ISO 8601. */
  readonly time?: string;
  /** Whose write it was, and what the item was before it. */
  readonly by?: string;
  readonly before?: string;
}

/** An event for people. */
export interface Told {
  readonly text: string;
  /** It should be in the item already. */
  readonly isDue: boolean;
}

/** By the names under which they are reported. */
export const INVARIANTS = {
  final: 'the tables equal batch SQL over the accepted events',
  prefix: 'an item is made of exactly the records at or before its fences',
  fences: 'fences and revisions never go back',
  conservation: 'applied + filtered + late + faults = distinct records',
  replay: 'a full replay changes nothing',
  schedules: 'two schedules give byte-equal tables',
  faults: 'a fault is set aside once, as it is',
  drain: 'without faults everything drains in bounded steps',
  expiry: 'no item is born after its expiry, or again after it has expired',
  amendments: 'the last amendment of a result equals the table',
  seals: 'a state is cut at the same records at every try',
  scopes: 'a handler is given the records of a scope in order, and none behind a failure',
  answers: 'an answer names exactly the lowest record that is not done',
  handled: 'every user record is handled to its end, or set aside',
  order: 'a record is delivered after those of the parent shards',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** Thrown by the checks; the first one ends the world. */
export class Broken extends Error {
  override readonly name = 'Broken';
  readonly violation: Violation;
  constructor(violation: Violation) {
    super(`${violation.invariant}: ${violation.message}`);
    this.violation = violation;
  }
}
