import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDecimalText,
  addNumber,
  type DecimalSum,
  isZero,
  newSum,
  sumToText,
} from '../../../shared/sql/decimal.ts';
import { codeOf } from './build.ts';

function sumOf(values: readonly (number | bigint)[]): DecimalSum {
  const sum = newSum();
  for (const value of values) addNumber(sum, value);
  return sum;
}

/** The rule again, slowly: the shortest text of a value, half-even to 18 places, in units of 10^-18. */
function unitsByRule(value: number | bigint): bigint {
  if (typeof value === 'bigint') return value * 10n ** 18n;
  const [mantissa, exponent = '0'] = String(Math.abs(value)).split('e');
  const [whole, fraction = ''] = mantissa!.split('.');
  const numerator = BigInt(whole! + fraction) * 10n ** 400n;
  const scaled = numerator * 10n ** BigInt(400 + Number(exponent) - fraction.length + 18);
  const denominator = 10n ** 800n;
  const twice = (scaled % denominator) * 2n;
  let units = scaled / denominator;
  if (twice > denominator || (twice === denominator && units % 2n === 1n)) units++;
  return value < 0 ? -units : units;
}

function textOf(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(19, '0');
  const text = `${digits.slice(0, -18)}.${digits.slice(-18)}`.replace(/\.?0+$/, '');
  return units < 0n ? `-${text}` : text;
}

describe('exact decimal sums', () => {
  it.each([
    ['0', []],
    ['6', [1, 2, 3]],
    ['0.3', [0.1, 0.2]],
    ['-0.5', [-0.5]],
    ['0', [-0]],
    ['1000000000000000.5', [1e15 + 0.5]],
    ['0', [0.1, -0.1]],
    ['0.0000003', [1e-7, 2e-7]],
    ['0.3333333333333333', [1 / 3]],
    ['9007199254740993', [Number.MAX_SAFE_INTEGER, 1, 1]],
    ['-9007199254740992.75', [-9007199254740993n, 0.25]],
    ['1152921504606847000', [2 ** 60]],
    ['1152921504606846976', [2n ** 60n]],
    ['1000000.777777', [0.123456, 1000000.654321]],
    ['3', [1e300, 3, -1e300]],
  ])('a sum of %s', (text, values) => {
    expect(sumToText(sumOf(values))).toBe(text);
  });

  it('rounds what is finer than 18 places half-even', () => {
    expect(sumToText(sumOf([5e-19]))).toBe('0');
    expect(sumToText(sumOf([1.5e-18]))).toBe('0.000000000000000002');
    expect(sumToText(sumOf([2.5e-18]))).toBe('0.000000000000000002');
    expect(sumToText(sumOf([2.5000001e-18]))).toBe('0.000000000000000003');
    expect(sumToText(sumOf([6e-19]))).toBe('0.000000000000000001');
    expect(sumToText(sumOf([6e-20, -1e-30]))).toBe('0');
  });

  it('is exact in any order and any grouping', () => {
    const short = fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map((n) => n / 100);
    const value = fc.oneof(
      short,
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double({ min: -1e17, max: 1e17, noNaN: true }),
      fc.double({ min: -1e-9, max: 1e-9, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 30 }), fc.nat(), (values, at) => {
        const expected = textOf(values.reduce((total: bigint, v) => total + unitsByRule(v), 0n));
        const cut = values.length === 0 ? 0 : at % values.length;
        const tail = sumOf(values.slice(cut).reverse());
        addDecimalText(tail, sumToText(sumOf(values.slice(0, cut))));
        expect(sumToText(sumOf(values))).toBe(expected);
        expect(sumToText(tail)).toBe(expected);
        expect(isZero(tail)).toBe(expected === '0');
      }),
      { numRuns: 300 },
    );
  });

  it('stays exact when the fast paths are full', () => {
    const sum = newSum();
    for (let i = 0; i < 30; i++) addNumber(sum, 999_999_999.999999);
    for (let i = 0; i < 10_000; i++) addNumber(sum, 900_000_000.5);
    for (let i = 0; i < 9; i++) addNumber(sum, Number.MAX_SAFE_INTEGER);
    const expected =
      30n * 999_999_999_999_999n +
      10_000n * 900_000_000_500_000n +
      9n * BigInt(Number.MAX_SAFE_INTEGER) * 1_000_000n;
    expect(sumToText(sum)).toBe(textOf(expected * 10n ** 12n));
  });

  it('stays exact when the last places are full', () => {
    const sum = newSum();
    const nearly = 0.1239999999999999;
    for (let i = 0; i < 20_000; i++) addNumber(sum, -nearly);
    expect(sumToText(sum)).toBe(textOf(-20_000n * 123_999_999_999_999_900n));
  });

  it('reads stored text, also with an exponent', () => {
    const sum = newSum();
    for (const text of ['12', '-0.5', '1e3', '1.5E-3', '+.5', '7.', '123456789012345678901']) {
      addDecimalText(sum, text);
    }
    addDecimalText(sum, '-123456789012345678901');
    expect(sumToText(sum)).toBe('1019.0015');
    expect(() => addDecimalText(sum, 'many')).toThrow(RangeError);
    expect(() => addDecimalText(sum, '')).toThrow(RangeError);
  });

  it('refuses what DynamoDB cannot hold', () => {
    expect(sumToText(sumOf([10n ** 38n - 1n]))).toBe('9'.repeat(38));
    expect(sumToText(sumOf([10n ** 19n, 1e-18]))).toBe(`1${'0'.repeat(19)}.${'0'.repeat(17)}1`);
    expect(codeOf(() => sumToText(sumOf([10n ** 38n])))).toBe('OVERFLOW');
    expect(codeOf(() => sumToText(sumOf([-(10n ** 20n), -1e-18])))).toBe('OVERFLOW');
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(codeOf(() => addNumber(newSum(), value))).toBe('OVERFLOW');
    }
  });
});
