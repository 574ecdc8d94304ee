import { setAside } from '../../shared/consume/set-aside.ts';
import { errorDetails, log } from '../../shared/observe/log.ts';
import { decodeBase64, decodedSize } from '../../shared/records/base64.ts';
import { RecordFault } from '../../shared/records/types.ts';
import {
  contributionId,
  contributionsOf,
  withContributions,
} from '../../shared/results/contributions.ts';
import { type Misread, misreadRecords, putRefused, type Source } from './faults.ts';
import type { Way } from './items.ts';
import type { Entry } from './rows.ts';
import { report, type Services, writeItems } from './services.ts';

/**
 * Rows as the Lambda destination of Kinesis Data Analytics for SQL hands them over.
 * https://docs.aws.amazon.com/kinesisanalytics/latest/dev/how-it-works-output-lambda.html
 */
export interface DeliveryEvent {
  readonly invocationId: string;
  readonly applicationArn: string;
  readonly records: readonly {
    readonly recordId: string;
    /** How often it was delivered before. */
    readonly lambdaDeliveryRecordMetadata?: { readonly retryHint: number };
    /** Base64. */
    readonly data: string;
  }[];
}

export interface DeliveryResponse {
  /** One for each recordId. */
  readonly records: readonly {
    readonly recordId: string;
    readonly result: 'Ok' | 'DeliveryFailed';
  }[];
}

/**
 * Rows without order and without sequence numbers, each of which may come again by its recordId. An
 * item remembers what was added to it; extremes and versions are the same however often they come.
 * What is wrong with a row is set aside, and `Ok`: delivered again it would be as wrong.
 */
export function createDeliveryUpsert(services: Services, now: () => number = Date.now) {
  const { upsert, faults } = services;
  return async (event: DeliveryEvent): Promise<DeliveryResponse> => {
    const started = performance.now();
    const arrival = now();
    const { records, applicationArn } = event;
    const { entries, misread } = readAll(event, arrival, services);
    const sourceOf = (index: number): Source => ({
      application: upsert.name,
      stream: applicationArn,
      shardId: 'delivered',
      sequenceNumber: fileName(records[index]!.recordId),
      partitionKey: '',
      arrival: new Date(arrival).toISOString(),
      data: records[index]!.data,
    });

    const lost = await setAside(faults, misreadRecords(misread, sourceOf));
    let refused = 0;
    const failed = await writeItems(services, entries, wayOf(event, services), (rows, why) => {
      refused += 1;
      return putRefused(faults, sourceOf(rows[0]!.record), rows, why);
    });
    const again = new Set([
      ...lost.map(({ index }) => records[index]!.recordId),
      ...failed.flatMap((one) => one.entries.map(({ record }) => records[record]!.recordId)),
    ]);
    const [first] = [...lost, ...failed];
    if (first !== undefined) {
      log('error', 'rows could not be stored; their records are to be delivered again', {
        ...errorDetails(first.error),
        invocationId: event.invocationId,
        records: again.size,
      });
    }
    report(upsert.name, started, {
      Records: records.length,
      Rows: entries.length,
      Faults: new Set(misread.map(({ record }) => record)).size + refused,
      FailedWrites: failed.length,
    });
    const ids = [...new Set(records.map(({ recordId }) => recordId))];
    return {
      records: ids.map((recordId) => ({
        recordId,
        result: again.has(recordId) ? 'DeliveryFailed' : 'Ok',
      })),
    };
  };
}

/** Throws Error unless it is of this form. */
export function checkDelivery(event: DeliveryEvent): DeliveryEvent {
  const wrong = event.records.findIndex(
    ({ recordId, data }) => typeof recordId !== 'string' || typeof data !== 'string',
  );
  if (wrong < 0 && typeof event.applicationArn === 'string') return event;
  const what = wrong < 0 ? 'applicationArn' : `records[${wrong}] has no recordId or no data`;
  throw new Error(`not an event of a Lambda destination: ${what}`);
}

function readAll({ records }: DeliveryEvent, arrival: number, { readRows }: Services) {
  const entries: Entry[] = [];
  const misread: Misread[] = [];
  for (const [record, { data }] of records.entries()) {
    try {
      const buffer = Buffer.allocUnsafe(decodedSize(data));
      const length = decodeBase64(data, buffer);
      if (length < 0) throw new RecordFault('BAD_BASE64', 'the data of the record is not base64');
      for (const [sub, one] of readRows(buffer, 0, length, arrival).entries()) {
        entries.push({ ...one, record, sub, arrival });
      }
    } catch (error) {
      if (!(error instanceof RecordFault)) throw error;
      misread.push({ record, sub: 0, fault: error });
    }
  }
  return { entries, misread };
}

/** Only what is added needs to be remembered: all else is the same however often it comes. */
function wayOf({ applicationArn, records }: DeliveryEvent, { upsert }: Services): Way {
  if (upsert.columns.every(({ merge }) => merge !== 'add')) {
    return { lacking: (_, entries) => entries, marks: () => ({}) };
  }
  const idOf = ({ record, sub }: Entry): string =>
    contributionId(applicationArn, records[record]!.recordId, sub);
  return {
    lacking: (item, entries) => {
      const seen = new Set(contributionsOf(item));
      return entries.filter((entry) => {
        const id = idOf(entry);
        const isNew = !seen.has(id);
        seen.add(id);
        return isNew;
      });
    },
    marks: (item, entries) => withContributions(item, entries.map(idOf)),
  };
}

/** Record ids are opaque; a fault's file is named by them. */
function fileName(recordId: string): string {
  if (/^[\w-]{1,128}$/.test(recordId)) return recordId;
  return Buffer.from(contributionId(recordId), 'latin1').toString('hex');
}
