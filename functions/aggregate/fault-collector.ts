import type { Application } from '../../shared/config/application.ts';
import type { Fault, FaultStore, FaultyRecord, Refuser } from '../../shared/consume/faults.ts';
import { setAside } from '../../shared/consume/set-aside.ts';
import { log } from '../../shared/observe/log.ts';
import type { RecordFault } from '../../shared/records/types.ts';
import { ResultTooLarge } from '../../shared/results/store.ts';
import type { Rejection } from '../../shared/sql/engine/fold.ts';
import type { Node } from '../../shared/sql/plan.ts';
import { isoTime } from '../../shared/windows/bucket.ts';
import type { Lack, Refusal } from './context.ts';
import type { Input } from './intake.ts';

/**
 * Sets aside what of a batch cannot be processed: one object for what is wrong with a record, the
 * same for every try, and one for each result that can never hold it.
 */
export function createFaultCollector(
  application: Application,
  input: Input,
  store: FaultStore,
  refuser: Refuser,
) {
  const byRecord = new Map<number, Fault[]>();
  let results = 0;
  const add = (record: number, fault: Fault): void => {
    const faults = byRecord.get(record);
    if (faults) faults.push(fault);
    else byRecord.set(record, [fault]);
  };
  const faulty = (record: number, faults: readonly Fault[]): FaultyRecord => {
    const { kinesis } = input.event.Records![record]!;
    return {
      application: application.name,
      stream: application.stream.name,
      shardId: input.shardId,
      sequenceNumber: kinesis.sequenceNumber,
      partitionKey: kinesis.partitionKey,
      arrival: new Date(Math.round(kinesis.approximateArrivalTimestamp * 1000)).toISOString(),
      faults,
      refuser,
      data: kinesis.data,
    };
  };

  return {
    /** A record, or a user record inside it, that is no row at all. */
    record: (record: number, sub: number, { reason, message }: RecordFault): void =>
      add(record, { subSequenceNumber: sub, reason, message }),

    /** Rows that a pump could not take; the other pumps have them. */
    rejections: (rejections: readonly Rejection[]): void => {
      for (const { record, sub, row, reason, message, code, node } of rejections) {
        const text = reason === 'ROW_ERROR' ? `${code}: ${message}` : message;
        const which = row === 0 ? {} : { row };
        add(record, { subSequenceNumber: sub, reason, message: text, pump: node.pump, ...which });
      }
    },

    /** A result that can never hold a part: rejects unless all its records are set aside. */
    lack: async (node: Node, { start, key, members }: Lack, error: Refusal): Promise<void> => {
      // The message names the row, whose key may be personal: it goes with the fault, not into a log.
      log('error', 'a result cannot be stored; what it lacks is set aside', {
        pump: node.pump,
        error: error.name,
      });
      const reason = error instanceof ResultTooLarge ? 'TOO_LARGE' : 'ROW_ERROR';
      const { message } = error;
      const byMember = Map.groupBy(members(), ({ record }) => record);
      for (const [record, subs] of byMember) {
        const faults = subs.map(({ sub }) => ({
          subSequenceNumber: sub,
          reason,
          message,
          pump: node.pump,
        }));
        const result = { pump: node.pump, window: isoTime(start), key };
        await store.put({ ...faulty(record, faults as Fault[]), result });
        results++;
      }
    },

    count: (): number => byRecord.size + results,

    /**
     * Puts the faults of records; gives those that were not taken. Before anything of the batch is
     * written: once a fence has passed a record, nothing but its fault tells that it is lacking.
     */
    setAside: (): Promise<{ index: number; error: unknown }[]> =>
      setAside(
        store,
        [...byRecord].map(([index, faults]) => ({ index, record: faulty(index, faults) })),
      ),
  };
}
