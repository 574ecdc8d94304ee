import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { looksAggregated } from '../../shared/kpl/decode.ts';
import { encodeAggregate } from '../../shared/kpl/encode.ts';
import { append, emptyMessage, writeFrame } from '../../shared/kpl/message.ts';
import { decodeAll } from './protobuf.ts';

interface Vector {
  b64: string;
  records: { pk: string; ehk?: string; data: string }[];
}

/** Aggregates made by other producers: the KPL (through Flink; before a KDA preprocessor) and the Python aggregator. */
const OWN: Record<string, Vector> = {
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
const NOT_REBUILT = ['fluentd-13', 'go-foo-bar'];

/** An envelope of one record, which the KPL sends raw, and a hash key that is no number: the bytes fit, but we never send that. */
const NEVER_SENT = ['s2f-1', 'old-node-undefined-ehk'];

const file = new URL('../../../shared/data/kpl-vectors.json', import.meta.url);
const present = existsSync(file);
const all: Record<string, Vector> = present ? JSON.parse(readFileSync(file, 'utf8')) : {};

describe.each(Object.entries(OWN))('%s', check);

describe.skipIf(!present)(
  'the collected vectors (skipped where kpl-vectors.json is absent)',
  () => {
    test('are there', () => expect(Object.keys(all).length).toBeGreaterThan(0));
    for (const [name, vector] of Object.entries(all)) describe(name, () => check(name, vector));
  },
);

function check(name: string, { b64, records }: Vector): void {
  const expected = records.map(({ pk, ehk, data }) => ({
    partitionKey: pk,
    ...(ehk === undefined ? {} : { explicitHashKey: ehk }),
    data: Buffer.from(data, 'base64'),
  }));

  test('decodes to what was put', () => {
    expect(looksAggregated(b64)).toBe(true);
    expect(decodeAll(Buffer.from(b64, 'base64'))).toEqual(expected);
  });

  test.skipIf(NOT_REBUILT.includes(name))('is rebuilt byte for byte', () => {
    const message = emptyMessage();
    for (const record of expected) append(message, record);
    expect(writeFrame(message).toString('base64')).toBe(b64);
    if (!NEVER_SENT.includes(name)) {
      expect(encodeAggregate(expected).data.toString('base64')).toBe(b64);
    }
  });
}
