import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { likeMatcher } from '../../../shared/sql/run/like.ts';
import type { Value } from '../../../shared/sql/types.ts';
import { apply, BOOLEAN, codeOf, TEXT } from './build.ts';

function like(...values: Value[]): Value {
  return apply(
    'like',
    BOOLEAN,
    values.map((v) => [v, TEXT] as const),
  );
}

/** The definition, character by character. */
function naive(text: readonly string[], pattern: readonly string[]): boolean {
  const [p, ...rest] = pattern;
  if (p === undefined) return text.length === 0;
  if (p === '%') return naive(text, rest) || (text.length > 0 && naive(text.slice(1), pattern));
  return text.length > 0 && (p === '_' || p === text[0]) && naive(text.slice(1), rest);
}

describe('LIKE', () => {
  it.each<[Value[], Value]>([
    [['abc', 'abc'], true],
    [['abc', 'ABC'], false],
    [['abc', 'a%'], true],
    [['abc', '%c'], true],
    [['abc', '%b%'], true],
    [['abc', 'a%c'], true],
    [['abc', '_b_'], true],
    [['abc', '__'], false],
    [['', '%'], true],
    [['', '_'], false],
    [['a😀', 'a_'], true],
    [['aba', 'ab%ba'], false],
    [['AB-17', '__-1%'], true],
    [['a.c', 'a.c'], true],
    [['abc', 'a.c'], false],
    [['50%', '50!%', '!'], true],
    [['501', '50!%', '!'], false],
    [['a_b!', 'a!_b!!', '!'], true],
    [[null, 'a%'], null],
    [['a', null], null],
    [['a', 'a', null], null],
    [['line\nbreak', 'line%break'], true],
  ])('%j is %j', (args, expected) => {
    expect(like(...args)).toBe(expected);
  });

  it('refuses an escape that escapes nothing', () => {
    expect(codeOf(() => like('a', 'a!b', '!'))).toBe('ESCAPE');
    expect(codeOf(() => like('a', 'a!', '!'))).toBe('ESCAPE');
    expect(codeOf(() => like('a', 'a', '!!'))).toBe('ESCAPE');
    expect(codeOf(() => like('a', 'a', ''))).toBe('ESCAPE');
  });

  it('agrees with the definition', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', '😀'), maxLength: 6 });
    fc.assert(
      fc.property(text, pattern, (s, p) => {
        expect(likeMatcher(p, '')(s)).toBe(naive([...s], [...p]));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no exponential time', () => {
    const text = 'a'.repeat(20_000);
    expect(likeMatcher(`${'%a'.repeat(50)}%b`, '')(text)).toBe(false);
    expect(likeMatcher(`${'%_a'.repeat(50)}%b%`, '')(text)).toBe(false);
  });
});
