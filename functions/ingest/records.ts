import { randomUUID } from 'node:crypto';
import type { Ingest } from '../../shared/config/ingest.ts';
import { checkUserRecord, rawBytes, tooLarge } from '../../shared/kpl/encode.ts';
import { InvalidUserRecord } from '../../shared/kpl/errors.ts';
import type { ProducerRecord } from '../../shared/producer/producer.ts';
import { type Element, nameOf } from './elements.ts';
import { Refusal } from './refusal.ts';

/** What every stream takes: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
export const RECORD_BYTES = 1024 * 1024;

/**
 * Gives each element its partition key. All are checked before the first is put: throws Refusal 400
 * or 413 with the first that Kinesis would not take.
 */
export function toRecords(
  elements: readonly Element[],
  { key }: Pick<Ingest, 'key'>,
  headers: Readonly<Record<string, string | undefined>>,
): ProducerRecord[] {
  const shared = key.kind === 'header' ? headerKey(headers[key.header], key.header) : null;
  return elements.map(({ data, key: own, place }) => {
    const record = { partitionKey: own ?? shared ?? randomUUID(), data };
    try {
      checkUserRecord(record);
      const bytes = rawBytes(record);
      if (bytes > RECORD_BYTES) throw tooLarge(bytes, RECORD_BYTES);
    } catch (error) {
      if (!(error instanceof InvalidUserRecord)) throw error;
      const status = error.reason === 'TOO_LARGE' ? 413 : 400;
      throw new Refusal(status, error.reason, `${nameOf(place)}: ${error.message}`, place);
    }
    return record;
  });
}

function headerKey(value: string | undefined, name: string): string {
  if (value) return value;
  throw new Refusal(
    400,
    'NO_KEY',
    `the partition key comes from the header ${name}, which is missing`,
  );
}
