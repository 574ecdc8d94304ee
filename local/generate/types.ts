import type { NewRecord } from '../producer.ts';

/** What can be wrong with a generated event, on purpose. */
export type Fault = 'brokenText' | 'noTime' | 'wrongType' | 'damagedAggregate' | 'farFuture';

export const FAULTS: readonly Fault[] = [
  'brokenText',
  'noTime',
  'wrongType',
  'damagedAggregate',
  'farFuture',
];

export interface GeneratedEvent extends NewRecord {
  /** When it happened, milliseconds since 1970; for faults, when it would have. */
  readonly time: number;
  readonly fault: Fault | null;
}

export interface GeneratorOptions {
  readonly seed: number;
  /** Time of the first event, milliseconds since 1970. */
  readonly start: number;
  /** Milliseconds from one event to the next, on average. */
  readonly interval: number;
  /** How many; null: without end. */
  readonly count: number | null;
}
