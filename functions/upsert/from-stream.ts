import type { KinesisStreamBatchResponse } from 'aws-lambda';
import { batchResponse } from '../../shared/consume/response.ts';
import { setAside } from '../../shared/consume/set-aside.ts';
import type { HashKeyRange } from '../../shared/kpl/hash-key.ts';
import { inShardRange } from '../../shared/kpl/hash-key.ts';
import { errorDetails, log } from '../../shared/observe/log.ts';
import { type KinesisBatch, readEvent } from '../../shared/records/event.ts';
import { RecordFault } from '../../shared/records/types.ts';
import { compareFences, fenceOf, laneAttribute, storedFence } from '../../shared/results/fence.ts';
import { type Misread, misreadRecords, putRefused, type Source } from './faults.ts';
import type { Way } from './items.ts';
import type { Entry } from './rows.ts';
import { report, type Services, writeItems } from './services.ts';

/**
 * Rows from a batch of a shard. Every item has a fence for the shard, the last record it contains:
 * whatever comes again is left out. Data never fails a batch; a failed write makes Lambda deliver
 * again from the first record that some item still lacks.
 */
export function createStreamUpsert(services: Services) {
  const { upsert, faults, ranges } = services;
  return async (event: KinesisBatch): Promise<KinesisStreamBatchResponse> => {
    const records = event.Records ?? [];
    if (records.length === 0) return batchResponse(null);
    const started = performance.now();
    const shardId = event.shardId ?? records[0]!.eventID.split(':', 1)[0]!;
    const range = ranges === null ? null : await ranges(shardId);
    const { entries, misread, outOfRange } = readAll(event, range, services);
    const sourceOf = (index: number): Source => sourceIn(event, shardId, index, services);

    const failures = await setAside(faults, misreadRecords(misread, sourceOf));
    let refused = 0;
    const numbers = records.map(({ kinesis }) => kinesis.sequenceNumber);
    const failed = await writeItems(services, entries, laneOf(shardId, numbers), (rows, why) => {
      refused += 1;
      return putRefused(faults, sourceOf(rows[0]!.record), rows, why);
    });
    for (const { entries: lacking, error } of failed) {
      failures.push({ index: lacking[0]!.record, error });
    }
    report(upsert.name, started, {
      Records: records.length,
      Rows: entries.length,
      OutOfRange: outOfRange,
      Faults: new Set(misread.map(({ record }) => record)).size + refused,
      FailedWrites: failures.length,
    });
    return batchResponse(firstFailed(failures, numbers, shardId));
  };
}

function readAll(event: KinesisBatch, range: HashKeyRange | null, { readRows }: Services) {
  const entries: Entry[] = [];
  const misread: Misread[] = [];
  let outOfRange = 0;
  readEvent(event, (visited) => {
    const { index: record, subSequenceNumber: sub, data, start, end, arrival, fault } = visited;
    // The KPL sends these again, to the shard that they belong to.
    const { aggregated, partitionKey, explicitHashKey } = visited;
    if (range !== null && aggregated && !inShardRange(range, partitionKey, explicitHashKey)) {
      outOfRange += 1;
      return;
    }
    try {
      if (fault?.reason === 'BAD_BASE64') throw fault;
      for (const one of readRows(data, start, end, arrival)) {
        entries.push({ ...one, record, sub, arrival });
      }
    } catch (error) {
      if (!(error instanceof RecordFault)) throw error;
      misread.push({ record, sub, fault: fault ?? error });
    }
  });
  return { entries, misread, outOfRange };
}

/** Rows of one record share its fence: they come into an item together or not at all. */
function laneOf(shardId: string, sequenceNumbers: readonly string[]): Way {
  const attribute = laneAttribute(shardId);
  const fences = sequenceNumbers.map(fenceOf);
  return {
    lacking: (item, entries) => {
      const fence = storedFence(item, attribute);
      if (fence === null) return entries;
      return entries.filter(({ record }) => compareFences(fences[record]!, fence) > 0);
    },
    marks: (_, entries) => ({ [attribute]: { B: fences[entries.at(-1)!.record]! } }),
  };
}

function sourceIn(
  { Records = [] }: KinesisBatch,
  shardId: string,
  index: number,
  { upsert }: Services,
): Source {
  const { kinesis } = Records[index]!;
  return {
    application: upsert.name,
    stream: upsert.stream?.name ?? '',
    shardId,
    sequenceNumber: kinesis.sequenceNumber,
    partitionKey: kinesis.partitionKey,
    arrival: new Date(Math.round(kinesis.approximateArrivalTimestamp * 1000)).toISOString(),
    data: kinesis.data,
  };
}

function firstFailed(
  failures: readonly { readonly index: number; readonly error: unknown }[],
  sequenceNumbers: readonly string[],
  shardId: string,
): string | null {
  if (failures.length === 0) return null;
  const first = failures.reduce((low, one) => (one.index < low.index ? one : low));
  const sequenceNumber = sequenceNumbers[first.index]!;
  log('error', 'writes failed, the batch is tried again from the first record they lack', {
    ...errorDetails(first.error),
    shardId,
    sequenceNumber,
    writes: failures.length,
  });
  return sequenceNumber;
}
