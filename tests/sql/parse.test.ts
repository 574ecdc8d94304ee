import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { CreatePump, CreateStream, Expr, Select, Statement } from '../../shared/sql/ast.ts';
import { parseColumns, parseProgram, position } from '../../shared/sql/parse.ts';
import { queryShape, shape } from './shape.ts';

const KDA = process.env.KDA_DIR ?? fileURLToPath(new URL('../../../shared/kda', import.meta.url));

function statements(text: string): readonly Statement[] {
  const parsed = parseProgram(text);
  expect(parsed).toMatchObject({ ok: true });
  return parsed.ok ? parsed.statements : [];
}

const PUMP = 'CREATE PUMP p AS INSERT INTO s ';

function pump(query: string): CreatePump {
  return statements(PUMP + query)[0] as CreatePump;
}

function expression(text: string): Expr {
  const item = pump(`SELECT ${text} FROM t`).query.selects[0]!.items[0]!;
  return (item as { expr: Expr }).expr;
}

describe('statements (dialect section 2)', () => {
  test('a stream', () => {
    const [stream] = statements(
      `create or replace stream "Out" (a int not null, "b""c" VARCHAR(16), d decimal(7, 1),
       e double precision, f character varying(3), g timestamp) description 'x'`,
    ) as CreateStream[];
    expect(stream).toMatchObject({ kind: 'createStream', at: 0, replace: true });
    expect(stream!.name).toEqual({ text: 'Out', quoted: true, at: 25 });
    expect(
      stream!.columns.map(({ name, type, notNull }) => [name.text, type.name, type.args, notNull]),
    ).toEqual([
      ['A', 'INT', [], true],
      ['b"c', 'VARCHAR', [16], false],
      ['D', 'DECIMAL', [7, 1], false],
      ['E', 'DOUBLE PRECISION', [], false],
      ['F', 'CHARACTER VARYING', [3], false],
      ['G', 'TIMESTAMP', [], false],
    ]);
  });

  test('a pump', () => {
    const [first, second] =
      statements(`CREATE PUMP p DESCRIPTION 'd' STOPPED AS INSERT INTO s (b, "a") SELECT a FROM t;
      CREATE OR REPLACE PUMP stopped AS INSERT INTO "S" SELECT STREAM a FROM t;`) as CreatePump[];
    expect(first).toMatchObject({
      kind: 'createPump',
      replace: false,
      stopped: true,
      target: { text: 'S' },
    });
    expect(first!.columns).toMatchObject([{ text: 'B' }, { text: 'a' }]);
    expect(second).toMatchObject({
      replace: true,
      stopped: false,
      columns: null,
      name: { text: 'STOPPED' },
    });
  });

  test.each(['', ' ;; ', '-- nothing', '\uFEFF/* nothing */\r\n'])(
    'a program without statements: %j',
    (text) => {
      expect(statements(text)).toEqual([]);
    },
  );

  test('comments, line ends and case do not matter', () => {
    const plain = statements('CREATE STREAM s (a INT, b INT);');
    const odd = statements("\uFEFFcreate/* 'x */ Stream\ts\r\n( a int // \"\n,-- it's\rb INT)");
    const names = (program: readonly Statement[]) =>
      (program[0] as CreateStream).columns.map((c) => c.name.text);
    expect(names(odd)).toEqual(names(plain));
  });
});

