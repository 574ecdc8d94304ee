import { describe, expect, test } from 'vitest';
import { parseProgram } from '../../shared/sql/parse.ts';

const PUMP = 'CREATE PUMP p AS INSERT INTO s ';

/** The place is marked by ¦ in front of the token that does not fit. */
function refused(marked: string) {
  const parsed = parseProgram(marked.replace('¦', ''));
  expect(parsed.ok).toBe(false);
  if (parsed.ok) throw new Error('it parses');
  expect(parsed.errors).toHaveLength(1);
  const error = parsed.errors[0]!;
  const before = marked.slice(0, marked.indexOf('¦')).split('\n');
  expect([error.line, error.column]).toEqual([before.length, before.at(-1)!.length + 1]);
  return error;
}

describe('what is never closed is reported where it opens', () => {
  test.each([
    ['UNTERMINATED_STRING', "SELECT 'a' || ¦'b FROM t;"],
    ['UNTERMINATED_STRING', "SELECT ¦'it''s FROM t"],
    ['UNTERMINATED_STRING', "SELECT 'a', -- it's\n ¦'b''"],
    ['UNTERMINATED_IDENTIFIER', 'SELECT a,\n ¦"b FROM t'],
    ['UNTERMINATED_IDENTIFIER', 'SELECT ¦"b""'],
    ['UNTERMINATED_COMMENT', "SELECT a /* it's */\n FROM ¦/* t"],
    ['UNTERMINATED_COMMENT', 'SELECT a FROM t ¦/*/'],
  ])('%s: %s', (code, query) => {
    expect(refused(PUMP + query).code).toBe(code);
  });
});

