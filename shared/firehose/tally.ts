import { log } from '../observe/log.ts';
import { emitMetrics } from '../observe/metrics.ts';
import type { Refusal } from './errors.ts';

export type Result = 'Delivered' | 'Dropped' | 'PutBack' | 'Failed';

/** Counts what became of the records of one batch. */
export interface Tally {
  readonly count: (result: Result, recordId: string, why?: Refusal) => void;
  /** Writes metrics: by result, and by result and reason; and a log line for each reason to fail. */
  readonly write: () => void;
}

interface Counted extends Refusal {
  readonly result: Result;
  readonly recordId: string;
  records: number;
}

/** A metric each costs money: a reason that comes from the data must not make a thousand. */
const MOST_REASONS = 20;
const REASON = /^[A-Za-z][\w.-]{0,63}$/;
const OTHER = 'OTHER';

export function createTally(delivery: string): Tally {
  const totals: Record<Result | 'Records', number> = {
    ...{ Records: 0, Delivered: 0, Dropped: 0, PutBack: 0, Failed: 0 },
  };
  const reasons = new Map<string, Counted>();

  const count = (result: Result, recordId: string, why?: Refusal): void => {
    totals.Records++;
    totals[result]++;
    if (why === undefined) return;
    const named = REASON.test(why.reason) ? why.reason : OTHER;
    const isRoom = reasons.has(`${result} ${named}`) || reasons.size < MOST_REASONS;
    const reason = isRoom ? named : OTHER;
    const key = `${result} ${reason}`;
    const known = reasons.get(key);
    if (known === undefined) {
      reasons.set(key, { result, recordId, reason, message: why.message, records: 1 });
    } else known.records++;
  };

  const write = (): void => {
    emitMetrics({ Delivery: delivery }, totals);
    for (const { result, reason, records, message, recordId } of reasons.values()) {
      emitMetrics({ Delivery: delivery, Reason: reason }, { [result]: records });
      if (result === 'Dropped') continue;
      const what = result === 'Failed' ? 'records failed' : 'records were put back';
      const level = result === 'Failed' ? 'error' : 'warn';
      log(level, what, { delivery, reason, first: message, recordId, records });
    }
  };
  return { count, write };
}
