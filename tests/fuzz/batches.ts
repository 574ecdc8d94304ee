import fc from 'fast-check';
import type { StreamEvent } from '../../shared/consume/consume.ts';
import type { NewUserRecord } from '../../shared/kpl/encode.ts';
import { encodeAggregate } from '../../shared/kpl/encode.ts';
import { FIRST_SEQUENCE } from '../helpers/wire.ts';

/** What may stand in a Kinesis record: base64 as it comes, and its key. */
export interface Put {
  readonly base64: string;
  readonly partitionKey: string;
  /** Seconds since 1970, as Lambda sends it. */
  readonly arrival: number;
}

/** 1 to 256 characters, of one to four bytes: what Kinesis takes. */
export const partitionKey = fc.oneof(
  fc.constantFrom(
    'a',
    '0',
    '__proto__',
    '鍵'.repeat(256),
    '🔑'.repeat(256),
    '\u0000',
    '|#%',
    '\ufffd',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 256 }).map((s) => s.toWellFormed()),
);

const explicitHashKey = fc.option(
  fc.constantFrom('0', '340282366920938463463374607431768211455', 'undefined', ''),
  { nil: undefined },
);

/** Seconds within the years 1 to 9999, the ends of that and of what is near 0 among them. */
export const arrival = fc.oneof(
  fc.constantFrom(0, -0, 0.0004, -0.001, 1704164645.678, 253_402_300_799.999, -62_135_596_800),
  fc.double({ min: -62_135_596_800, max: 253_402_300_799, noNaN: true }),
);

const NOT_BASE64 = [
  '%%%%',
  'A',
  'AA',
  'AB==',
  'AA==AAAA',
  'AA-_',
  'AAA\n',
  'AAAŁ',
  '84maw',
  '=',
  '🔑aa',
];
const base64 = (data: Buffer): string => data.toString('base64');

/** An aggregate of these records, as the KPL makes it: of one too. */
function aggregateOf(records: readonly NewUserRecord[]): Buffer {
  return encodeAggregate(records).data;
}

/** A sound aggregate with one byte changed or cut behind a place: mostly found out by its MD5. */
const brokenAggregate = (sound: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc.tuple(sound, fc.nat(), fc.nat(255), fc.boolean()).map(([data, at, byte, cut]) => {
    const place = at % data.length;
    if (cut) return data.subarray(0, place);
    const other = Buffer.from(data);
    other[place] = byte;
    return other;
  });

/** Kinesis records of all kinds around user data of one kind. */
export function puts(data: fc.Arbitrary<Buffer>): fc.Arbitrary<Put[]> {
  const user = fc.record({ partitionKey, explicitHashKey, data }).map(
    // The encoder refuses what Kinesis would; in an aggregate the KPL itself wrote such keys.
    ({ explicitHashKey: key, ...rest }): NewUserRecord =>
      key === undefined || !/^\d+$/.test(key) ? rest : { ...rest, explicitHashKey: key },
  );
  const aggregate = fc.array(user, { minLength: 2, maxLength: 5 }).map(aggregateOf);
  const content = fc.oneof(
    { weight: 4, arbitrary: data.map(base64) },
    { weight: 3, arbitrary: aggregate.map(base64) },
    { weight: 2, arbitrary: brokenAggregate(aggregate).map(base64) },
    { weight: 1, arbitrary: fc.constantFrom(...NOT_BASE64) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  );
  return fc.array(fc.record({ base64: content, partitionKey, arrival }), { maxLength: 8 });
}

/** The batch of one shard, in order. */
export function eventOf(list: readonly Put[]): StreamEvent & { Records: KinesisEventRecord[] } {
  return {
    Records: list.map((put, i) => {
      const sequenceNumber = String(FIRST_SEQUENCE + BigInt(i));
      const { partitionKey: key, arrival: approximateArrivalTimestamp } = put;
      return {
        eventID: `shardId-000000000003:${sequenceNumber}`,
        kinesis: {
          sequenceNumber,
          partitionKey: key,
          approximateArrivalTimestamp,
          data: put.base64,
        },
      };
    }),
  };
}

type KinesisEventRecord = NonNullable<StreamEvent['Records']>[number];
