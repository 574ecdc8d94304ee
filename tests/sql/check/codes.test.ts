import { describe, expect, it } from 'vitest';
import { checkText } from '../../../shared/sql/check/check.ts';
import { HEAD, marked, places, pump } from './programs.ts';

const TIME = "STEP(S.ROWTIME BY INTERVAL '1' MINUTE)";
const TOP = (args: string) =>
  pump(`SELECT STREAM ITEM, ITEM_COUNT FROM TABLE(TOP_K_ITEMS_TUMBLING(${args}))`);
const FOREST = (args: string) =>
  pump(
    `SELECT STREAM A, N FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM A, N FROM S)${args}))`,
  );
const OVER = (window: string) => pump(`SELECT STREAM A, COUNT(*) OVER ${window} FROM S`);

/** Programs with exactly one error; `§` stands before the token that the place points at. */
const CASES: readonly [code: string, what: string, program: string][] = [
  ['SYNTAX', 'clauses out of order', pump('SELECT STREAM A, N FROM S HAVING N > 1 §WHERE N > 1')],
  [
    'SYNTAX',
    'a TIMESTAMP that is none',
    pump('SELECT STREAM A, N FROM S WHERE "t" > §TIMESTAMP \'1.1.2026\''),
  ],
  [
    'SYNTAX',
    'an INTERVAL that is none',
    pump('SELECT STREAM A, N FROM S WHERE "t" + §INTERVAL \'1:30\' MINUTE > "t"'),
  ],
  ['UNKNOWN_TYPE', 'a type of another dialect', `${HEAD}CREATE STREAM X (A §STRING);`],
  ['UNKNOWN_TYPE', 'too many digits', `${HEAD}CREATE STREAM X (A §DECIMAL(38, 2));`],
  ['UNKNOWN_TYPE', 'an INTERVAL column', `${HEAD}CREATE STREAM X (A §INTERVAL DAY);`],
  ['UNKNOWN_TYPE', 'in a CAST', pump('SELECT STREAM CAST(A AS §TEXT), N FROM S')],
  ['UNTERMINATED_STRING', '', pump("SELECT STREAM A, N FROM S WHERE A = §'x")],
  ['UNTERMINATED_IDENTIFIER', '', pump('SELECT STREAM A, N FROM §"S')],
  ['UNTERMINATED_COMMENT', '', `${pump('SELECT STREAM A, N FROM S')}§/* no end`],
  ['DUPLICATE_STREAM', 'without OR REPLACE', `${HEAD}CREATE STREAM §OUT_ (A INTEGER);`],
  ['DUPLICATE_STREAM', 'of a source', `${HEAD}CREATE OR REPLACE STREAM §S (A INTEGER);`],
  [
    'DUPLICATE_PUMP',
    'without OR REPLACE',
    `${pump('SELECT STREAM A, N FROM S')}CREATE PUMP §P AS INSERT INTO OUT_ SELECT STREAM A, N FROM S;`,
  ],
  ['DUPLICATE_COLUMN', 'of a stream', `${HEAD}CREATE STREAM X (A INTEGER, B DATE, §"A" TIME);`],
  [
    'DUPLICATE_COLUMN',
    'in an INSERT list',
    `${HEAD}CREATE PUMP P AS INSERT INTO OUT_ (A, §A) SELECT STREAM A, A FROM S;`,
  ],
  ['UNKNOWN_STREAM', '', pump('SELECT STREAM A, N FROM §NOWHERE')],
  ['UNKNOWN_TARGET', '', `${HEAD}CREATE PUMP P AS INSERT INTO §NOWHERE SELECT STREAM A, N FROM S;`],
  ['UNKNOWN_TARGET', 'a source', `${HEAD}CREATE PUMP P AS INSERT INTO §S SELECT STREAM A FROM S;`],
  ['UNKNOWN_WINDOW', '', OVER('§w')],
  ['UNKNOWN_COLUMN', '', pump('SELECT STREAM A, §M FROM S')],
  ['UNKNOWN_COLUMN', 'of a stream', pump('SELECT STREAM A, S.§M FROM S')],
  ['UNKNOWN_COLUMN', 'of nothing', pump('SELECT STREAM A, §X.N FROM S')],
  ['UNKNOWN_COLUMN', 'a stream behind its alias', pump('SELECT STREAM x.A, §S.N FROM S AS x')],
  ['UNKNOWN_COLUMN', 'a field of no record', pump('SELECT STREAM A, S.N.§f FROM S')],
  ['UNKNOWN_COLUMN', 'an alias in WHERE', pump('SELECT STREAM A, N AS m FROM S WHERE §m > 1')],
  [
    'UNKNOWN_COLUMN',
    'an alias in HAVING',
    pump(`SELECT STREAM A, COUNT(*) AS n1 FROM S GROUP BY A, ${TIME} HAVING §n1 > 1`),
  ],
  [
    'UNKNOWN_COLUMN',
    'in an INSERT list',
    `${HEAD}CREATE PUMP P AS INSERT INTO OUT_ (A, §"n") SELECT STREAM A, N FROM S;`,
  ],
  ['UNKNOWN_COLUMN', 'of a table function', TOP("CURSOR(SELECT STREAM A FROM S), §'b', 5, 60")],
  [
    'UNKNOWN_COLUMN',
    'a number in ORDER BY',
    pump('SELECT STREAM A, N FROM S ORDER BY S.ROWTIME, §3'),
  ],
  [
    'AMBIGUOUS_COLUMN',
    '',
    pump('SELECT STREAM R.A, §A FROM S JOIN R ON S.A = R.A').replace('R.A, §A', '§A, N'),
  ],
  [
    'AMBIGUOUS_COLUMN',
    'twice in a subquery',
    pump('SELECT STREAM §A, 1 FROM (SELECT A, A FROM S)'),
  ],
  ['UNKNOWN_FUNCTION', '', pump('SELECT STREAM A, §LENGTH(A) FROM S')],
  [
    'UNKNOWN_FUNCTION',
    'a table function among values',
    pump('SELECT STREAM A, §HOTSPOTS(N) FROM S'),
  ],
  [
    'UNKNOWN_FUNCTION',
    'of tables',
    pump('SELECT STREAM A, N FROM TABLE(§TOP_K(CURSOR(SELECT STREAM A, N FROM S)))'),
  ],
  ['ARGUMENT_COUNT', '', pump('SELECT STREAM A, §MOD(N) FROM S')],
  [
    'ARGUMENT_COUNT',
    'of an aggregate',
    pump(`SELECT STREAM A, §SUM(*) FROM S GROUP BY A, ${TIME}`),
  ],
  [
    'ARGUMENT_COUNT',
    'of a table function',
    TOP("CURSOR(SELECT STREAM A FROM S), 'A', 5").replace('TOP_K', '§TOP_K'),
  ],
  ['TABLE_FUNCTION_ARGUMENT', 'no CURSOR', TOP("§'A', 'A', 5, 60")],
  ['TABLE_FUNCTION_ARGUMENT', 'too many', TOP("CURSOR(SELECT STREAM A FROM S), 'A', §100001, 60")],
  ['TABLE_FUNCTION_ARGUMENT', 'too long', TOP("CURSOR(SELECT STREAM A FROM S), 'A', 5, §3601")],
  [
    'TABLE_FUNCTION_ARGUMENT',
    'no constant',
    TOP("CURSOR(SELECT STREAM A FROM S), 'A', 5, §60 + 1"),
  ],
  ['TABLE_FUNCTION_ARGUMENT', 'trees', FOREST(', §0')],
  ['TABLE_FUNCTION_ARGUMENT', 'sample', FOREST(', 100, §5')],
  ['TABLE_FUNCTION_ARGUMENT', 'shingle', FOREST(', 100, 256, 100000, §31')],
  ['TABLE_FUNCTION_ARGUMENT', 'negative', FOREST(', §-1')],
  [
    'TABLE_FUNCTION_ARGUMENT',
    'nothing to score',
    FOREST('').replace('CURSOR(SELECT STREAM A, N FROM', '§CURSOR(SELECT STREAM A, E AS N FROM'),
  ],
  ['COLUMN_COUNT', '', pump('§SELECT STREAM A FROM S')],
  [
    'COLUMN_COUNT',
    'of an INSERT list',
    `${HEAD}CREATE PUMP P AS INSERT INTO OUT_ (A)\n §SELECT A, N FROM S;`,
  ],
  ['COLUMN_COUNT', 'of a branch', pump('SELECT A, N FROM S UNION ALL §SELECT A FROM S')],
  ['TYPE_MISMATCH', 'assignment', pump('SELECT STREAM A, §A FROM S')],
  ['TYPE_MISMATCH', 'assignment of *', pump('SELECT STREAM §* FROM (SELECT N, A FROM S)')],
  ['TYPE_MISMATCH', 'comparison', pump("SELECT STREAM A, N FROM S WHERE F AND §N = '1'")],
  ['TYPE_MISMATCH', 'BETWEEN', pump("SELECT STREAM A, N FROM S WHERE §N BETWEEN 1 AND 'x'")],
  ['TYPE_MISMATCH', 'IN', pump("SELECT STREAM A, N FROM S WHERE N IN (1, §'2')")],
  ['TYPE_MISMATCH', 'LIKE', pump("SELECT STREAM A, N FROM S WHERE §N LIKE '1%'")],
  ['TYPE_MISMATCH', '||', pump('SELECT STREAM §A || N, N FROM S')],
  [
    'TYPE_MISMATCH',
    'arithmetic',
    pump('SELECT STREAM A, 1 + (§A * 2) FROM S').replace('(§A', '§(A'),
  ],
  ['TYPE_MISMATCH', 'argument', pump('SELECT STREAM UPPER(§N), N FROM S')],
  ['TYPE_MISMATCH', 'aggregate', pump(`SELECT STREAM A, SUM(§A) FROM S GROUP BY A, ${TIME}`)],
  ['TYPE_MISMATCH', 'condition', pump('SELECT STREAM A, N FROM S WHERE §N')],
  ['TYPE_MISMATCH', 'CASE', pump("SELECT STREAM A, CASE WHEN F THEN 1 ELSE §'x' END FROM S")],
  ['TYPE_MISMATCH', 'COALESCE', pump("SELECT STREAM A, COALESCE(N, §'x') FROM S")],
  ['TYPE_MISMATCH', 'CAST', pump('SELECT STREAM A, §CAST("t" AS INTEGER) FROM S')],
  [
    'TYPE_MISMATCH',
    'STEP',
    pump("SELECT STREAM A, UNIX_TIMESTAMP(STEP(§A BY INTERVAL '1' DAY)) FROM S"),
  ],
  [
    'TYPE_MISMATCH',
    'DATE and TIMESTAMP',
    pump('SELECT STREAM A, N FROM S WHERE §"t" > DATE \'2026-01-01\''),
  ],
  ['AGGREGATE_WITHOUT_GROUP', '', pump('SELECT STREAM A, §COUNT(*) FROM S')],
  [
    'AGGREGATE_WITHOUT_GROUP',
    'in WHERE',
    pump(`SELECT STREAM A, 1 FROM S WHERE §COUNT(*) > 1 GROUP BY A, ${TIME}`),
  ],
  [
    'AGGREGATE_WITHOUT_GROUP',
    'nested',
    pump(`SELECT STREAM A, SUM(§MAX(N)) FROM S GROUP BY A, ${TIME}`),
  ],
  ['AGGREGATE_WITHOUT_GROUP', 'HAVING', pump('SELECT STREAM A, N FROM S HAVING §N > 1')],
  ['AGGREGATE_WITHOUT_GROUP', 'LAG', pump(`SELECT STREAM A, §LAG(N) FROM S GROUP BY A, ${TIME}`)],
  ['NOT_GROUPED', '', pump(`SELECT STREAM A, §N FROM S GROUP BY A, ${TIME}`)],
  ['NOT_GROUPED', 'in HAVING', pump(`SELECT STREAM A, 1 FROM S GROUP BY A, ${TIME} HAVING §N > 1`)],
  [
    'NOT_GROUPED',
    'in ORDER BY',
    pump(`SELECT STREAM A, 1 FROM S GROUP BY A, ${TIME} ORDER BY ${TIME}, §N`),
  ],
  [
    'NOT_GROUPED',
    'ROWTIME of the input',
    pump(`SELECT STREAM A, UNIX_TIMESTAMP(§S.ROWTIME) FROM S GROUP BY A, ${TIME}`),
  ],
  [
    'NOT_GROUPED',
    '*',
    pump(`SELECT STREAM §* FROM (SELECT A, N FROM S) AS q GROUP BY A, FLOOR(q.ROWTIME TO DAY)`),
  ],
  ['COUNT_DISTINCT', '', pump(`SELECT STREAM A, §COUNT(DISTINCT N) FROM S GROUP BY A, ${TIME}`)],
  [
    'COUNT_DISTINCT',
    'in SUM',
    pump(`SELECT STREAM A, §SUM(DISTINCT N) FROM S GROUP BY A, ${TIME}`),
  ],
  ['NO_TIME_GROUPING', '', pump('SELECT STREAM A, COUNT(*) FROM S §GROUP BY A')],
  [
    'NO_TIME_GROUPING',
    'event time only',
    pump('SELECT STREAM A, COUNT(*) FROM S §GROUP BY A, FLOOR("t" TO HOUR)'),
  ],
  ['DISTINCT_TIME', '', pump('§SELECT STREAM DISTINCT A, N FROM S')],
  ['ORDER_BY_TIME', '', pump('SELECT STREAM A, N FROM S ORDER BY §N, S.ROWTIME')],
  [
    'ORDER_BY_TIME',
    'an aggregate of the time',
    pump(`SELECT STREAM A, 1 FROM S GROUP BY A, ${TIME} ORDER BY §MAX(S.ROWTIME)`),
  ],
  ['UNBOUNDED_WINDOW', 'no frame', OVER('§(PARTITION BY A)')],
  ['UNBOUNDED_WINDOW', 'UNBOUNDED', OVER('§(ROWS UNBOUNDED PRECEDING)')],
  ['UNBOUNDED_WINDOW', 'FOLLOWING', OVER("§(RANGE INTERVAL '1' MINUTE FOLLOWING)")],
  [
    'UNBOUNDED_WINDOW',
    'of the WINDOW clause',
    pump('SELECT STREAM A, COUNT(*) OVER w FROM S WINDOW w AS §(PARTITION BY A)'),
  ],
  ['WINDOW_ORDER_BY', '', OVER('(PARTITION BY A §ORDER BY N ROWS 3 PRECEDING)')],
  [
    'WINDOW_PARTITION',
    '',
    pump(
      'SELECT STREAM x.A, y.N FROM S OVER §(PARTITION BY A ROWS 3 PRECEDING) AS x JOIN S AS y ON x.A = y.A',
    ),
  ],
  [
    'STAGGER_PARTITION',
    '',
    pump("SELECT STREAM 'a', COUNT(*) FROM S WINDOWED BY STAGGER (§RANGE INTERVAL '1' MINUTE)"),
  ],
  ['UNBOUNDED_JOIN', '', pump('SELECT STREAM x.A, y.N FROM S AS x JOIN §S AS y ON x.A = y.A')],
  ['UNBOUNDED_JOIN', 'with a comma', pump('SELECT STREAM x.A, y.N FROM R, S AS x, §S AS y')],
];

