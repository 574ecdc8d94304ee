import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Damage, type DamageReason, decodeAggregate } from '../../shared/kpl/decode.ts';
import { encodeAggregate } from '../../shared/kpl/encode.ts';
import { severalRecords } from './arbitrary.ts';
import {
  field,
  frame,
  hashKeyEntry,
  keyEntry,
  numberField,
  userRecord,
  userRecords,
  varint,
} from './protobuf.ts';

const key = keyEntry('k');
const good = userRecord(0n, 'good');
/** A good field that would be one without its first byte, too: it hides a reader that took a byte too many. */
const decoy = field(5, Buffer.from([1, 0x2a, 37]), Buffer.alloc(37));

describe('damage that the MD5 does not show', () => {
  const cases: [string, DamageReason, Buffer[]][] = [
    ['a key index outside the table', 'INDEX', [key, good, userRecord(1n, 'x')]],
    ['a key index without table', 'INDEX', [good]],
    ['a hash key index without table', 'INDEX', [key, good, userRecord(0n, 'x', 0n)]],
    ['a hash key index outside', 'INDEX', [key, hashKeyEntry('1'), userRecord(0n, 'x', 1n)]],
    [
      'a hash key index that only an unknown field would reach',
      'INDEX',
      [key, hashKeyEntry('1'), field(9, 'x'), userRecord(0n, 'x', 1n)],
    ],
    ['an index of 2^31', 'INDEX', [key, userRecord(2n ** 31n, 'x')]],
    ['an index of 2^32, which must not wrap to 0', 'INDEX', [key, userRecord(2n ** 32n, 'x')]],
    ['an index of 2^53', 'INDEX', [key, userRecord(2n ** 53n, 'x')]],
    ['an index of 2^64 - 1', 'INDEX', [key, userRecord(2n ** 64n - 1n, 'x')]],
    ['a hash key index of 2^32', 'INDEX', [key, hashKeyEntry('1'), userRecord(0n, 'x', 2n ** 32n)]],
    ['no partition key index', 'MISSING_FIELD', [key, good, field(3, field(3, 'x'))]],
    ['no data', 'MISSING_FIELD', [key, good, field(3, numberField(1, 0n))]],
    ['an empty user record', 'MISSING_FIELD', [key, good, field(3)]],
    ['a tag without key', 'MISSING_FIELD', [key, recordWith(field(4, field(2, 'value')))]],
    ['an index of 2^64', 'STRUCTURE', [key, userRecord(2n ** 64n, 'x')]],
    ['an index of eleven bytes', 'STRUCTURE', [key, userRecord(2n ** 75n, 'x')]],
    ['a number past the end of its record', 'STRUCTURE', [key, recordWith(cut(1)), decoy]],
    ['a longer number past the end', 'STRUCTURE', [key, recordWith(cut(2)), decoy]],
    ['text', 'STRUCTURE', [Buffer.from('some text, no message')]],
    ['field number 0', 'STRUCTURE', [key, Buffer.from([2, 1, 65])]],
    ['a tag above 32 bits', 'STRUCTURE', [key, varint(2n ** 32n + 10n), Buffer.from([1, 65])]],
    ['a type that does not exist', 'STRUCTURE', [key, varint(6n * 8n + 7n)]],
    ['such a type before other bytes', 'STRUCTURE', [key, varint(55n), Buffer.alloc(4, 8)]],
    ['the end of a group that did not begin', 'STRUCTURE', [key, varint(6n * 8n + 4n)]],
    ['a group without end', 'STRUCTURE', [key, varint(6n * 8n + 3n), numberField(1, 1n)]],
    ['groups nested too deep', 'STRUCTURE', [key, ...Array(5000).fill(varint(51n))]],
    ['a length past the end', 'STRUCTURE', [key, good, Buffer.from([0x1a, 5, 8])]],
    ['a length of 2^32', 'STRUCTURE', [key, Buffer.from([0x1a]), varint(2n ** 32n)]],
    ['a length of 2^64 - 1', 'STRUCTURE', [key, Buffer.from([0x0a]), varint(2n ** 64n - 1n)]],
    [
      'data past the end of its record',
      'STRUCTURE',
      [key, recordWith(Buffer.from([0x1a, 9])), good],
    ],
    ['a fixed field past the end', 'STRUCTURE', [key, good, varint(81n), Buffer.alloc(7)]],
    ['a tag and no more', 'STRUCTURE', [key, good, Buffer.from([0x1a])]],
  ];

  test.each(cases)('%s', (_, reason, fields) => {
    const result = decodeAggregate(frame(...fields));
    expect(result).toMatchObject({ kind: 'damaged', reason });
    expect((result as Damage).message).toMatch(/^[A-Z].*\.$/);
  });

  test('groups nest to 100 levels; what is deeper is refused before it fills the stack', () => {
    const nested = (levels: number) => {
      const opening = Buffer.concat(Array(levels).fill(varint(51n)));
      return decodeAggregate(
        frame(key, good, opening, Buffer.concat(Array(levels).fill(varint(52n)))),
      );
    };
    expect(nested(100)).toMatchObject({ kind: 'aggregate', count: 1 });
    const reason = expect.stringMatching(/^Groups nest too deep at byte \d+\.$/);
    expect(nested(101)).toMatchObject({ reason: 'STRUCTURE', message: reason });
    expect(nested(100_000)).toMatchObject({ reason: 'STRUCTURE', message: reason });
  });

  test('a fixed field may end with the message', () => {
    for (const [tag, bytes] of [
      [81n, 8],
      [93n, 4],
    ] as const) {
      const result = decodeAggregate(frame(key, good, varint(tag), Buffer.alloc(bytes)));
      expect(result).toMatchObject({ kind: 'aggregate', count: 1 });
    }
  });

  test('the message says which user record', () => {
    const result = decodeAggregate(frame(key, good, good, userRecord(7n, 'secret')));
    expect(result).toMatchObject({
      message: 'User record 2 names a partition key outside the table of 1.',
    });
  });

  test('every cut of a message is damaged or holds fewer whole records, with a fitting MD5', () => {
    const parts = [key, hashKeyEntry('1'), userRecord(0n, 'one', 0n), good, userRecord(0n, '')];
    const message = Buffer.concat(parts);
    const ends = parts.map((_, i) => Buffer.concat(parts.slice(0, i + 1)).length);
    for (let length = 1; length < message.length; length++) {
      const result = decodeAggregate(frame(message.subarray(0, length)));
      expect(result?.kind).toBe(ends.includes(length) ? 'aggregate' : 'damaged');
    }
  });

  test('random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
        const result = decodeAggregate(frame(Buffer.from(bytes)));
        if (result?.kind === 'aggregate') userRecords(result);
        expect(result).not.toBeNull();
      }),
    );
  });

  test('a message changed in one byte never throws and points at nothing outside it', () => {
    fc.assert(
      fc.property(severalRecords, fc.nat(), fc.nat(255), (records, at, byte) => {
        const message = encodeAggregate(records).data.subarray(4, -16);
        message[at % message.length] = byte;
        const data = frame(message);
        const result = decodeAggregate(data);
        if (result?.kind !== 'aggregate') return;
        for (const record of userRecords(result)) {
          expect(record.partitionKey).toBeTypeOf('string');
          expect(message.includes(record.data)).toBe(true);
        }
      }),
    );
  });
});

