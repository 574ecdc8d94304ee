import type { Application } from '../../shared/config/application.ts';
import type { Fault, FaultStore, FaultyRecord } from '../../shared/consume/faults.ts';
import { log } from '../../shared/observe/log.ts';
import type { RecordFault } from '../../shared/records/types.ts';
import { ResultTooLarge } from '../../shared/results/store.ts';
import type { Rejection } from '../../shared/sql/engine/fold.ts';
import type { BatchOutcome, Member, RefusedResult } from './context.ts';
import type { Input } from './intake.ts';
import { eachLimit } from './limit.ts';

const PUTS_IN_FLIGHT = 16;

/** The user records of the batch that a result is made of. */
export type MembersOf = (result: RefusedResult) => readonly Member[];

/**
 * Gathers what of a batch cannot be processed and sets it aside: one object per record, the same
 * for every try, so that a repeat changes nothing.
 */
export function createFaultCollector(application: Application, input: Input) {
  const byRecord = new Map<number, Fault[]>();
  const results = new Map<string, { record: number; pump: string; faults: Fault[] }>();
  const add = (record: number, fault: Fault): void => {
    const faults = byRecord.get(record);
    if (faults) faults.push(fault);
    else byRecord.set(record, [fault]);
  };
  const faulty = (record: number, faults: readonly Fault[], result?: string): FaultyRecord => {
    const { kinesis } = input.event.Records![record]!;
    return {
      application: application.name,
      stream: application.stream.name,
      shardId: input.shardId,
      sequenceNumber: kinesis.sequenceNumber,
      partitionKey: kinesis.partitionKey,
      arrival: new Date(Math.round(kinesis.approximateArrivalTimestamp * 1000)).toISOString(),
      faults,
      ...(result !== undefined && { result }),
      data: kinesis.data,
    };
  };

  return {
    /** A record, or a user record inside it, that is no row at all. */
    record: (record: number, sub: number, { reason, message }: RecordFault): void =>
      add(record, { subSequenceNumber: sub, reason, message }),

    /** Rows that a pump could not take; the other pumps have them. */
    rejections: (rejections: readonly Rejection[]): void => {
      for (const { record, sub, reason, message, code, node } of rejections) {
        const text = reason === 'ROW_ERROR' ? `${code}: ${message}` : message;
        add(record, { subSequenceNumber: sub, reason, message: text, pump: node.pump });
      }
    },

    /** Results that cannot be stored: the records that they lack are set aside, others go on. */
    refused: (refused: readonly RefusedResult[], membersOf: MembersOf): void => {
      for (const result of refused) {
        const { node, error } = result;
        const { message } = error;
        // The message names the row, whose key may be personal: it goes with the fault, not into a log.
        log('error', 'a result cannot be stored; its records are set aside', {
          pump: node.pump,
          error: error.name,
        });
        const reason = error instanceof ResultTooLarge ? 'TOO_LARGE' : 'ROW_ERROR';
        for (const { record, sub } of membersOf(result)) {
          const fault: Fault = { subSequenceNumber: sub, reason, message, pump: node.pump };
          const id = `${record} ${node.pump}`;
          const held = results.get(id) ?? { record, pump: node.pump, faults: [] };
          held.faults.push(fault);
          results.set(id, held);
        }
      }
    },

    count: (): number => byRecord.size + results.size,

    setAside: async (store: FaultStore, outcome: BatchOutcome): Promise<void> => {
      const records = [
        ...[...byRecord].map(([record, faults]) => ({ record, object: faulty(record, faults) })),
        ...[...results.values()].map(({ record, pump, faults }) => ({
          record,
          object: faulty(record, inOrder(faults), pump),
        })),
      ];
      await eachLimit(records, PUTS_IN_FLIGHT, async ({ record, object }) => {
        try {
          await store.put(object);
        } catch (error) {
          outcome.failures.push({ first: record, error });
        }
      });
    },
  };
}

/** Writes end in any order; the object must be the same for every try. */
function inOrder(faults: readonly Fault[]): Fault[] {
  return faults.toSorted(
    (a, b) => a.subSequenceNumber - b.subSequenceNumber || (a.message < b.message ? -1 : 1),
  );
}
