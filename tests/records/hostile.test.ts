import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoder, type Decoder } from '../../shared/records/format.ts';
import { isGzip } from '../../shared/records/gunzip.ts';
import { FORMAT_NAMES, RecordFault } from '../../shared/records/types.ts';
import type { Row } from '../../shared/sql/types.ts';
import { SAMPLES } from './samples.ts';

const ARRIVAL = Date.UTC(2026, 4, 2);

/** The rows, or the reason of the fault, which must come before any row. */
function outcome(decoder: Decoder, record: Buffer): Row[] | string {
  const rows: Row[] = [];
  try {
    decoder.decode(record, 0, record.length, (row) => rows.push(row), ARRIVAL);
    return rows;
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
    expect(rows).toEqual([]);
    return error.reason;
  }
}

/** Pieces of a record put together anew: bytes changed, cut out, doubled, put in. */
const changes = fc.array(
  fc.record({
    at: fc.nat(),
    length: fc.nat({ max: 12 }),
    instead: fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc
        .constantFrom('"', '{', '}', '[', ']', ',', '\\', '\n', '\r', '-', ' ', ':', '<', '\0', 'é')
        .map((text) => Buffer.from(text)),
    ),
    doubled: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

type Changes = typeof changes extends fc.Arbitrary<infer T> ? T : never;

function changed(record: Buffer, list: Changes): Buffer {
  return list.reduce((bytes, { at, length, instead, doubled }) => {
    const from = at % (bytes.length + 1);
    const rest = bytes.subarray(doubled ? from : Math.min(bytes.length, from + length));
    return Buffer.concat([bytes.subarray(0, from), instead, rest]);
  }, record);
}

it('there is a sample of every format', () => {
  const shown = SAMPLES.map(({ name }) => name);
  for (const name of FORMAT_NAMES)
    expect(
      shown.some((one) => one.includes(name)),
      name,
    ).toBe(true);
});

describe.each(SAMPLES)('$name', ({ format, columns, record }) => {
  const decoder = createDecoder(format, columns);
  const right = outcome(decoder, record);

  it('reads the sample', () => {
    expect(right).not.toEqual([]);
    expect(typeof right).toBe('object');
  });

  it('gives rows or one fault for any bytes, and is unharmed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        outcome(decoder, Buffer.from(bytes));
      }),
      { numRuns: 500 },
    );
    expect(outcome(decoder, record)).toEqual(right);
  });

  it('gives rows or one fault for the sample with changes, the same each time', () => {
    const text = isGzip(record, 0, record.length) ? gunzipSync(record) : record;
    fc.assert(
      fc.property(changes, (list) => {
        const bytes = changed(text, list);
        const found = outcome(decoder, bytes);
        // Behind other bytes in a larger buffer, by a decoder that never read another record.
        const apart = Buffer.concat([Buffer.from('"\\'), bytes, Buffer.from('"\n')]);
        const part = apart.subarray(2, 2 + bytes.length);
        expect(outcome(createDecoder(format, columns), part)).toEqual(found);
      }),
      { numRuns: 1000 },
    );
    expect(outcome(decoder, record)).toEqual(right);
  });

  it('reads each beginning of the sample or refuses it', () => {
    for (let end = 0; end < record.length; end++) outcome(decoder, record.subarray(0, end));
    expect(outcome(decoder, record)).toEqual(right);
  });
});

describe('gzip', () => {
  it('changes in a packed record give rows or one fault', () => {
    const { format, columns, record } = SAMPLES.find(({ name }) => name === 'cloudwatch-logs')!;
    const decoder = createDecoder(format, columns);
    fc.assert(
      fc.property(changes, fc.boolean(), (list, inside) => {
        outcome(
          decoder,
          inside ? gzipSync(changed(gunzipSync(record), list)) : changed(record, list),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
