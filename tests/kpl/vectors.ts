import { existsSync, readFileSync } from 'node:fs';
import type { NewUserRecord } from '../../shared/kpl/encode.ts';

export interface Vector {
  b64: string;
  records: { pk: string; ehk?: string; data: string }[];
}

/** Aggregates made by other producers: the KPL (through Flink; before a KDA preprocessor) and the Python aggregator. */
export const OWN: Record<string, Vector> = {
  'own: lifion325-rebuilt': {
    b64: '84mawgoJV0VCU09DS0VUGjIIABoueyJpZCI6ICI4MDAzYzBlMiIsICJtc2ciOiAiQVVUSEVOVElDQVRFRF9BQ0sifRovCAAaK3siaWQiOiAiODAwM2MwZTIiLCAibXNnIjogIlNVQlNDUklCRURfQUNLIn1EVUp/1g6VzFIl0bzcX0KU',
    records: [
      { pk: 'WEBSOCKET', data: 'eyJpZCI6ICI4MDAzYzBlMiIsICJtc2ciOiAiQVVUSEVOVElDQVRFRF9BQ0sifQ==' },
      { pk: 'WEBSOCKET', data: 'eyJpZCI6ICI4MDAzYzBlMiIsICJtc2ciOiAiU1VCU0NSSUJFRF9BQ0sifQ==' },
    ],
  },
  'own: elastic-ref': {
    b64: '84mawgoEcGstMAoEcGstMQoEcGstMhoTCAAaD3sibXNnIjoibGluZTAifRoTCAEaD3sibXNnIjoibGluZTEifRoTCAIaD3sibXNnIjoibGluZTIifZ8hyadI+v2KZPZrUGim6cQ=',
    records: [
      { pk: 'pk-0', data: 'eyJtc2ciOiJsaW5lMCJ9' },
      { pk: 'pk-1', data: 'eyJtc2ciOiJsaW5lMSJ9' },
      { pk: 'pk-2', data: 'eyJtc2ciOiJsaW5lMiJ9' },
    ],
  },
  'own: kpl-ka': {
    b64: '84mawgoNMTU2MjYwMjA3NDg5NhInMzM5NjA2NjAwOTQyOTY3MzkxODU0NjAzNTUyNDAyMDIxODQ3MjkyGicIABAAGiFSRUNPUkQgMjAwNSBwanFyY2ZieGFmemRuZHptYmdhbmUaJwgAEAAaIVJFQ09SRCAyMDA2IHBqcXJjZmJ4YWZ6ZG5kem1iZ2FuZRonCAAQABohUkVDT1JEIDIwMDcgcGpxcmNmYnhhZnpkbmR6bWJnYW5lGicIABAAGiFSRUNPUkQgMjAwOCBwanFyY2ZieGFmemRuZHptYmdhbmUHrLqXAgpJOT8v1lp81gM/',
    records: [
      {
        pk: '1562602074896',
        ehk: '339606600942967391854603552402021847292',
        data: 'UkVDT1JEIDIwMDUgcGpxcmNmYnhhZnpkbmR6bWJnYW5l',
      },
      {
        pk: '1562602074896',
        ehk: '339606600942967391854603552402021847292',
        data: 'UkVDT1JEIDIwMDYgcGpxcmNmYnhhZnpkbmR6bWJnYW5l',
      },
      {
        pk: '1562602074896',
        ehk: '339606600942967391854603552402021847292',
        data: 'UkVDT1JEIDIwMDcgcGpxcmNmYnhhZnpkbmR6bWJnYW5l',
      },
      {
        pk: '1562602074896',
        ehk: '339606600942967391854603552402021847292',
        data: 'UkVDT1JEIDIwMDggcGpxcmNmYnhhZnpkbmR6bWJnYW5l',
      },
    ],
  },
};

/** Their tables hold entries that nothing refers to. */
export const NOT_REBUILT = ['fluentd-13', 'go-foo-bar'];

/** An envelope of one record, which the KPL sends raw, and a hash key that is no number: the bytes fit, but we never send that. */
export const NEVER_SENT = ['s2f-1', 'old-node-undefined-ehk'];

const file = new URL('../../../shared/data/kpl-vectors.json', import.meta.url);
export const isPresent = existsSync(file);
export const COLLECTED: Record<string, Vector> = isPresent
  ? JSON.parse(readFileSync(file, 'utf8'))
  : {};

/** What was put into a vector. */
export function inputOf({ records }: Vector): NewUserRecord[] {
  return records.map(({ pk, ehk, data }) => ({
    partitionKey: pk,
    ...(ehk === undefined ? {} : { explicitHashKey: ehk }),
    data: Buffer.from(data, 'base64'),
  }));
}
