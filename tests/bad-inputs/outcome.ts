import { expect } from 'vitest';
import { refuserOf } from '../../functions/aggregate/rules.ts';
import { type Fault, type FaultyRecord, faultKey } from '../../shared/consume/faults.ts';
import type { KinesisBatch, KinesisRecord } from '../../shared/records/event.ts';
import type { FaultReason } from '../../shared/records/types.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { kinesisEvent, type WireOptions, type WireRecord } from '../helpers/wire.ts';
import type { Job } from './rig.ts';

/** The records of the tests arrive from here on, a millisecond apart. */
export const NOON = Date.UTC(2026, 4, 2, 12);

export interface Sent extends WireRecord {
  /** Stands in the place of the data as it is. */
  readonly base64?: string;
}

/** A batch in wire form; every record has a partition key and an arrival of its own. */
export function batchOf(records: readonly Sent[], options: WireOptions = {}): KinesisBatch {
  const sent = records.map((record, i) => ({
    partitionKey: `key-${i}`,
    arrival: NOON + i,
    ...record,
  }));
  const event = kinesisEvent(sent, options);
  const Records = event.Records.map((record, i) => ({
    ...record,
    kinesis: { ...record.kinesis, data: records[i]!.base64 ?? record.kinesis.data },
  }));
  return { ...event, Records };
}

/** What has to lie in the fault store of one record. */
export interface SetAside {
  /** Its index in the batch. */
  readonly record: number;
  readonly result?: NonNullable<FaultyRecord['result']>;
  readonly faults: readonly ExpectedFault[];
}

type ExpectedFault = Pick<Fault, 'subSequenceNumber' | 'reason' | 'pump' | 'row'> & {
  readonly message: unknown;
};

/** One fault of one record. `rest` may name the pump, the sub-sequence number, the message. */
export function setAside(
  record: number,
  reason: FaultReason,
  rest: Partial<ExpectedFault> = {},
): SetAside {
  return { record, faults: [faultOf(reason, rest)] };
}

export function faultOf(reason: FaultReason, rest: Partial<ExpectedFault> = {}): ExpectedFault {
  return { subSequenceNumber: 0, reason, message: expect.stringMatching(/\w/), ...rest };
}

/** One record whose share in a result is set aside. */
export function resultAside(
  record: number,
  reason: FaultReason,
  pump: string,
  message: unknown,
  key = 'x',
  window = '2026-05-02T12:00:00Z',
): SetAside {
  return { ...setAside(record, reason, { pump, message }), result: { pump, window, key } };
}

export function resultOf(pump: string, key: string) {
  return { pump, window: '2026-05-02T12:00:00Z', key };
}

export interface Outcome {
  readonly rows: Readonly<Record<string, readonly object[]>>;
  readonly faults: readonly SetAside[];
}

/**
 * Sends the batch and compares everything with what it must come to: no failure is reported, the
 * rows are these, the fault store holds these records and no others. Then the batch comes again,
 * and nothing changes.
 */
export async function expectOutcome(job: Job, batch: KinesisBatch, expected: Outcome) {
  expect(await job.send(batch)).toEqual({ batchItemFailures: [] });
  await expectState(job, batch, expected);
  const before = await job.everything();
  expect(await job.send(batch)).toEqual({ batchItemFailures: [] });
  expect(await job.everything()).toBe(before);
}

/** As expectOutcome, and again record by record: for faults that do not hang on a batch's limits. */
export async function expectOutcomeInPieces(job: Job, batch: KinesisBatch, expected: Outcome) {
  await expectOutcome(job, batch, expected);
  const before = await job.everything();
  for (const record of batch.Records!) {
    expect(await job.send({ Records: [record] })).toEqual({ batchItemFailures: [] });
  }
  expect(await job.everything()).toBe(before);
}

export async function expectState(job: Job, batch: KinesisBatch, { rows, faults }: Outcome) {
  for (const [output, wanted] of Object.entries(rows)) {
    expect(byText(await job.rows(output)), output).toEqual(byText(wanted));
  }
  const objects = faults.map((fault) => objectOf(job, batch.Records![fault.record]!, fault));
  expect(job.faults()).toEqual(Object.fromEntries(objects));
}

/** The object of a record, with all that it takes to process it again. */
function objectOf(job: Job, record: KinesisRecord, { faults, result }: SetAside) {
  const { name, stream } = job.application;
  const [shardId, sequenceNumber] = record.eventID.split(':') as [string, string];
  const { partitionKey, data, approximateArrivalTimestamp } = record.kinesis;
  const object = {
    application: name,
    stream: stream.name,
    shardId,
    sequenceNumber,
    partitionKey,
    arrival: new Date(approximateArrivalTimestamp * 1000).toISOString(),
    faults,
    refuser: refuserOf({ application: job.application, graph: arrange(job.application.plan) }),
    ...(result !== undefined && { result }),
    data,
  };
  return [faultKey(object as FaultyRecord), object];
}

function byText(rows: readonly object[]): object[] {
  const text = (row: object): string => JSON.stringify(Object.entries(row).sort());
  return [...rows].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
