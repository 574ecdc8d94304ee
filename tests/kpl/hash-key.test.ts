import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashKeyOf, hashKeyRange, inShardRange, MAX_HASH_KEY } from '../../shared/kpl/hash-key.ts';

/** The example of the MD5 as a number in awslabs' own Java sample data. */
const MD5_OF_ABC = 191415658344158766168031473277922803570n;

describe('hashKeyOf', () => {
  test('is the MD5 of the partition key, unsigned and big-endian', () => {
    expect(hashKeyOf('abc')).toBe(MD5_OF_ABC);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        const bytes = createHash('md5').update(Buffer.from(key, 'utf8')).digest();
        const number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
        expect(hashKeyOf(key)).toBe(number);
      }),
    );
  });

  test('is the explicit hash key where there is one', () => {
    expect(hashKeyOf('abc', '0')).toBe(0n);
    expect(hashKeyOf('abc', '007')).toBe(7n);
    expect(hashKeyOf('abc', MAX_HASH_KEY.toString())).toBe(MAX_HASH_KEY);
  });

  test.each([
    'undefined',
    '',
    '-1',
    '1.5',
    '0x10',
    ' 1',
    '1\n',
    '١',
    (MAX_HASH_KEY + 1n).toString(),
    '5'.padStart(40, '0'),
    '9'.repeat(100_000),
  ])('falls back to the partition key for %.20j', (text) => {
    expect(hashKeyOf('abc', text)).toBe(MD5_OF_ABC);
  });
});

describe('inShardRange', () => {
  const middle = 2n ** 127n;
  const low = hashKeyRange('0', (middle - 1n).toString());
  const high = hashKeyRange(middle.toString(), MAX_HASH_KEY.toString());

  test('both ends belong to the shard', () => {
    expect(inShardRange(low, 'k', '0')).toBe(true);
    expect(inShardRange(low, 'k', (middle - 1n).toString())).toBe(true);
    expect(inShardRange(low, 'k', middle.toString())).toBe(false);
    expect(inShardRange(high, 'k', middle.toString())).toBe(true);
    expect(inShardRange(high, 'k', MAX_HASH_KEY.toString())).toBe(true);
    expect(inShardRange(high, 'k', (middle - 1n).toString())).toBe(false);
  });

  test('every user record belongs to exactly one of the shards', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (key, hashKey) => {
        expect(inShardRange(low, key, hashKey)).not.toBe(inShardRange(high, key, hashKey));
      }),
    );
  });

  test('a shard of the whole space takes everything', () => {
    const whole = hashKeyRange('0', MAX_HASH_KEY.toString());
    expect(inShardRange(whole, 'k', 'undefined')).toBe(true);
    expect(inShardRange(whole, 'k')).toBe(true);
  });

  test('a shard may be one key wide', () => {
    expect(hashKeyRange('5', '5')).toEqual({ start: 5n, end: 5n });
  });

  test.each([
    ['5', '4'],
    ['', '4'],
    ['0', 'x'],
    ['0', (MAX_HASH_KEY + 1n).toString()],
  ])("'%s' to '%s' is no range", (start, end) => {
    expect(() => hashKeyRange(start, end)).toThrow('is no hash key range');
  });
});
