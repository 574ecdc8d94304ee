import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bucket } from '../../shared/sql/plan.ts';
import { bucketEnd, bucketStart, isoTime } from '../../shared/windows/bucket.ts';

const MINUTE: Bucket = { unit: 'ms', size: 60_000 };
const QUARTER: Bucket = { unit: 'months', size: 3 };
const time = (text: string): number => new Date(text).getTime();

const bucket: fc.Arbitrary<Bucket> = fc.oneof(
  fc.integer({ min: 1, max: 10 * 86_400_000 }).map((size) => ({ unit: 'ms' as const, size })),
  fc.integer({ min: 1, max: 1200 }).map((size) => ({ unit: 'months' as const, size })),
);
const anyTime = fc.integer({
  min: time('0001-01-01T00:00:00Z'),
  max: time('9999-12-31T23:59:59Z'),
});

describe('buckets', () => {
  it.each([
    [MINUTE, '2024-02-29T12:34:56.789Z', '2024-02-29T12:34:00Z', '2024-02-29T12:35:00Z'],
    [MINUTE, '2024-02-29T12:34:00Z', '2024-02-29T12:34:00Z', '2024-02-29T12:35:00Z'],
    [MINUTE, '1969-12-31T23:59:59.999Z', '1969-12-31T23:59:00Z', '1970-01-01T00:00:00Z'],
    [QUARTER, '2024-02-29T00:00:00Z', '2024-01-01T00:00:00Z', '2024-04-01T00:00:00Z'],
    [QUARTER, '2023-12-31T23:59:59.999Z', '2023-10-01T00:00:00Z', '2024-01-01T00:00:00Z'],
    [QUARTER, '1969-11-05T00:00:00Z', '1969-10-01T00:00:00Z', '1970-01-01T00:00:00Z'],
  ] as const)('%o at %s', (size, at, start, end) => {
    expect(bucketStart(time(at), size)).toBe(time(start));
    expect(bucketEnd(time(start), size)).toBe(time(end));
  });

  it('hold the time, begin where they begin, and follow one another without a gap', () => {
    fc.assert(
      fc.property(bucket, anyTime, (size, at) => {
        const start = bucketStart(at, size);
        const end = bucketEnd(start, size);
        expect(start <= at && at < end).toBe(true);
        expect(bucketStart(start, size)).toBe(start);
        expect(bucketStart(end - 1, size)).toBe(start);
        expect(bucketStart(end, size)).toBe(end);
      }),
    );
  });

  it('are named by ISO 8601, with a fraction only where there is one', () => {
    expect(isoTime(time('2024-01-02T03:04:05Z'))).toBe('2024-01-02T03:04:05Z');
    expect(isoTime(time('2024-01-02T03:04:05.100Z'))).toBe('2024-01-02T03:04:05.100Z');
    expect(isoTime(-1)).toBe('1969-12-31T23:59:59.999Z');
  });
});
