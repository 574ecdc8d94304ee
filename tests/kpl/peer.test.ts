import { RecordAggregator } from 'aws-kinesis-agg';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeAggregate, type NewUserRecord } from '../../shared/kpl/encode.ts';
import { peerDecode } from './peer.ts';
import { decodeAll } from './protobuf.ts';

declare module 'aws-kinesis-agg' {
  /** Exported, and missing in the package's own types. */
  class RecordAggregator {
    addUserRecord(record: NewUserRecord): void;
    build(): { partitionKey: string; data: Buffer };
  }
}

/**
 * Against aws-kinesis-agg, within what it does right: its aggregator sorts integer-like keys and
 * loses "__proto__", its de-aggregator gives the first explicit hash key to records without one.
 * So here keys begin with a letter, and either all records have a hash key or none.
 */
const key = fc.tuple(
  fc.constantFrom('k', 'é', '鍵', '🔑'),
  fc.string({ maxLength: 50, unit: 'grapheme' }),
);
const data = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const plain = fc.record({ partitionKey: key.map((parts) => parts.join('')), data });
const placed = fc.tuple(plain, fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }));
const records: fc.Arbitrary<NewUserRecord[]> = fc.oneof(
  fc.array(plain, { minLength: 2, maxLength: 20 }),
  fc.array(
    placed.map(([record, hashKey]) => ({ ...record, explicitHashKey: hashKey.toString() })),
    { minLength: 2, maxLength: 20 },
  ),
);

test('the peer takes our aggregates apart', () => {
  fc.assert(
    fc.property(records, (list) => {
      expect(peerDecode(encodeAggregate(list).data)).toEqual(list);
    }),
  );
});

test('we take its aggregates apart', () => {
  // One hash key for all: two and more may be integer-like enough for its table to sort them.
  const oneHashKey = records.map((list) => {
    const explicitHashKey = list[0]?.explicitHashKey;
    return list.map((record) => (explicitHashKey ? { ...record, explicitHashKey } : record));
  });
  fc.assert(
    fc.property(oneHashKey, (list) => {
      const aggregator = new RecordAggregator();
      for (const record of list) aggregator.addUserRecord(record);
      const encoded = aggregator.build();
      expect(decodeAll(encoded.data)).toEqual(list);
      expect(encoded.data).toEqual(encodeAggregate(list).data);
    }),
  );
});