describe('queries (dialect sections 2, 5, 9)', () => {
  test.each([
    ['SELECT * FROM t', 'select * from T'],
    ['SELECT STREAM t.*, a, b c, d AS "e" FROM t', 'select T.*, A, B→C, D→e from T'],
    ['SELECT STREAM DISTINCT a FROM t', 'select distinct A from T'],
    ['SELECT ALL a FROM t', 'select A from T'],
    [
      'SELECT all, step, minute second, "from" FROM t',
      'select ALL, STEP, MINUTE→SECOND, from from T',
    ],
    [
      'SELECT a FROM t WHERE b GROUP BY c, d HAVING e',
      'select A from T where B group C, D having E',
    ],
    ['SELECT a FROM t ORDER BY a, 2 DESC, b ASC', 'select A from T order A, number:2↓, B'],
    [
      'SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY 1',
      'select A from T union select B from U order number:1',
    ],
    ['SELECT a FROM (SELECT b FROM t) AS q (x, "y")', 'select A from {select B from T}→Q(X,y)'],
    ['SELECT a FROM (SELECT b FROM t)', 'select A from {select B from T}'],
    [
      'SELECT a FROM TABLE(f(CURSOR(SELECT * FROM t), 1)) AS x',
      'select A from table F(cursor(select * from T), number:1)→X',
    ],
    ['SELECT a FROM STREAM (f(1)) x', 'select A from table F(number:1)→X'],
    ['SELECT a FROM t x, u AS y', 'select A from [T→X cross U→Y]'],
    [
      'SELECT a FROM t JOIN u ON b INNER JOIN v ON c',
      'select A from [[T inner U on B] inner V on C]',
    ],
    [
      'SELECT a FROM t LEFT JOIN u ON b RIGHT OUTER JOIN v ON c',
      'select A from [[T left U on B] right V on C]',
    ],
    [
      'SELECT a FROM t FULL OUTER JOIN (u CROSS JOIN v) ON b',
      'select A from [T full [U cross V] on B]',
    ],
    [
      "SELECT a FROM t OVER (RANGE INTERVAL '1' HOUR PRECEDING) AS x JOIN u OVER w ON b",
      'select A from [T over (range interval(1 HOUR))→X inner U over W on B]',
    ],
    [
      "SELECT a FROM t WINDOWED BY STAGGER (PARTITION BY b, c RANGE INTERVAL '90' SECOND)",
      'select A from T stagger B, C range interval(90 SECOND)',
    ],
    [
      'SELECT SUM(a) OVER w FROM t WINDOW w AS (PARTITION BY b, c ROWS 2 PRECEDING), v AS (ORDER BY a)',
      'select SUM(A) over W from T window W(by B, C rows 2), V(ordered)',
    ],
  ])('%s', (text, expected) => {
    expect(queryShape(pump(text).query)).toBe(expected);
  });

  test.each([
    ["RANGE INTERVAL '0' SECOND PRECEDING", 'range interval(0 SECOND)'],
    [
      "RANGE BETWEEN INTERVAL '1:30' HOUR TO MINUTE PRECEDING AND CURRENT ROW",
      'range interval(1:30 HOUR MINUTE)',
    ],
    ["RANGE INTERVAL '1' DAY(3) FOLLOWING", 'range interval(1 DAY) following'],
    ['RANGE UNBOUNDED PRECEDING', 'range unbounded'],
    ['RANGE CURRENT ROW', 'range current'],
    ['ROWS UNBOUNDED PRECEDING', 'rows unbounded'],
    ['ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING', 'rows 3 following'],
    ['ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING', 'rows current following'],
    ['ORDER BY a, b DESC ROWS 9 PRECEDING', 'ordered rows 9'],
    ['', ''],
  ])('a window of %s', (text, expected) => {
    expect(shape(expression(`f(x) OVER (${text})`))).toBe(`F(X) over (${expected})`);
  });
});

