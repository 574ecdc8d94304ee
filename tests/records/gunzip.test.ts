import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gunzip } from '../../shared/records/gunzip.ts';
import { RecordFault } from '../../shared/records/types.ts';

const all = (buf: Buffer) => gunzip(buf, 0, buf.length);

function refusal(buf: Buffer): string {
  try {
    return `${all(buf).length} bytes`;
  } catch (error) {
    if (error instanceof RecordFault) return `${error.reason}: ${error.message}`;
    throw error;
  }
}

describe('gunzip', () => {
  it('unpacks one member or several, out of a larger buffer', () => {
    const bytes = fc.uint8Array({ maxLength: 3000 });
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 4 }), (members) => {
        const packed = Buffer.concat(members.map((member) => gzipSync(member)));
        const larger = Buffer.concat([Buffer.from('xy'), packed, Buffer.from('z')]);
        expect(gunzip(larger, 2, 2 + packed.length).equals(Buffer.concat(members))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('unpacks whatever the member says of its length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (length) => {
        const packed = Buffer.concat([gzipSync('abc'.repeat(5000)), gzipSync('d')]);
        packed.writeUInt32LE(length, packed.length - 4);
        expect(refusal(packed)).toBe(
          length === 1 ? '15001 bytes' : 'BAD_GZIP: damaged or cut gzip',
        );
      }),
      { numRuns: 50, examples: [[1], [0]] },
    );
  });

  const good = gzipSync('what is to be said');
  it.each([
    ['cut', good.subarray(0, -1)],
    ['cut in its header', good.subarray(0, 5)],
    [
      'with a wrong checksum',
      Buffer.concat([good.subarray(0, -5), Buffer.of(1), good.subarray(-4)]),
    ],
    ['of another method', Buffer.concat([good.subarray(0, 2), Buffer.of(7), good.subarray(3)])],
    ['with other bytes behind it', Buffer.concat([good, Buffer.from('x')])],
    ['whose second member is cut', Buffer.concat([good, good.subarray(0, 12)])],
    ['that is none', Buffer.from('plain text, long enough')],
    ['empty', Buffer.alloc(0)],
  ])('refuses gzip %s', (_, packed) => {
    expect(refusal(packed)).toBe('BAD_GZIP: damaged or cut gzip');
  });

  it('refuses a bomb by its ratio, also one of many members', () => {
    const bomb = gzipSync(Buffer.alloc(10 * 2 ** 20));
    expect(refusal(bomb)).toMatch(/^BAD_GZIP: unpacks to more than \d+ bytes, 200 times its size/);
    const member = gzipSync(Buffer.alloc(20_000));
    const members = Buffer.concat(Array.from({ length: 1000 }, () => member));
    expect(refusal(members)).toContain(`unpacks to more than ${members.length * 200} bytes`);
  });

  it('refuses more than 64 MiB', () => {
    const packed = gzipSync(Buffer.alloc(2 ** 20), { level: 0 });
    expect(refusal(Buffer.concat(Array.from({ length: 65 }, () => packed)))).toContain(
      'unpacks to more than 67108864 bytes',
    );
  });

  it('leaves room for a small record that shrinks well', () => {
    expect(refusal(gzipSync(Buffer.alloc(2 ** 20)))).toBe('1048576 bytes');
    expect(refusal(gzipSync(Buffer.alloc(2 ** 20 + 1)))).toContain('more than 1048576 bytes');
  });
});
