import { randomUUID } from 'node:crypto';
import type { Io } from '../io.ts';
import { type Notebook, openNotebook, recordKey } from './record.ts';
import type { Target } from './target.ts';

/** Times that depend on AWS, in milliseconds; tests have shorter ones. */
export interface Pace {
  /** For how long one reader of a stream may see less of it than another. */
  readonly settleMs: number;
  /** Between two reads of a shard. */
  readonly paceMs: number;
  /** How long what an invocation has sent may land after its end. null: nobody is waited for. */
  readonly marginMs: number | null;
}

export interface Job {
  readonly target: Target;
  readonly io: Io;
  readonly stop: AbortController;
  readonly pace: Pace;
  /** How long the old rows stay for readers that do not look at the pointer. */
  readonly keepOldMs: number;
  readonly archive: string | undefined;
  readonly faults: string | undefined;
  readonly isSwitch: boolean;
  readonly isJson: boolean;
}

/** Opens the record of the application's rebuild for this process. */
export function openRecord({ target }: Job): Promise<Notebook> {
  const { application, tables, store } = target.context;
  return openNotebook(store, recordKey(application.name, tables.state), randomUUID());
}