describe('expressions (dialect sections 1, 3, 8)', () => {
  test.each([
    ['a OR b AND NOT c', '(A or (B and (not C)))'],
    ['NOT NOT a = b', '(not (not (A = B)))'],
    ['a + b * -c - d', '((A + (B * (- C))) - D)'],
    ["a || 'x' || b", "((A || 'x') || B)"],
    ['- + 1 / .5', '((- (+ number:1)) / number:.5)'],
    ['(a + b) * c', '((A + B) * C)'],
    ['a != 1e-3', '(A <> number:1e-3)'],
    ['a <= b', '(A <= B)'],
    ['a > 5 IS NOT TRUE', '((A > number:5) is not true)'],
    ['a IS NULL AND b IS UNKNOWN', '((A is null) and (B is unknown))'],
    ["a NOT LIKE 'x%' ESCAPE '!' OR b LIKE c", "((A not like 'x%', '!') or (B like C))"],
    ["a SIMILAR TO '(b|c)%'", "(A similar '(b|c)%')"],
    ['a BETWEEN 1 AND 2 + 3 AND b', '((A between number:1, (number:2 + number:3)) and B)'],
    ["a NOT IN ('x', b + 1)", "(A not in ['x', (B + number:1)])"],
    ['TRUE = false', '(boolean:TRUE = boolean:FALSE)'],
    ["COALESCE(NULL, 'it''s', '')", "COALESCE(null:NULL, 'it's', '')"],
    ["TIMESTAMP '1970-01-01 00:00:00'", 'timestamp:1970-01-01 00:00:00'],
    ["DATE '2020-01-01' = time '10:00:00'", '(date:2020-01-01 = time:10:00:00)'],
    ['date + timestamp', '(DATE + TIMESTAMP)'],
    ["INTERVAL '1-6' YEAR TO MONTH", 'interval(1-6 YEAR MONTH)'],
    ['t.f."wave"', 'T.F.wave'],
    ['"ROWTIME"', 'ROWTIME'],
    ['CASE a WHEN 1 THEN b WHEN 2 THEN c END', 'case(A, number:1, B, number:2, C)'],
    ['CASE WHEN a = 1 THEN b ELSE c END', 'case((A = number:1), B, C)'],
    ['CAST(a + 1 AS VARCHAR(4))', 'cast((A + number:1), VARCHAR[4])'],
    ['CAST(a AS char varying(2))', 'cast(A, CHAR VARYING[2])'],
    ['CAST(a AS INTERVAL DAY TO SECOND)', 'cast(A, INTERVAL DAY TO SECOND[])'],
    ["STEP (k.ROWTIME BY INTERVAL '15' SECOND)", 'step(K.ROWTIME, interval(15 SECOND))'],
    ['STEP(i BY 5)', 'step(I, number:5)'],
    ['FLOOR(t.ROWTIME TO minute)', 'floor(T.ROWTIME, MINUTE)'],
    ['CEIL(a TO DAY)', 'ceil(A, DAY)'],
    ['CEILING(a TO DAY)', 'ceil(A, DAY)'],
    ['FLOOR(a)', 'FLOOR(A)'],
    ['CEILING(a, 1)', 'CEILING(A, number:1)'],
    [
      "FLOOR((t.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND)",
      'floor((in((T.ROWTIME - timestamp:1970-01-01 00:00:00), SECOND) / number:10), SECOND)',
    ],
    ["FLOOR(t + INTERVAL '5' HOUR TO MINUTE)", 'floor((T + interval(5 HOUR)), MINUTE)'],
    ['(a - b) DAY TO SECOND', 'in((A - B), DAY, SECOND)'],
    ['EXTRACT(HOUR FROM a)', 'extract(HOUR, A)'],
    ['SUBSTRING(a FROM 1 FOR 2)', 'substring:(A, number:1, number:2)'],
    ["SUBSTRING(a FROM '[0-9]+')", "substring:(A, '[0-9]+')"],
    ['SUBSTRING(a, 1, 2)', 'SUBSTRING(A, number:1, number:2)'],
    ["SUBSTRING(a SIMILAR b ESCAPE '#')", "substringSimilar:(A, B, '#')"],
    ["POSITION('-' IN a || b)", "position:('-', (A || B))"],
    ['TRIM(a)', "trim:('BOTH', ' ', A)"],
    ["TRIM(LEADING '0' FROM a)", "trim:('LEADING', '0', A)"],
    ["TRIM('x' FROM a)", "trim:('BOTH', 'x', A)"],
    ['TRIM(TRAILING FROM a)', "trim:('TRAILING', ' ', A)"],
    ["TRIM(BOTH 'x' a)", "trim:('BOTH', 'x', A)"],
    ['TRIM(both)', "trim:('BOTH', ' ', BOTH)"],
    ['OVERLAY(a PLACING b FROM 2 FOR 3)', 'overlay:(A, B, number:2, number:3)'],
    ['COUNT(*)', 'COUNT(*)'],
    ['count(DISTINCT a)', 'COUNT(distinct A)'],
    ['COUNT(ALL a)', 'COUNT(A)'],
    ['f()', 'F()'],
    ['"My Fn"(a)', 'My Fn(A)'],
    ['LAG(a, 1) IGNORE NULLS OVER w', 'LAG(A, number:1) ignore nulls over W'],
    ['LAST_VALUE(a) RESPECT NULLS', 'LAST_VALUE(A) respect nulls'],
    ['f(a) OVER (PARTITION BY b ROWS 2 PRECEDING)', 'F(A) over (by B rows 2)'],
  ])('%s', (text, expected) => {
    expect(shape(expression(text))).toBe(expected);
  });

  test('after anything but a difference, a unit is an alias', () => {
    expect(queryShape(pump('SELECT (a) minute, (a + b) second, a hour FROM t').query)).toBe(
      'select A→MINUTE, (A + B)→SECOND, A→HOUR from T',
    );
  });

  test('every soft word is a name', () => {
    const words =
      `first last index type level status step pump minute value date time timestamp floor
      trim both row rows_ current unbounded partition_ description stopped stagger nulls outer all cast
      unknown function natural using`.split(/\s+/);
    const query = `SELECT ${words.map((word) => `${word} AS ${word}`).join(', ')} FROM floor AS step`;
    const shown = words.map((word) => `${word}→${word}`.toUpperCase()).join(', ');
    expect(queryShape(pump(query).query)).toBe(`select ${shown} from FLOOR→STEP`);
  });
});

