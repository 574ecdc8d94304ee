import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareText } from '../../../shared/sql/run/compare.ts';

describe('compareText', () => {
  it('orders by code points, like the bytes of UTF-8', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\ue000', '\uffff', '😀', '𐀀') });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareText(a, b))).toBe(bytes);
      }),
      { numRuns: 300 },
    );
  });

  it('differs from the order of UTF-16 units', () => {
    expect('😀' < '\uffff').toBe(true);
    expect(compareText('😀', '\uffff')).toBeGreaterThan(0);
    expect(compareText('ab', 'abc')).toBeLessThan(0);
    expect(compareText('', '')).toBe(0);
  });
});
