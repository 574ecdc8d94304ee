import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { createReader, type ReadRecord } from '../../shared/consume/consumed-record.ts';
import { decodeBase64, decodedSize } from '../../shared/records/base64.ts';
import { userRecords } from '../../shared/records/event.ts';
import { RecordFault } from '../../shared/records/types.ts';
import { arrival, eventOf, puts } from './batches.ts';
import { bytes, damaged, depthOf, jsonText } from './payloads.ts';
import { always } from './runs.ts';

const data = fc.oneof(bytes, damaged(jsonText(['a'])));

describe('events', () => {
  const alphabet = 'AQgwBEIMUYck/+-_= \n09zé\u0141\ud83d';
  const almost = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 40 });
  const spoilt = fc.tuple(bytes, fc.nat(), almost).map(([written, at, put]) => {
    const text = written.toString('base64');
    const place = at % (text.length + 1);
    return text.slice(0, place) + put.slice(0, 2) + text.slice(place);
  });
  always(
    'base64: what encoding the bytes gives back, and nothing else; not a byte past them is written',
    fc.property(
      fc.oneof(
        almost,
        spoilt,
        bytes.map((b) => b.toString('base64')),
      ),
      (text) => {
        const into = Buffer.alloc(decodedSize(text) + 8, 0xaa);
        const length = decodeBase64(text, into);
        const again = Buffer.from(text, 'base64').toString('base64');
        if (again !== text) expect(length).toBe(-1);
        else expect(into.subarray(0, length).toString('base64')).toBe(text);
        const behind = into.subarray(Math.max(length, decodedSize(text)));
        expect(behind.every((byte) => byte === 0xaa)).toBe(true);
      },
    ),
  );

  always(
    'both readers give every Kinesis record, and the same user records of it',
    fc.property(puts(data), (list) => {
      const event = eventOf(list);
      const eager = userRecords(event);
      const lazy = readAll(event);
      expect(lazy.map(identity)).toEqual(eager.map(identity));
      for (const [i, one] of lazy.entries()) {
        const { data: known, fault } = eager[i]!;
        if (fault?.reason === 'BAD_BASE64') {
          expect(faultOf(() => one.data)).toBe('BAD_BASE64');
          expect(faultOf(() => one.text())).toBe('BAD_BASE64');
        } else {
          expect(one.fault).toEqual(fault);
          expect(one.data.equals(known)).toBe(true);
        }
      }
      const seen = new Set(eager.map(({ sequenceNumber }) => sequenceNumber));
      // Only an aggregate that holds nothing gives nothing, and the encoder makes none.
      expect(seen.size).toBe(list.length);
    }),
  );

  always(
    "a record's text and JSON: what JSON.parse takes up to 1,000 levels, or a fault that says why",
    fc.property(puts(data), (list) => {
      for (const record of readAll(eventOf(list))) {
        const text = utf8Of(record);
        const known = text !== null && isJson(text) && depthOf(text) <= 1000;
        expect(faultOf(() => record.json()) === 'none').toBe(known);
        if (text === null) expect(faultOf(() => record.text())).toMatch(/^BAD_/);
        else expect(record.text()).toBe(text);
      }
    }),
  );

  const impossible = fc.oneof(
    fc.constantFrom(
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.MAX_VALUE,
      Number.MAX_SAFE_INTEGER,
      253_402_300_800,
      -62_135_596_801,
      8_640_000_000_001,
    ),
    fc.double({ min: 253_402_300_800 }),
  );
  always(
    'an arrival that no calendar has is refused by name, by both readers, before anything is read',
    fc.property(puts(data), impossible, fc.nat(), arrival, (list, wrong, at, right) => {
      const event = eventOf([...list, { base64: '', partitionKey: 'a', arrival: right }]);
      const index = at % event.Records.length;
      const { kinesis } = event.Records[index]!;
      const changed = { ...kinesis, approximateArrivalTimestamp: wrong };
      const Records = event.Records.with(index, { ...event.Records[index]!, kinesis: changed });
      const message = `Records[${index}] has no kinesis.approximateArrivalTimestamp`;
      expect(() => userRecords({ Records })).toThrow(message);
      expect(() => createReader({ Records })).toThrow(message);
    }),
  );
});

function readAll(event: Parameters<typeof createReader>[0]): ReadRecord[] {
  const { next } = createReader(event);
  const records: ReadRecord[] = [];
  for (let record = next(); record !== null; record = next()) records.push(record);
  return records;
}

type Identity = Pick<
  ReadRecord,
  | 'shardId'
  | 'sequenceNumber'
  | 'subSequenceNumber'
  | 'aggregated'
  | 'partitionKey'
  | 'explicitHashKey'
  | 'arrival'
>;

function identity(
  record: Omit<Identity, 'explicitHashKey'> & { explicitHashKey?: string | undefined },
): Identity {
  const { shardId, sequenceNumber, subSequenceNumber, aggregated, partitionKey } = record;
  const { explicitHashKey, arrival: at } = record;
  return {
    shardId,
    sequenceNumber,
    subSequenceNumber,
    aggregated,
    partitionKey,
    explicitHashKey,
    arrival: at,
  };
}

function faultOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof RecordFault) return error.reason;
    throw error;
  }
  return 'none';
}

function utf8Of(record: ReadRecord): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(record.data);
  } catch {
    return null;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