describe('places', () => {
  const select = (text: string): Select => pump(text).query.selects[0]!;
  const offset = (text: string, part: string) => PUMP.length + text.indexOf(part);

  test('an operation begins with its left operand, parentheses included', () => {
    const text = 'SELECT  a + (b - c) * 2, -x FROM t';
    const [sum, minus] = select(text).items as readonly { expr: Expr }[];
    expect(sum!.expr).toMatchObject({
      at: offset(text, 'a +'),
      right: {
        at: offset(text, '(b'),
        left: { at: offset(text, '(b'), left: { at: offset(text, 'b -') } },
      },
    });
    expect(minus!.expr).toMatchObject({ at: offset(text, '-x') });
  });

  test('names, calls, windows', () => {
    const text =
      'SELECT t . "b", COUNT ( DISTINCT c ) OVER /* w */ ( ORDER BY d ROWS 2 PRECEDING ) FROM t';
    const [name, call] = select(text).items as readonly { expr: Expr }[];
    expect(name!.expr).toMatchObject({
      at: offset(text, 't .'),
      parts: [{}, { at: offset(text, '"b"') }],
    });
    expect(call!.expr).toMatchObject({
      at: offset(text, 'COUNT'),
      over: {
        at: offset(text, '( ORDER'),
        orderAt: offset(text, 'ORDER'),
        frame: { at: offset(text, 'ROWS') },
      },
    });
  });

  test('clauses', () => {
    const text =
      'SELECT x.* FROM t x LEFT JOIN (SELECT a FROM u) y ON b WHERE c GROUP BY d ORDER BY e';
    expect(pump(text).query.order).toMatchObject({ at: offset(text, 'ORDER') });
    expect(select(text)).toMatchObject({
      at: offset(text, 'SELECT'),
      items: [{ at: offset(text, 'x.*') }],
      from: { at: offset(text, 'LEFT'), right: { at: offset(text, '(SELECT') } },
      group: { at: offset(text, 'GROUP') },
    });
  });

  test('STAGGER without PARTITION BY points to what stands in its place', () => {
    const text = "SELECT a FROM t WINDOWED BY STAGGER ( RANGE INTERVAL '1' DAY)";
    expect(select(text).stagger).toMatchObject({ at: offset(text, 'RANGE'), partition: [] });
  });

  test('line and column count from 1, whatever the line end, and count characters', () => {
    const text = 'ab\r\nc\nd\r😀e';
    const places = ['a', 'b', 'c', 'd', 'e'].map((letter) => position(text, text.indexOf(letter)));
    expect(places.map(({ line, column }) => [line, column])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
      [3, 1],
      [4, 2],
    ]);
    expect(position('', 0)).toEqual({ line: 1, column: 1 });
    expect(position('a\n', 2)).toEqual({ line: 2, column: 1 });
  });
});

test('columns alone', () => {
  expect(parseColumns('"probe" VARCHAR(6), n INT')).toMatchObject({
    ok: true,
    columns: [{ name: { text: 'probe' } }, { name: { text: 'N' }, type: { name: 'INT' } }],
  });
  expect(parseColumns('probe')).toMatchObject({
    ok: false,
    errors: [{ code: 'SYNTAX', line: 1, column: 6 }],
  });
});

describe.skipIf(!existsSync(KDA))(`the dialect's test material (${KDA}; set KDA_DIR)`, () => {
  const files = (folder: string) =>
    existsSync(KDA) ? readdirSync(join(KDA, folder)) : ['(absent)'];
  const read = (folder: string, file: string) => readFileSync(join(KDA, folder, file), 'utf8');

  test.each(files('programs'))('programs/%s parses', (file) => {
    expect(statements(read('programs', file)).length).toBeGreaterThan(1);
  });

  test.each(files('vectors'))('vectors/%s parses', (file) => {
    const { sql, schema } = JSON.parse(read('vectors', file)) as {
      sql: string;
      schema: Record<string, string>;
    };
    expect(statements(sql).length).toBeGreaterThan(1);
    for (const columns of Object.values(schema))
      expect(parseColumns(columns)).toMatchObject({ ok: true });
  });

  test.each(files('bad'))('bad/%s parses, or is refused where it says', (file) => {
    const text = read('bad', file);
    const [, code, line, column] = /^-- expect: (\w+) at (\d+):(\d+)/.exec(text)!;
    const parsed = parseProgram(text);
    if (code !== 'SYNTAX') return expect(parsed.ok).toBe(true);
    expect(parsed).toMatchObject({
      ok: false,
      errors: [{ code, line: Number(line), column: Number(column) }],
    });
  });
});
