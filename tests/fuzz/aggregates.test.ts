import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { dataEnd, dataStart } from '../../shared/kpl/aggregate.ts';
import { decodeAggregate, looksAggregated } from '../../shared/kpl/decode.ts';
import { encodeAggregate } from '../../shared/kpl/encode.ts';
import { hashKeyOf } from '../../shared/kpl/hash-key.ts';
import { severalRecords } from '../kpl/arbitrary.ts';
import { decodeAll, field, frame, numberField, userRecords, varint } from '../kpl/protobuf.ts';
import { always } from './runs.ts';

const big = fc.oneof(
  fc.constantFrom(0n, 1n, 127n, 128n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n, 2n ** 64n),
  fc.bigInt({ min: 0n, max: 2n ** 70n }),
);
const garbage = fc.uint8Array({ maxLength: 12 }).map((list) => Buffer.from(list));
const number = fc.tuple(fc.nat(6), big).map(([tag, value]) => numberField(tag, value));
const claim = fc
  .tuple(fc.nat(5), big, garbage)
  .map(([tag, length, rest]) => Buffer.concat([varint(BigInt(tag * 8 + 2)), varint(length), rest]));
const groups = fc
  .tuple(fc.integer({ min: 1, max: 300 }), fc.boolean())
  .map(([depth, closes]) =>
    Buffer.concat([
      ...Array(depth).fill(varint(51n)),
      ...Array(closes ? depth : 0).fill(varint(52n)),
    ]),
  );

/** Fields of the format and of none, nested as a KPL message is, with lengths that lie. */
const { part } = fc.letrec<{ part: Buffer }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3 },
    number,
    garbage,
    claim,
    groups,
    fc
      .tuple(fc.nat(5), fc.array(tie('part'), { maxLength: 4 }))
      .map(([tag, parts]) => field(tag, ...parts)),
  ),
}));
const message = fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => Buffer.concat(parts));

describe('aggregates', () => {
  always(
    'any message with the right MD5: damaged, or records that lie inside it',
    fc.property(message, (bytes) => {
      const data = frame(bytes);
      const result = decodeAggregate(data);
      if (result?.kind !== 'aggregate') {
        expect(result?.kind).toBe(bytes.length === 0 ? undefined : 'damaged');
        return;
      }
      for (let i = 0; i < result.count; i++) {
        expect(dataStart(result, i)).toBeGreaterThanOrEqual(4);
        expect(dataEnd(result, i)).toBeGreaterThanOrEqual(dataStart(result, i));
        expect(dataEnd(result, i)).toBeLessThanOrEqual(data.length - 16);
      }
      for (const { partitionKey, explicitHashKey } of userRecords(result)) {
        const hashKey = hashKeyOf(partitionKey, explicitHashKey);
        expect(hashKey >= 0n && hashKey < 2n ** 128n).toBe(true);
      }
    }),
  );

  always(
    'what was put together comes apart, between unknown fields and whatever their order',
    fc.property(
      severalRecords,
      fc.array(number, { maxLength: 3 }),
      fc.boolean(),
      (list, more, turned) => {
        const sound = encodeAggregate(list).data;
        expect(looksAggregated(sound.toString('base64'))).toBe(true);
        const unknown = more.filter((one) => one[0]! >= 0x28 && one.length < 11);
        const parts = [...unknown, sound.subarray(4, -16)];
        const records = decodeAll(frame(...(turned ? parts.reverse() : parts)));
        expect(records).toEqual(
          list.map(({ partitionKey, explicitHashKey, data }) => ({
            partitionKey: Buffer.from(partitionKey).toString(),
            ...(explicitHashKey === undefined ? {} : { explicitHashKey }),
            data,
          })),
        );
      },
    ),
  );
});
