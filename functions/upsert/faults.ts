import type { Fault, FaultStore, FaultyRecord } from '../../shared/consume/faults.ts';
import type { RecordFault } from '../../shared/records/types.ts';
import { RowError } from '../../shared/sql/errors.ts';
import type { Refusal } from './items.ts';
import type { Entry } from './rows.ts';

/** A record as the fault store knows it. */
export type Source = Omit<FaultyRecord, 'faults' | 'result'>;

/** A user record that is no row. */
export interface Misread {
  /** Position of its record in the event. */
  readonly record: number;
  readonly sub: number;
  readonly fault: RecordFault;
}

/** One object for all that is wrong with a record, the same on every try. */
export function misreadRecords(
  misread: readonly Misread[],
  sourceOf: (record: number) => Source,
): { index: number; record: FaultyRecord }[] {
  return [...Map.groupBy(misread, ({ record }) => record)].map(([index, found]) => ({
    index,
    record: { ...sourceOf(index), faults: found.map(toFault) },
  }));
}

function toFault({ sub, fault }: Misread): Fault {
  return { subSequenceNumber: sub, reason: fault.reason, message: fault.message };
}

/** One object for what of a record an item can never hold. Rejects unless the store takes it. */
export async function putRefused(
  store: FaultStore,
  source: Source,
  entries: readonly Entry[],
  refusal: Refusal,
): Promise<void> {
  const { pk, sk } = entries[0]!.key;
  const reason = refusal instanceof RowError ? 'ROW_ERROR' : 'TOO_LARGE';
  await store.put({
    ...source,
    faults: [...new Set(entries.map(({ sub }) => sub))].map((sub) => ({
      subSequenceNumber: sub,
      reason,
      message: refusal.message,
    })),
    result: { pump: source.application, window: pk, key: sk },
  });
}
