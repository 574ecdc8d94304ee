import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fn } from '../../../shared/sql/plan.ts';
import { charLength, sliceChars } from '../../../shared/sql/run/characters.ts';
import type { Value } from '../../../shared/sql/types.ts';
import { apply, codeOf, INTEGER, TEXT } from './build.ts';

function run(fn: Fn, ...values: Value[]): Value {
  const typed = values.map((v) => [v, typeof v === 'string' ? TEXT : INTEGER] as const);
  return apply(fn, fn === 'position' || fn === 'charLength' ? INTEGER : TEXT, typed);
}

function trim(side: string, char: Value, text: Value): Value {
  return apply(
    'trim',
    TEXT,
    [
      [side, TEXT],
      [char, TEXT],
      [text, TEXT],
    ],
    [0],
  );
}

/** Cases of the SQL reference where it has some: substring, overlay, trim, initcap. */
describe('text functions', () => {
  it.each<[Fn, Value[], Value]>([
    ['||', ['ab', 'cd'], 'abcd'],
    ['||', ['ab', null], null],
    ['upper', ['aé'], 'AÉ'],
    ['lower', ['AÉ'], 'aé'],
    ['initcap', ['Each FIRST lEtTeR is cAPITALIZED'], 'Each First Letter Is Capitalized'],
    ['initcap', [' a-b  éa'], ' A-b  Éa'],
    ['charLength', ['abc'], 3],
    ['charLength', ['a😀b'], 3],
    ['position', ['-', 'AB-17'], 3],
    ['position', ['x', 'AB'], 0],
    ['position', ['', 'AB'], 1],
    ['position', ['b', '😀b'], 2],
    ['position', [null, 'AB'], null],
    ['substring', ['123456789', 3, 4], '3456'],
    ['substring', ['123456789', 17, 4], ''],
    ['substring', ['123456789', -1, 4], '12'],
    ['substring', ['123456789', 6, 0], ''],
    ['substring', ['123456789', 8, 4], '89'],
    ['substring', ['123456789', 3], '3456789'],
    ['substring', ['123456789', -3], '123456789'],
    ['substring', ['123456789', -5, 4], ''],
    ['substring', ['123', null], null],
    ['substring', ['123', 1, null], null],
    ['substring', ['a😀bc', 2, 2], '😀b'],
    ['substringComma', ['123456789', 3, 4], '3456'],
    ['substringComma', ['123456789', 17, 4], null],
    ['substringComma', ['123456789', 10], null],
    ['substringComma', ['123456789', 9], '9'],
    ['substringComma', ['123456789', -1, 4], '12'],
    ['substringComma', ['', 1], null],
    ['overlay', ['12345', 'foo', 1], 'foo45'],
    ['overlay', ['12345', 'foo', 0], 'foo345'],
    ['overlay', ['12345', 'foo', -2], 'foo12345'],
    ['overlay', ['12345', 'foo', 4], '123foo'],
    ['overlay', ['12345', 'foo', 17], '12345foo'],
    ['overlay', ['12345', 'foo', 2, 0], '1foo2345'],
    ['overlay', ['12345', 'foo', 2, 2], '1foo45'],
    ['overlay', ['12345', 'foo', 2, 9], '1foo'],
    ['overlay', ['12345', null, 2, 9], null],
  ])('%s(%j) is %j', (fn, args, expected) => {
    expect(run(fn, ...args)).toBe(expected);
  });

  it('trim', () => {
    expect(trim('BOTH', ' ', '  a b ')).toBe('a b');
    expect(trim('LEADING', 'x', 'xxxTrim frontxxx')).toBe('Trim frontxxx');
    expect(trim('TRAILING', 'x', 'xxxTrimxBackxxx')).toBe('xxxTrimxBack');
    expect(trim('BOTH', 'y', 'xxxNo y to trimxxx')).toBe('xxxNo y to trimxxx');
    expect(trim('BOTH', 'x', 'xxx')).toBe('');
    expect(trim('BOTH', '😀', '😀a😀')).toBe('a');
    expect(trim('BOTH', null, 'a')).toBe(null);
    expect(codeOf(() => trim('BOTH', 'xy', 'xya'))).toBe('TRIM');
    expect(codeOf(() => trim('BOTH', '', 'a'))).toBe('TRIM');
  });

  it('refuses negative lengths', () => {
    expect(codeOf(() => run('substring', 'abc', 1, -1))).toBe('NEGATIVE_LENGTH');
    expect(codeOf(() => run('overlay', 'abc', 'x', 1, -1))).toBe('NEGATIVE_LENGTH');
  });

  it('counts characters, not UTF-16 units', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\ud83d', '\ude00') });
    fc.assert(
      fc.property(text, fc.nat(6), fc.nat(6), (s, from, to) => {
        expect(charLength(s)).toBe([...s].length);
        expect(sliceChars(s, from, to)).toBe([...s].slice(from, Math.max(from, to)).join(''));
      }),
      { numRuns: 300 },
    );
  });
});
