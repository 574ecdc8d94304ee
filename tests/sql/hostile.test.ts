import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseProgram } from '../../shared/sql/parse.ts';

const PUMP = 'CREATE PUMP p AS INSERT INTO s ';

const CHAINS = [
  'a + ',
  '- ',
  'NOT ',
  'a AND ',
  'a BETWEEN 1 AND ',
  '(a - b) SECOND + ',
  'f(a, ',
  'a b(',
];

describe('hostile programs get an answer', () => {
  const wrap = (expression: string) => `${PUMP}SELECT ${expression} FROM t`;
  const nested = (open: string, close: string, levels: number) =>
    wrap(open.repeat(levels) + 1 + close.repeat(levels));
  const NESTS = [
    ['(', ')'],
    ['FLOOR(', ')'],
    ['STEP(', ' BY 1)'],
    ['TRIM(BOTH ', ')'],
    ['TRIM(a + ', ')'],
    ['SUBSTRING(a FROM ', ')'],
    ['CASE ', ' WHEN 1 THEN 2 END'],
    ['f(x) OVER (PARTITION BY ', ')'],
    ['x IN (1, ', ')'],
    ['POSITION(1 IN ', ')'],
  ] as const;

  test.each(NESTS)(
    '%s… 100 levels parse, 200 are refused, a torn one is an error',
    (open, close) => {
      expect(parseProgram(nested(open, close, 100)).ok).toBe(true);
      const deep = parseProgram(nested(open, close, 200));
      expect(deep).toMatchObject({ ok: false, errors: [{ code: 'SYNTAX' }] });
      const torn = nested(open, '', 100);
      expect(parseProgram(torn)).toMatchObject({ ok: false, errors: [{ code: 'SYNTAX' }] });
    },
  );

  test.each([
    ['subqueries', `${PUMP}${'SELECT a FROM ('.repeat(5000)}`],
    ['parentheses', wrap('('.repeat(100_000))],
    ['a chain', wrap(Array(5000).fill('a').join(' + '))],
    ['negations', wrap(`${'NOT '.repeat(5000)}a`)],
    ['signs', wrap(`${'- '.repeat(5000)}a`)],
    ['joins', `${PUMP}SELECT a FROM ${Array(5000).fill('t').join(', ')}`],
  ])('%s without end', (_, text) => {
    const parsed = parseProgram(text);
    expect(parsed).toMatchObject({ ok: false, errors: [{ code: 'SYNTAX' }] });
    if (!parsed.ok) expect(parsed.errors[0]!.message).toContain('nested too deeply');
  });

  test('long but flat programs are fine', () => {
    expect(parseProgram(wrap(Array(2000).fill('a').join(', '))).ok).toBe(true);
    expect(parseProgram(wrap(`a IN (${Array(2000).fill("'x'").join(', ')})`)).ok).toBe(true);
    expect(parseProgram(`CREATE STREAM s (a INT);\n`.repeat(500)).ok).toBe(true);
  });

  const OPENS = [...NESTS.map(([open]) => open), ...CHAINS];

  // Where one alternative is parsed twice, 24 levels take minutes instead of milliseconds.
  test.each(OPENS)('%s… torn takes no more than linear time', { timeout: 5000 }, (open) => {
    for (const other of OPENS) {
      for (const end of ['!', ')))!', ' END']) answers(wrap((open + other).repeat(12) + 1 + end));
    }
  });

  test('any text gets diagnostics, never an exception', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), soup()), answers));
  });

  test('a program that is cut or has one token replaced gets diagnostics, never an exception', () => {
    const token = fc.constantFrom(...TOKENS);
    fc.assert(
      fc.property(fc.nat(PROGRAM.length), fc.nat(9), token, (at, gone, put) => {
        answers(PROGRAM.slice(0, at));
        answers(`${PROGRAM.slice(0, at)} ${put} ${PROGRAM.slice(at + gone)}`);
      }),
    );
  });
});

const PROGRAM = `CREATE OR REPLACE STREAM "Out" (a INT NOT NULL, b DECIMAL(7, 1)) DESCRIPTION 'x';
CREATE PUMP p STOPPED AS INSERT INTO "Out" (a, b)
SELECT STREAM DISTINCT x.*, COUNT(*) n, FLOOR((x.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND),
  CASE WHEN a BETWEEN 1 AND 2 THEN 'it''s' ELSE TRIM(BOTH 'x' FROM b) END, LAG(a) IGNORE NULLS OVER w
FROM (SELECT a FROM TABLE(f(CURSOR(SELECT * FROM t), 'c', 1.5e3)) AS y /* c */) AS x
LEFT JOIN u OVER (RANGE INTERVAL '5' MINUTE PRECEDING) AS z ON x.a = z."b" -- c
WHERE a IS NOT NULL AND b NOT LIKE 'a%' ESCAPE '!' OR c IN (1, -2)
GROUP BY STEP(x.ROWTIME BY INTERVAL '1' MINUTE), a HAVING SUM(a) > 1
WINDOW w AS (PARTITION BY a ROWS 2 PRECEDING)
UNION ALL SELECT EXTRACT(DAY FROM c), POSITION('x' IN d), SUBSTRING(e FROM 1 FOR 2), CAST(f AS DOUBLE PRECISION)
FROM v WINDOWED BY STAGGER (PARTITION BY a RANGE INTERVAL '1' MINUTE) ORDER BY 1 DESC;`;
const TOKENS = [...new Set(PROGRAM.match(/"\w+"|'[^']*'|\w+|[^\s\w]/g))].concat(
  '"',
  "'",
  '/*',
  '--',
  '{',
  '\u0000',
);

function soup(): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...TOKENS), { maxLength: 60 }).map((tokens) => tokens.join(' '));
}

function answers(text: string): void {
  const parsed = parseProgram(text);
  if (parsed.ok) return;
  const [error, ...more] = parsed.errors;
  expect(more).toEqual([]);
  expect(error!.code).toMatch(/^(SYNTAX|UNTERMINATED_(STRING|IDENTIFIER|COMMENT))$/);
  expect(error!.message).not.toMatch(/undefined|null|\[object/);
  const lines = text.split(/\r\n|\n|\r/);
  const line = lines[error!.line - 1];
  expect(line).toBeDefined();
  expect(error!.column).toBeLessThanOrEqual([...line!].length + 1);
}

test('the program of the fuzz test is a valid one', () => {
  expect(parseProgram(PROGRAM)).toMatchObject({ ok: true });
});