describe('damage on the way', () => {
  test('a changed byte', () => {
    fc.assert(
      fc.property(severalRecords, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, at, mask) => {
        const { data } = encodeAggregate(list);
        const where = at % data.length;
        data[where] = (data[where] as number) ^ mask;
        const result = decodeAggregate(data);
        if (where < 4) expect(result).toBeNull();
        else {
          const message = 'The MD5 at the end does not match.';
          expect(result).toEqual({ kind: 'damaged', reason: 'MD5', message });
        }
      }),
    );
  });

  test('a record cut short', () => {
    fc.assert(
      fc.property(severalRecords, fc.nat(), (list, at) => {
        const { data } = encodeAggregate(list);
        const result = decodeAggregate(data.subarray(0, at % data.length));
        if (at % data.length <= 20) expect(result).toBeNull();
        else expect(result).toMatchObject({ kind: 'damaged', reason: 'MD5' });
      }),
    );
  });

  test('bytes appended', () => {
    const { data } = encodeAggregate([
      { partitionKey: 'a', data: Buffer.from('x') },
      { partitionKey: 'b', data: Buffer.from('y') },
    ]);
    const longer = Buffer.concat([data, Buffer.from('\n')]);
    expect(decodeAggregate(longer)).toMatchObject({ kind: 'damaged', reason: 'MD5' });
  });
});

function recordWith(extra: Buffer): Buffer {
  return field(3, numberField(1, 0n), field(3, 'x'), extra);
}

/** An unknown field whose number ends in the middle. */
function cut(bytes: number): Buffer {
  return Buffer.from([0x28, ...Array(bytes).fill(0x80)]);
}
