import type { Plan } from '../scaling/plan.ts';
import type { Refusal } from './errors.ts';

/** What has come of one look at a stream. docs/scaling.md says what follows each. */
export type Outcome =
  /** An operation was begun. */
  | 'begun'
  /** The plan is to stay. */
  | 'held'
  /** An operation would have been begun. */
  | 'dry-run'
  /** Another invocation holds the lease. */
  | 'busy'
  /** The stream is not ACTIVE: an operation of ours or of another is under way. */
  | 'updating'
  /** AWS itself scales it. */
  | 'on-demand'
  /** AWS has answered no. */
  | Refusal;

export interface Decision {
  readonly outcome: Outcome;
  /** In words and numbers. */
  readonly why: string;
  /** Null where none was made. */
  readonly plan: Plan | null;
  /** Null where the stream was not read. */
  readonly openShards: number | null;
}

const WHY: Readonly<Record<Refusal, string>> = {
  throttled: 'AWS has throttled the call',
  'in-use': 'the stream has begun to change by another hand',
  limit: "AWS says that a limit is reached: the day's updates, or the shards of the account",
  gone: 'AWS knows no such stream, or no such shard any more',
  refused: 'the stream is not as it was when the plan was made',
};

/** `error`: what AWS has answered. */
export function refused(refusal: Refusal, error: unknown): Pick<Decision, 'outcome' | 'why'> {
  const answer = error instanceof Error ? ` (${error.name}: ${error.message})` : '';
  return { outcome: refusal, why: `${WHY[refusal]}${answer}` };
}