describe('the first token that does not fit', () => {
  test.each([
    [
      'SELECT a FROM t\nHAVING x > 1\n¦GROUP BY a',
      'GROUP BY must stand before HAVING',
      'the order is SELECT',
    ],
    [
      'SELECT a FROM t WINDOW w AS (ROWS 1 PRECEDING) ¦WHERE b',
      'WHERE must stand before WINDOW',
      'the order',
    ],
    ['SELECT a FROM t GROUP BY a ¦GROUP BY b', 'GROUP BY stands here for the second time', ''],
    [
      "SELECT a FROM t GROUP BY a ¦WINDOWED BY STAGGER (RANGE INTERVAL '1' DAY)",
      'GROUP BY and WINDOWED BY exclude each other',
      '',
    ],
    [
      'SELECT a FROM (SELECT b FROM t ORDER BY b) HAVING c ¦WHERE d',
      'WHERE must stand before HAVING',
      '',
    ],
    [
      'SELECT a, ¦FROM t',
      'expected an expression but found "FROM"',
      'a comma too many before "FROM"',
    ],
    [
      'SELECT a b ¦c FROM t',
      'expected "," or FROM but found "c"',
      'is a comma missing before "c"?',
    ],
    ['SELECT a ¦1 FROM t', 'but found "1"', 'is a comma missing'],
    [
      'SELECT a FORM ¦t',
      'expected "," or FROM but found "t"',
      'did you mean FROM where FORM stands?',
    ],
    ['SELECT a FROM t WHRE ¦x = 1', 'but found "x"', 'did you mean WHERE where WHRE stands?'],
    [
      'SELECT COUNT(* ¦FROM t',
      'expected ")" but found "FROM"',
      'the parenthesis that opens at 1:44 is not closed',
    ],
    [
      'SELECT a FROM (SELECT b FROM u¦',
      'found the end of the program',
      'opens at 1:46 is not closed',
    ],
    ['SELECT a FROM t¦)', 'but found ")"', 'no parenthesis is open here'],
    ['SELECT a FROM t LIMIT ¦10', 'but found "10"', 'no LIMIT'],
    ['SELECT a FROM t ¦CREATE STREAM s (a INT)', 'but found "CREATE"', 'a semicolon is missing'],
    ['SELECT ¦`a` FROM t', 'expected STREAM or an expression', 'double quotes'],
    ['SELECT a = ¦= b FROM t', 'expected an expression but found "="', 'one "="'],
    ['SELECT a = ¦“b” FROM t', 'but found "“"', 'straight quotes'],
    ['SELECT a¦\u00a0FROM t', '', 'U+00A0'],
    ['SELECT a = ¦12abc FROM t', 'but found "12abc"', 'begins with a digit'],
    ["SELECT 'a FROM t'¦", 'found the end of the program', ''],
    ['SELECT t¦.5 FROM t', 'but found ".5"', ''],
    ['SELECT a FROM ¦from', 'expected STREAM, TABLE or a name', ''],
    ['SELECT a FROM t AS ¦left', 'expected a name but found "left"', 'LEFT is a reserved word'],
    ['SELECT a.¦range FROM t', 'expected a name', 'RANGE is a reserved word'],
    ['SELECT STEP(t BY 10 ¦SECOND) FROM t', 'expected ")"', "INTERVAL '10' SECOND"],
    [
      'SELECT STEP(t BY INTERVAL ¦10 SECOND) FROM t',
      'expected a text in single quotes',
      "INTERVAL '10' SECOND",
    ],
    ["SELECT STEP(t BY INTERVAL '10' ¦SECONDS) FROM t", 'expected a unit of time', 'SECOND'],
    [
      'SELECT a FROM t AS b ¦OVER (ROWS 1 PRECEDING)',
      'but found "OVER"',
      'between the name of a stream and its alias',
    ],
    ['SELECT a FROM t ¦NATURAL JOIN u', 'NATURAL joins are not supported', ''],
    ['SELECT a FROM t JOIN u ¦USING (k)', 'USING is not supported', ''],
    ['SELECT a FROM t CROSS JOIN u ¦ON b', 'but found "ON"', ''],
    ['SELECT a FROM t WHERE a IN (¦SELECT b FROM u)', 'a subquery can stand in FROM only', ''],
    ['SELECT (¦SELECT b FROM u) FROM t', 'a subquery can stand in FROM only', ''],
    ['SELECT a FROM t UNION ¦SELECT b FROM u', 'expected ALL', ''],
    ['SELECT a BETWEEN 1 ¦, 2 FROM t', 'expected AND or an operator', ''],
    ['SELECT CAST(a ¦, INT) FROM t', 'expected AS or an operator', ''],
    [
      'SELECT f(x) OVER (RANGE ¦5 PRECEDING) FROM t',
      'expected BETWEEN, CURRENT, INTERVAL or UNBOUNDED',
      '',
    ],
    [
      'SELECT f(x) OVER (ROWS BETWEEN 2 PRECEDING AND 1 ¦PRECEDING) FROM t',
      'expected FOLLOWING',
      '',
    ],
    ["SELECT INTERVAL '1' SECOND ¦TO HOUR FROM t", 'but found "TO"', ''],
    ['SELECT a FROM t; ¦garbage', 'expected CREATE', ''],
    [`SELECT ¦${'x'.repeat(129)} FROM t`, 'a name has at most 128 characters', ''],
    [`SELECT ¦"${'é'.repeat(129)}" FROM t`, 'a name has at most 128 characters', ''],
    ['SELECT a FROM ¦""', 'found the name ""', ''],
  ])('%s', (query, message, hint) => {
    const error = refused(PUMP + query);
    expect(error.code).toBe('SYNTAX');
    expect(error.message).toContain(message);
    if (hint !== '') expect(error.hint).toContain(hint);
  });

  test.each([
    ['¦SELECT a FROM t', 'expected CREATE', 'a query stands in a pump'],
    ['¦CREAT STREAM s (a INT)', 'but found "CREAT"', 'did you mean CREATE?'],
    ['CREATE ¦TABLE x (a INT)', 'expected OR, PUMP or STREAM', 'streams and pumps only'],
    ['CREATE OR ¦PUMP', 'expected REPLACE', ''],
    ['create or replace ¦function f(a INT)', 'CREATE FUNCTION is not supported', ''],
    ['CREATE STREAM s (a INT, ¦)', 'expected a name', 'a comma too many before ")"'],
    [
      'CREATE STREAM s (a INT ¦b INT)',
      'expected ")", "," or NOT',
      'is a comma missing before "b"?',
    ],
    ['CREATE STREAM s (¦from INT)', 'expected a name', 'FROM is a reserved word'],
    ['CREATE STREAM s (a¦)', 'expected a type', ''],
    ['CREATE STREAM s (a VARCHAR(¦x))', 'expected a whole number', ''],
    ['CREATE STREAM s¦.t (a INT)', 'expected "(" but found "."', ''],
    ['CREATE PUMP p ¦INSERT INTO s SELECT a FROM t', 'expected AS', ''],
    ['CREATE PUMP p AS INSERT ¦s SELECT a FROM t', 'expected INTO', ''],
  ])('%s', (marked, message, hint) => {
    const error = refused(marked);
    expect(error.code).toBe('SYNTAX');
    expect(error.message).toContain(message);
    if (hint !== '') expect(error.hint).toContain(hint);
  });

  test('white space, comments and CRLF before the token do not count', () => {
    const text = 'CREATE STREAM s (a INT)\r\n\t-- here\r\n\t  oops';
    expect(parseProgram(text)).toMatchObject({ errors: [{ line: 3, column: 4 }] });
  });
});
