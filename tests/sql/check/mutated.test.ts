import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkText } from '../../../shared/sql/check/check.ts';
import { scan } from '../../../shared/sql/tokens.ts';
import { filesOf } from '../../kda/vectors.ts';
import { HEAD, pump } from './programs.ts';

const OWN = [
  pump(`SELECT STREAM A, COUNT(*) AS n1 FROM S WHERE N BETWEEN 1 AND 3 GROUP BY A, FLOOR((S.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND)
    HAVING SUM(N) > 1 ORDER BY STEP(S.ROWTIME BY INTERVAL '10' SECOND), n1 DESC`),
  pump(`SELECT STREAM CASE WHEN F THEN SUBSTRING(A FROM 2) ELSE COALESCE(A, 'x') END, CAST(("t" - S.ROWTIME) SECOND AS INTEGER)
    FROM (SELECT *, "t" + INTERVAL '1' DAY AS u FROM S) AS S WHERE A LIKE 'a%' OR NOT F`),
  `${HEAD}CREATE STREAM T (A VARCHAR(8), N BIGINT);
   CREATE PUMP P AS INSERT INTO T (N, A) SELECT ITEM_COUNT, 'x' FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT * FROM S), 'A', 3, 60));
   CREATE PUMP Q AS INSERT INTO T SELECT x.A, MAX(y.N) OVER w FROM S OVER (ROWS 3 PRECEDING) AS x JOIN S AS y ON x.N = y.N WINDOW w AS (PARTITION BY y.A RANGE INTERVAL '1' HOUR PRECEDING);`,
];
const PROGRAMS = [...OWN, ...filesOf('programs').map(({ text }) => text)];

interface Edit {
  readonly at: number;
  readonly what: 'delete' | 'repeat' | 'swap';
}

const edits = fc.array(
  fc.record({
    at: fc.nat(),
    what: fc.constantFrom('delete', 'repeat', 'swap'),
  }) as fc.Arbitrary<Edit>,
  { minLength: 1, maxLength: 3 },
);

it('answers whatever happens to a program', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PROGRAMS), edits, (program, list) => {
      const text = list.reduce(edit, program);
      const { errors, refused, plan } = checkText(text);
      expect(plan === null).toBe(errors.length + refused.length > 0);
      for (const { line, column } of [...errors, ...refused]) {
        const lines = text.split('\n');
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1);
      }
    }),
    { numRuns: 300 },
  );
});

it('does not grow without end', () => {
  const nested = Array.from({ length: 60 }).reduce<string>(
    (inner) => `CASE ${inner} WHEN 1 THEN 2 WHEN 2 THEN 3 WHEN 3 THEN 1 END`,
    'N',
  );
  const { errors, refused } = checkText(pump(`SELECT STREAM A, ${nested} FROM S`));
  expect(errors).toEqual([]);
  expect(refused[0]).toMatchObject({ code: 'NOT_BUILT', line: 5 });
  const long = Array.from({ length: 300 }, () => 'N').join(' + ');
  expect(checkText(pump(`SELECT STREAM A, ${long} FROM S`)).plan).not.toBeNull();
});

/** One token gone, there twice, or in the place of its neighbour; comments stay. */
function edit(text: string, { at, what }: Edit): string {
  const scanned = scan(text);
  if (!scanned.ok || scanned.tokens.length < 2) return text;
  const { tokens } = scanned;
  const i = at % (tokens.length - 1);
  const [one, next] = [tokens[i]!, tokens[i + 1]!];
  const before = text.slice(0, one.at);
  const after = text.slice(one.at + one.text.length);
  if (what === 'delete') return before + after;
  if (what === 'repeat') return `${before}${one.text} ${one.text}${after}`;
  const between = text.slice(one.at + one.text.length, next.at);
  return before + next.text + between + one.text + text.slice(next.at + next.text.length);
}