describe('the codes of section 13, each at its place', () => {
  it.each(CASES)('%s %s', (code, _what, program) => {
    const { text, place } = marked(program);
    const { errors, plan } = checkText(text);
    expect(places(errors)).toEqual([`${code} ${place}`]);
    expect(plan).toBeNull();
  });

  it('reports all errors of a program, in the order of the text', () => {
    const { errors } = checkText(
      pump('SELECT STREAM X, UPPER(N), COUNT(*) FROM S WHERE N').replace('INTO OUT_', 'INTO OUT'),
    );
    expect(places(errors)).toEqual([
      'UNKNOWN_TARGET 4:41',
      'UNKNOWN_COLUMN 5:15',
      'TYPE_MISMATCH 5:24',
      'AGGREGATE_WITHOUT_GROUP 5:28',
      'TYPE_MISMATCH 5:50',
    ]);
  });

  it('lets nothing follow from an unknown stream', () => {
    const { errors } = checkText(
      pump('SELECT STREAM *, x.Y FROM NOWHERE AS x WHERE Z > 1 GROUP BY ROWTIME_ ORDER BY Q'),
    );
    expect(places(errors)).toEqual(['UNKNOWN_STREAM 5:27']);
  });
});

describe('hints', () => {
  const hintOf = (text: string) => checkText(text).errors[0]?.hint;

  it.each([
    ['the case trap', pump('SELECT STREAM A, "b" + T FROM S'), 'write "t", with its quotes'],
    [
      'the case trap in lower case',
      pump('SELECT STREAM A, N FROM S WHERE t IS NULL'),
      't without quotes is T; the name is "t"',
    ],
    [
      'a slip of a column',
      pump('SELECT STREAM A, "tt" FROM (SELECT A, "t" AS "ttt" FROM S)'),
      'did you mean "ttt"?',
    ],
    [
      'an alias in WHERE',
      pump('SELECT STREAM A, N AS m FROM S WHERE m > 1'),
      'the alias M can be used in ORDER BY only: write its expression here',
    ],
    ['a slip of a stream', pump('SELECT STREAM A, N FROM OUT'), 'did you mean OUT_?'],
    ['an alias', pump('SELECT STREAM A, S.N FROM S AS x'), 'here it is called X'],
    [
      'TUMBLE',
      pump("SELECT STREAM A, 1 FROM S GROUP BY A, TUMBLE(S.ROWTIME, INTERVAL '1' DAY)"),
      "group by STEP(stream.ROWTIME BY INTERVAL '1' MINUTE)",
    ],
    ['a function', pump('SELECT STREAM UPER(A), N FROM S'), 'did you mean UPPER?'],
    ['a CAST', pump('SELECT STREAM A, S.A FROM S'), 'write CAST(S.A AS INTEGER)'],
    [
      'a time from a number',
      pump('SELECT STREAM A, N FROM S WHERE N > "t"'),
      'write TO_TIMESTAMP(N), from milliseconds',
    ],
    [
      'a number from a time',
      pump('SELECT STREAM A, "t" FROM S'),
      'write UNIX_TIMESTAMP("t"), in milliseconds',
    ],
    ['a type', `${HEAD}CREATE STREAM X (A STRING);`, "the dialect's type is VARCHAR(n)"],
  ])('%s', (_what, text, hint) => expect(hintOf(text)).toBe(hint));
});
