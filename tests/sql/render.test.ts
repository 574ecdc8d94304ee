import { describe, expect, test } from 'vitest';
import { renderDiagnostic, suggest } from '../../shared/sql/render.ts';

const plain = { color: false };

function at(text: string, line: number, column: number, hint?: string): string[] {
  const diagnostic = {
    code: 'X',
    message: 'm',
    line,
    column,
    ...(hint === undefined ? {} : { hint }),
  };
  return renderDiagnostic(diagnostic, text, 'a.sql', plain).split('\n');
}

describe('a diagnostic', () => {
  test('has place, message, code, source line, caret and hint', () => {
    const text = 'SELECT "a",\r\n  levle\r\nFROM t';
    const diagnostic = {
      code: 'UNKNOWN_COLUMN',
      message: 'there is no column LEVLE',
      line: 2,
      column: 3,
      hint: 'the column is "level": quote it',
    };
    expect(renderDiagnostic(diagnostic, text, 'app.sql', plain)).toBe(
      [
        'app.sql:2:3: there is no column LEVLE [UNKNOWN_COLUMN]',
        '2 |   levle',
        '      ^',
        'hint: the column is "level": quote it',
      ].join('\n'),
    );
  });

  test('the caret stands under its character behind tabs, wide and combining ones', () => {
    const under = (text: string, column: number) =>
      at(text, 1, column)[2]!.indexOf('^') - '1 | '.length;
    expect(at('\ta\tb', 1, 4)[1]).toBe('1 |     a    b');
    expect(under('\ta\tb', 4)).toBe(9);
    expect(under("'漢字' x", 6)).toBe(7);
    expect(under("'e\u0301' x", 6)).toBe(4);
    expect(under("'😀' x", 5)).toBe(5);
  });

  test('at the end of the text, on an empty line, past the end', () => {
    expect(at('ab', 1, 3).slice(1)).toEqual(['1 | ab', '      ^']);
    expect(at('a\n', 2, 1).slice(1)).toEqual(['2 |', '    ^']);
    expect(at('', 9, 1).slice(1)).toEqual(['9 |', '    ^']);
  });

  test('a long line is cut around the column', () => {
    const [, source, caret] = at(`${'x'.repeat(500)}!${'y'.repeat(500)}`, 1, 501);
    expect(source!.length).toBeLessThan(140);
    expect(source![caret!.indexOf('^')]).toBe('!');
    expect(source).toMatch(/^1 \| …x+!y+…$/);
  });

  test('control characters of the source do not reach the terminal', () => {
    expect(at('a\u001b[2Jb\u0000', 1, 1)[1]).toBe('1 | a\uFFFD[2Jb\uFFFD');
  });

  test('with colour it is the same text', () => {
    const diagnostic = { code: 'X', message: 'm', line: 1, column: 2, hint: 'h' };
    const coloured = renderDiagnostic(diagnostic, 'abc', 'f', { color: true });
    expect(coloured).toContain('\u001b[31m^\u001b[0m');
    const stripped = coloured.replaceAll(/\p{Cc}\[\d+m/gu, '');
    expect(stripped).toBe(renderDiagnostic(diagnostic, 'abc', 'f', plain));
  });
});

describe('suggest', () => {
  const columns = ['fridge', 'celsius', 'level', 'LEVEL_MAX', 'a', 'b'];

  test.each([
    ['LEVEL', 'level'],
    ['CELCIUS', 'celsius'],
    ['clesius', 'celsius'],
    ['frigde', 'fridge'],
    ['LEVEL_MX', 'LEVEL_MAX'],
    ['fridges', 'fridge'],
    ['nothing', null],
    ['c', null],
    ['A', 'a'],
    ['', null],
  ])('%s: %s', (name, expected) => {
    expect(suggest(name, columns)).toBe(expected);
  });

  test('never the name itself; the nearest wins, then the first', () => {
    expect(suggest('abc', ['abc', 'abd', 'abe'])).toBe('abd');
    expect(suggest('SECONDS', ['SECTION', 'SECOND'])).toBe('SECOND');
    expect(suggest('abc', [])).toBeNull();
  });
});
