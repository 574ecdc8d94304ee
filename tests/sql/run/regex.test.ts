import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { regexSearch } from '../../../shared/sql/run/regex.ts';
import { apply, codeOf, TEXT } from './build.ts';

describe('SUBSTRING(s FROM regex)', () => {
  it.each([
    ['TECHNOLOGY', 'L[A-Z]*', 'LOGY'],
    ['TECHNOLOGY', 'FOO', null],
    ['TECHNOLOGY', 'O[A-Z]+?', 'OL'],
    ['a1b22', '\\d+$', '22'],
    ['a1b22', '^\\d', null],
    ['key=value; x=1', '[^=;]+', 'key'],
    ['foobar', '(foo|fo)(bar|obar)', 'foobar'],
    ['2026-05-02', '\\d{4}-\\d{2}', '2026-05'],
    ['aaaa', 'a{2,3}', 'aaa'],
    ['aaaa', 'a{2,}?', 'aa'],
    ['a b', '\\b\\w\\b', 'a'],
    ['a.b', '\\.', '.'],
    ['a-]b', '[\\]-]+', '-]'],
    ['x😀y', '.y', '😀y'],
    ['x', '', ''],
    ['ab', '(a*)*b', 'ab'],
    ['ab', '(?:a|ab)(?:c|b)?', 'ab'],
    ['path/to', '[^/]+$', 'to'],
  ])('%s from %s is %j', (text, pattern, expected) => {
    expect(
      apply('substringRegex', TEXT, [
        [text, TEXT],
        [pattern, TEXT],
      ]),
    ).toBe(expected);
  });

  it('is NULL for NULL', () => {
    expect(
      apply('substringRegex', TEXT, [
        [null, TEXT],
        ['a', TEXT],
      ]),
    ).toBe(null);
    expect(
      apply('substringRegex', TEXT, [
        ['a', TEXT],
        [null, TEXT],
      ]),
    ).toBe(null);
  });

  it.each([
    '(a',
    'a)',
    '[a',
    '*a',
    'a**',
    'a{2,1}',
    'a{',
    '(?=a)',
    '(?<n>a)',
    '\\1',
    '\\',
    'a{9999}',
    '[b-a]',
  ])('refuses %s', (pattern) => {
    expect(codeOf(() => regexSearch(pattern))).toBe('REGEX');
  });

  it('refuses groups without end', () => {
    expect(codeOf(() => regexSearch('('.repeat(10_000)))).toBe('REGEX');
    expect(codeOf(() => regexSearch('((((a{99}){99}){99}){99})'))).toBe('REGEX');
  });

  it('finds what RegExp finds', () => {
    // Only what takes a character is repeated: on repeats of nothing even the engines disagree.
    const { node } = fc.letrec<{ node: string; solid: string }>((tie) => ({
      solid: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('a', 'b', '.', '[ab]', '[^a]'),
        fc.tuple(tie('node'), tie('solid')).map(([x, y]) => x + y),
        fc.tuple(tie('solid'), tie('solid')).map(([x, y]) => `(${x}|${y})`),
      ),
      node: fc.oneof(
        { depthSize: 'small' },
        tie('solid'),
        fc.constantFrom('^', '$', '\\b', '\\B'),
        fc.tuple(tie('node'), tie('node')).map(([x, y]) => `(${x}|${y})`),
        fc
          .tuple(tie('solid'), fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}'))
          .map(([x, repeat]) => `(?:${x})${repeat}`),
      ),
    }));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 10 });
    fc.assert(
      fc.property(node, text, (pattern, s) => {
        expect(regexSearch(pattern)(s)).toBe(new RegExp(pattern, 'u').exec(s)?.[0] ?? null);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no exponential time', () => {
    const text = `${'a'.repeat(5000)}!`;
    expect(regexSearch('(a+)+$')(text)).toBe(null);
    expect(regexSearch('(a|a)*b')(text)).toBe(null);
  });
});
