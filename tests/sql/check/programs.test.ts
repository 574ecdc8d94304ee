import { describe, expect, it } from 'vitest';
import { checkText } from '../../../shared/sql/check/check.ts';
import { filesOf, programOf, type Vector } from '../../kda/vectors.ts';
import { places } from './programs.ts';

const programs = filesOf('programs');
const bad = filesOf('bad');
const vectors = filesOf('vectors');

/** Tiers of which nothing is left to build (one program of D needs C as well). */
const BUILT = /^-- tier [ABD] (?!.*RANDOM_CUT_FOREST)/;

describe.skipIf(programs.length === 0)('the dialect’s own programs', () => {
  it.each(programs)('$name is accepted', ({ text }) => {
    const { errors, refused, plan } = checkText(text);
    expect(errors).toEqual([]);
    expect(plan !== null).toBe(BUILT.test(text));
    expect(refused.length > 0).toBe(plan === null);
    for (const { code, line, column } of refused) {
      expect(code).toBe('NOT_BUILT');
      expect(text.split('\n')[line - 1]!.length).toBeGreaterThanOrEqual(column);
    }
  });

  it.each(bad)('$name is refused', ({ text }) => {
    const [, code, place] = /^-- expect: (\w+) at (\d+:\d+)/.exec(text)!;
    expect(places(checkText(text).errors)).toEqual([`${code} ${place}`]);
  });

  it.each(vectors)('$name is accepted', ({ text }) => {
    expect(checkText(programOf(JSON.parse(text) as Vector)).errors).toEqual([]);
  });
});
