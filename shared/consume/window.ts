import {
  type BatchOptions,
  type BatchResponse,
  isWindowed,
  respond,
  runBatch,
  type StreamEvent,
} from './consume.ts';
import { type ConsumedRecord, type ReadRecord, shardOf } from './consumed-record.ts';
import { isThenable } from './scopes.ts';
import { newStateText, requireSize, stateText } from './window-state.ts';

/** How a tumbling window is aggregated in the state that Lambda keeps between its invocations. */
export interface WindowFold<State extends object> {
  /** The state of a window before its first record. */
  readonly start: () => State;
  /** Adds a record; the state may be changed in place. It must depend on nothing else: it may run again. */
  readonly fold: (state: State, record: ConsumedRecord) => State | Promise<State>;
  /**
   * Takes what the window came to. It is one part of the result: another shard, and the same one
   * after an early end or a reshard, give further parts of the same window. Add them up, and be
   * prepared to see a part again.
   */
  readonly finish: (state: State, window: WindowEnd) => void | Promise<void>;
}

export interface WindowEnd {
  readonly shardId: string;
  /** ISO 8601, as Lambda sent it; null if it sent none. */
  readonly start: string | null;
  readonly end: string | null;
  /** The state had grown to Lambda's limit: the same window goes on with a fresh one. */
  readonly terminatedEarly: boolean;
}

/**
 * As consume, for a mapping with a tumbling window (TumblingWindowInSeconds): folds the records
 * into the window's state, and finishes it when Lambda says that it is over. Records come first, also
 * on the last invocation. The response always has the state, of the records before the first failure
 * only. Rejects, so that Lambda tries the whole batch again, when `finish` fails, and when the state
 * is more than 1 MB of JSON or holds what JSON does not.
 */
export async function consumeWindow<State extends object>(
  event: StreamEvent,
  fold: WindowFold<State>,
  options: BatchOptions = {},
): Promise<BatchResponse> {
  if (!isWindowed(event)) {
    throw new TypeError(
      'the event has no tumbling window: set TumblingWindowInSeconds on the mapping, or use consume',
    );
  }
  const folding = createFolding(event.state, fold);
  const outcome = await runBatch(event, folding.take, options);
  const firstFailed = await outcome.close();
  const state = await folding.stateBefore(outcome.limit);
  const terminatedEarly = event.isWindowTerminatedEarly ?? false;
  const over = terminatedEarly || (event.isFinalInvokeForWindow ?? false);
  if (over && firstFailed === null) {
    const { start = null, end = null } = event.window ?? {};
    await fold.finish(state, { shardId: shardOf(event), start, end, terminatedEarly });
    return respond(null, {});
  }
  requireSize(stateText(state));
  return respond(firstFailed, state);
}

/** Keeps the state in step with what is done: a fold that failed may have changed half of it. */
function createFolding<State extends object>(
  sent: unknown,
  { start, fold }: Pick<WindowFold<State>, 'start' | 'fold'>,
) {
  const origin = newStateText(sent, start);
  let state: State = JSON.parse(origin);
  const folded: ReadRecord[] = [];
  /** The last state that was written down, and how many of the folded records it holds. */
  let saved = { text: origin, count: 0 };
  let lost = false;

  const refold = async (from: string, records: readonly ReadRecord[]): Promise<State> => {
    let again: State = JSON.parse(from);
    for (const record of records) again = await fold(again, record);
    return again;
  };
  const undo = async (error: unknown): Promise<never> => {
    try {
      state = await refold(saved.text, folded.slice(saved.count));
      saved = { text: stateText(state), count: folded.length };
    } catch (cause) {
      lost = true;
      throw new Error('fold failed on records that it had taken before', { cause });
    }
    throw error;
  };
  const keep = (next: State, record: ReadRecord): void => {
    // Whatever the fold made of it, this record is going to be set aside.
    if (record.unreadable) throw record.fault;
    if (typeof next !== 'object' || next === null) {
      throw new TypeError('fold gave no state: return the state, changed or not');
    }
    state = next;
    folded.push(record);
  };

  return {
    take: (record: ReadRecord): unknown => {
      try {
        const next = fold(state, record);
        if (!isThenable(next)) return keep(next, record);
        return next.then((value) => keep(value, record)).then(undefined, undo);
      } catch (error) {
        return undo(error);
      }
    },
    /** The state of what lies before a position of the batch. */
    stateBefore: async (limit: number): Promise<State> => {
      const due = folded.filter(({ index }) => index < limit);
      return due.length === folded.length && !lost ? state : refold(origin, due);
    },
  };
}
