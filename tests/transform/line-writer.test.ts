import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineWriter } from '../../functions/transform/line-writer.ts';
import { RESPONSE_BYTES } from '../../shared/firehose/room.ts';

const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((one) => one.repeat(9)),
  // Halves of surrogate pairs, which UTF-8 cannot say.
  fc.constantFrom('\ud800', 'x\udc00', '\u007f', '"', '\\', '\n'),
  fc.nat(70_000).map((length) => 'x'.repeat(length)),
);
const lines = fc.array(fc.array(fc.tuple(fc.constantFrom('raw', 'string'), text)));

describe('lines of records', () => {
  it('are what was written, record by record, and stay so', () => {
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 5 }), (records) => {
        const out = new LineWriter();
        const taken = records.map((record) => {
          out.begin();
          for (const line of record) {
            for (const [kind, one] of line) out[kind as 'raw' | 'string'](one);
            out.endLine();
          }
          return out.take();
        });
        const wanted = records.map((record) =>
          record
            .map((line) => line.map(([kind, one]) => (kind === 'raw' ? one : JSON.stringify(one))))
            .map((parts) => `${parts.join('')}\n`)
            .join(''),
        );
        expect(taken.map(String)).toEqual(wanted.map((one) => Buffer.from(one).toString()));
      }),
    );
  });

  it('forget what was written of a record that was not taken', () => {
    const out = new LineWriter();
    out.raw('lost');
    out.begin();
    out.raw('kept');
    expect(String(out.take())).toBe('kept');
  });

  it('end where a response does', () => {
    const out = new LineWriter();
    out.begin();
    out.raw('x'.repeat(RESPONSE_BYTES - 1));
    out.endLine();
    expect(() => out.endLine()).toThrow('more came of the record than a response of 6 MB holds');
    out.begin();
    out.raw('next');
    expect(String(out.take())).toBe('next');
  });
});
