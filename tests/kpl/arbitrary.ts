import fc from 'fast-check';
import type { NewUserRecord } from '../../shared/kpl/encode.ts';

const partitionKey = fc.oneof(
  fc.constantFrom('10', '2', '7', '0', '__proto__', 'constructor', 'a', 'é', '鍵', '🔑'),
  fc.string({ minLength: 1, maxLength: 256, unit: 'grapheme' }).filter((s) => s.length <= 256),
  fc.nat().map(String),
);

const explicitHashKey = fc.oneof(
  fc.constantFrom('0', '5', '3', '340282366920938463463374607431768211455'),
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
);

const data = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

/** A user record with keys of the kinds that break table orders and byte counts; data may be empty. */
export const newUserRecord: fc.Arbitrary<NewUserRecord> = fc.record(
  { partitionKey, explicitHashKey, data },
  { requiredKeys: ['partitionKey', 'data'] },
);

/** Two and more: what becomes an aggregate. */
export const severalRecords = fc.array(newUserRecord, { minLength: 2, maxLength: 30 });
