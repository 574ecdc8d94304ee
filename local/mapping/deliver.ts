import { toEvent, toFailureRecord, type WindowPart } from './event.ts';
import { type Outcome, property, readResponse } from './response.ts';
import { type MappingPorts, NotInvoked, type StreamRecord } from './types.ts';

/** A run of records that is delivered together; splitting makes two of one. */
interface Piece {
  readonly records: readonly StreamRecord[];
  /** Retries already used, of MaximumRetryAttempts. */
  readonly retries: number;
  /** Invokes that the records have seen. */
  readonly invokes: number;
}

export interface Delivery {
  readonly shardId: string;
  readonly records: readonly StreamRecord[];
  readonly window: WindowPart | null;
  readonly signal: AbortSignal;
  readonly done: Done;
}

/** Takes records that need not come again, and the window as it was sent, with the state after them. */
export type Done = (records: readonly StreamRecord[], window: WindowPart | null) => void;

/**
 * Brings one batch to its end: until every record is processed or given up. Calls `done` with
 * each run of records that need not come again, in order.
 * Gives the window's state after it, or 'stopped' when `signal` was aborted on the way; what was
 * not `done` by then has to be delivered again.
 */
export async function deliver(
  ports: MappingPorts,
  delivery: Delivery,
): Promise<{ readonly state: unknown } | 'stopped'> {
  const { clock, settings, report } = ports;
  const { shardId, signal, done } = delivery;
  let { window } = delivery;
  const work: Piece[] = [{ records: delivery.records, retries: 0, invokes: 0 }];
  let failuresInARow = 0;
  let requestId = '';

  while (work.length > 0) {
    if (signal.aborted) return 'stopped';
    const piece = withoutAged(work.shift()!);
    if (piece === null) continue;

    const { records } = piece;
    requestId = ports.requestId?.() ?? crypto.randomUUID();
    const sent = window && flagged(window, work.length === 0);
    const answer = await call(ports, delivery, piece, sent, requestId);
    if (answer.outcome === 'notInvoked') {
      work.unshift(piece);
      await pause();
      continue;
    }
    const { outcome } = answer;
    // The documented contract with partial failures and windows: the state that comes back holds
    // the records before the first failure. After a failure the earlier state is sent again.
    if (window !== null && outcome.kind !== 'failure') {
      window = { ...window, state: property(answer.response, 'state') };
    }
    if (outcome.kind === 'success') {
      failuresInARow = 0;
      done(records, window && flagged(window, work.length === 0));
      continue;
    }
    const processed = outcome.kind === 'partial' ? outcome.done : 0;
    if (processed > 0) done(records.slice(0, processed), window && flagged(window, false));
    work.unshift(...again(piece, processed, outcome, answer.threw ? 'Unhandled' : null));
    await pause();
  }
  return { state: window?.state };

  /** Drops what is older than MaximumRecordAge; null when nothing is left. */
  function withoutAged(piece: Piece): Piece | null {
    const limit = settings.maximumRecordAgeMs;
    if (limit < 0 || piece.records.length === 0) return piece;
    const oldest = clock.now() - limit;
    const fresh = piece.records.findIndex((record) => record.arrival >= oldest);
    if (fresh === 0) return piece;
    const aged = fresh < 0 ? piece.records : piece.records.slice(0, fresh);
    giveUp('RecordAgeExceeded', aged, piece.invokes, null);
    return fresh < 0 ? null : { ...piece, records: piece.records.slice(fresh) };
  }

  /** What is to be delivered again after a piece failed from index `processed` on. */
  function again(
    piece: Piece,
    processed: number,
    outcome: Outcome,
    functionError: 'Unhandled' | null,
  ): Piece[] {
    const rest = piece.records.slice(processed);
    const { retries } = piece;
    const invokes = piece.invokes + 1;
    if (settings.bisectBatchOnFunctionError) {
      // "Bisecting a batch does not count toward the retry quota." A partial answer has already
      // said where to split; only an answer that makes no headway at its first record counts.
      if (processed > 0) return [{ records: rest, retries, invokes }];
      if (outcome.kind === 'failure' && rest.length > 1) {
        const middle = Math.ceil(rest.length / 2);
        return [rest.slice(0, middle), rest.slice(middle)].map((half) => ({
          records: half,
          retries,
          invokes,
        }));
      }
    }
    const limit = settings.maximumRetryAttempts;
    if (limit >= 0 && retries >= limit) {
      giveUp('RetryAttemptsExhausted', rest, invokes, functionError);
      return [];
    }
    return [{ records: rest, retries: retries + 1, invokes }];
  }

  function giveUp(
    condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded',
    records: readonly StreamRecord[],
    invokes: number,
    functionError: 'Unhandled' | null,
  ): void {
    if (records.length > 0) {
      const now = clock.now();
      const common = { condition, shardId, records, settings, requestId };
      ports.onFailure?.(toFailureRecord({ ...common, invokes, functionError, now }));
      done(records, window && flagged(window, false));
    }
    report?.({ kind: 'dropped', shardId, records: records.length });
  }

  async function pause(): Promise<void> {
    const ms = Math.min(settings.backoffMaxMs, settings.backoffMs * 2 ** failuresInARow);
    failuresInARow += 1;
    await clock.sleep(ms, signal);
  }
}

/** The end of a window comes with the last of its records. */
function flagged(window: WindowPart, isLast: boolean): WindowPart {
  const { final, terminatedEarly } = window;
  return { ...window, final: final && isLast, terminatedEarly: terminatedEarly && isLast };
}

type Answer =
  | { readonly outcome: 'notInvoked' }
  | { readonly outcome: Outcome; readonly response: unknown; readonly threw: boolean };

async function call(
  { invoke, settings, report }: MappingPorts,
  { shardId }: Delivery,
  { records }: Piece,
  window: WindowPart | null,
  requestId: string,
): Promise<Answer> {
  const answer = await tryInvoke();
  const { outcome } = answer;
  report?.({
    kind: 'invoked',
    shardId,
    records: records.length,
    outcome: outcome === 'notInvoked' ? outcome : outcome.kind,
    reason: outcome !== 'notInvoked' && outcome.kind === 'failure' ? outcome.reason : null,
  });
  return answer;

  async function tryInvoke(): Promise<Answer> {
    try {
      const response = await invoke(toEvent(shardId, records, settings, window), requestId);
      const { reportBatchItemFailures } = settings;
      const rules = { reportBatchItemFailures, windowed: window !== null };
      return { outcome: readResponse(response, records, rules), response, threw: false };
    } catch (error) {
      if (error instanceof NotInvoked) return { outcome: 'notInvoked' };
      const reason = error instanceof Error ? error.message : String(error);
      return { outcome: { kind: 'failure', reason }, response: undefined, threw: true };
    }
  }
}
