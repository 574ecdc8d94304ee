import { describe, expect, it } from 'vitest';
import type { Expr } from '../../../shared/sql/plan.ts';
import type { SqlType } from '../../../shared/sql/types.ts';
import { aggregateOf, itemExpr } from './programs.ts';

const name = ({ name: type, length, precision, scale }: SqlType): string =>
  `${type}${length === undefined ? '' : `(${length})`}${precision === undefined ? '' : `(${precision},${scale})`}`;

/** The expression in short: implicit casts as ~TYPE, explicit ones as TYPE. */
function short(e: Expr): string {
  switch (e.op) {
    case 'literal':
      return `${JSON.stringify(e.value)}:${name(e.type)}`;
    case 'column':
      return `$${e.index}`;
    case 'cast':
      return `${e.implicit ? '~' : ''}${name(e.type)}(${short(e.arg)})`;
    case 'case':
      return `case(${[...e.whens.flat(), e.otherwise].map(short).join(', ')}):${name(e.type)}`;
    case 'call':
      return `${e.fn}(${e.args.map(short).join(', ')}):${name(e.type)}`;
  }
}

describe('assignment: a cast only where a value may not fit or changes its form', () => {
  it.each([
    ['N', 'INTEGER', '$1'],
    ['N', 'BIGINT', '$1'],
    ['N', 'SMALLINT', '~SMALLINT($1)'],
    ['N', 'DOUBLE', '$1'],
    ['N', 'DECIMAL(10, 0)', '$1'],
    ['N', 'DECIMAL(9, 0)', '~DECIMAL(9,0)($1)'],
    ['"b"', 'INTEGER', '~INTEGER($1)'],
    ['"b"', 'DOUBLE', '~DOUBLE($1)'],
    ['D', 'REAL', '$1'],
    ['D', 'FLOAT', '$1'],
    ['D', 'INTEGER', '~INTEGER($1)'],
    ['E', 'DECIMAL(8, 3)', '$1'],
    ['E', 'DECIMAL(7, 1)', '~DECIMAL(7,1)($1)'],
    ['E', 'DOUBLE', '$1'],
    ['A', 'VARCHAR(8)', '$1'],
    ['A', 'CHAR(20)', '$1'],
    ['A', 'VARCHAR(7)', '~VARCHAR(7)($1)'],
    ['"t"', 'TIMESTAMP', '$1'],
    ['F', 'BOOLEAN', '$1'],
  ])('%s into %s', (item, type, expected) => expect(short(itemExpr(item, type))).toBe(expected));

  it.each([
    ['12', 'TINYINT', '12:TINYINT'],
    ['200', 'TINYINT', '~TINYINT(200:INTEGER)'],
    ['-128', 'TINYINT', '-128:TINYINT'],
    ['3000000000', 'BIGINT', '3000000000:BIGINT'],
    ['9007199254740993', 'BIGINT', '"9007199254740993":BIGINT'],
    ['-9007199254740993', 'BIGINT', '"-9007199254740993":BIGINT'],
    ['9007199254740993', 'DOUBLE', '9007199254740992:DOUBLE'],
    ['1.5', 'DECIMAL(3, 1)', '1.5:DECIMAL(3,1)'],
    ['1.5', 'INTEGER', '~INTEGER(1.5:DECIMAL(2,1))'],
    ['1e3', 'INTEGER', '1000:INTEGER'],
    ["'it''s'", 'CHAR(4)', '"it\'s":CHAR(4)'],
    ["'it''s'", 'CHAR(3)', '~CHAR(3)("it\'s":VARCHAR(4))'],
    ['NULL', 'TIMESTAMP', 'null:TIMESTAMP'],
    ["TIMESTAMP '1970-01-01 00:00:01.5'", 'TIMESTAMP', '1500:TIMESTAMP'],
    ["DATE '1970-01-02'", 'DATE', '86400000:DATE'],
  ])('literal %s into %s', (item, type, expected) =>
    expect(short(itemExpr(item, type))).toBe(expected),
  );
});

describe('results', () => {
  it.each([
    ['N + 1', 'INTEGER', '+($1, 1:INTEGER):INTEGER'],
    ['"b" * 2', 'BIGINT', '*($1, 2:INTEGER):BIGINT'],
    ['N / 2.0', 'DOUBLE', '/($1, 2:DECIMAL(2,1)):DECIMAL'],
    ['N - D', 'DOUBLE', '-($1, $2):DOUBLE'],
    ['-N', 'INTEGER', 'negate($1):INTEGER'],
    ['A || A', 'VARCHAR(16)', '||($1, $1):VARCHAR(16)'],
    ['CASE WHEN F THEN 1 ELSE D END', 'DOUBLE', 'case($2, 1:DOUBLE, $1):DOUBLE'],
    [
      "CASE N WHEN 1 THEN 'a' END",
      'VARCHAR(1)',
      'case(=($1, 1:INTEGER):BOOLEAN, "a":VARCHAR(1), null:VARCHAR(1)):VARCHAR(1)',
    ],
    ['COALESCE("b", D)', 'DOUBLE', 'coalesce(~DOUBLE($1), $2):DOUBLE'],
    ['CEIL(D)', 'DOUBLE', 'ceil($1):DOUBLE'],
    ['FLOOR(N)', 'INTEGER', 'floor($1):INTEGER'],
    [
      '"t" + INTERVAL \'1:30\' HOUR TO MINUTE',
      'TIMESTAMP',
      'addMs($1, 5400000:INTERVAL):TIMESTAMP',
    ],
    ['"t" - INTERVAL \'1-6\' YEAR TO MONTH', 'TIMESTAMP', 'addMonths($1, -18:INTERVAL):TIMESTAMP'],
    [
      '"t" - INTERVAL \'1 00:00:00.5\' DAY TO SECOND',
      'TIMESTAMP',
      'addMs($1, -86400500:INTERVAL):TIMESTAMP',
    ],
    [
      'CAST((S.ROWTIME - "t") MINUTE AS INTEGER)',
      'INTEGER',
      '~INTEGER(/(tsdiff($0, $1):BIGINT, 60000:BIGINT):BIGINT)',
    ],
    ['EXTRACT(HOUR FROM "t")', 'INTEGER', 'extract("HOUR":VARCHAR, $1):INTEGER'],
    ['CEIL("t" TO DAY)', 'TIMESTAMP', 'ceilTime($1, 86400000:BIGINT, "ms":VARCHAR):TIMESTAMP'],
    ['STEP(N BY 10)', 'INTEGER', 'stepWhole($1, 10:INTEGER):INTEGER'],
    ['CURRENT_DATE', 'DATE', '~DATE($0)'],
    ["SUBSTRING(A FROM 'a.')", 'VARCHAR(8)', 'substringRegex($1, "a.":VARCHAR(2)):VARCHAR(8)'],
    ['SUBSTRING(A, 2)', 'VARCHAR(8)', 'substringComma($1, 2:INTEGER):VARCHAR(8)'],
    [
      "OVERLAY(A PLACING 'xy' FROM 1)",
      'VARCHAR(10)',
      'overlay($1, "xy":VARCHAR(2), 1:INTEGER):VARCHAR(10)',
    ],
    ['A IS NOT NULL', 'BOOLEAN', 'not(isNull($1):BOOLEAN):BOOLEAN'],
    ['F IS UNKNOWN', 'BOOLEAN', 'isNull($1):BOOLEAN'],
    [
      'N NOT BETWEEN 1 AND 2.5',
      'BOOLEAN',
      'not(between($1, 1:INTEGER, 2.5:DECIMAL(2,1)):BOOLEAN):BOOLEAN',
    ],
  ])('%s', (item, type, expected) => expect(short(itemExpr(item, type))).toBe(expected));

  it('of aggregates; what the store adds up goes into any whole column as it is', () => {
    const { aggregates, select, having } = aggregateOf(
      `SELECT STREAM CAST(SUM(D) AS VARCHAR(8)), SUM(N) FROM S GROUP BY FLOOR(S.ROWTIME TO DAY)
       HAVING COUNT(A) > 1 AND AVG(N) > 1 AND AVG("b") > 1 AND SUM(E) > 1 AND MIN(E) > 1 AND AVG(D) > 1 AND MAX(A) > 'x'`,
    );
    expect(aggregates.map(({ fn, type }) => `${fn} ${name(type)}`)).toEqual([
      'sum DOUBLE',
      'sum BIGINT',
      'count BIGINT',
      'avg INTEGER',
      'avg BIGINT',
      'sum DECIMAL',
      'min DECIMAL(7,2)',
      'avg DOUBLE',
      'max VARCHAR(8)',
    ]);
    expect(select.map(short)).toEqual(['VARCHAR(8)($2)', '$3']);
    expect(having?.type).toEqual({ name: 'BOOLEAN' });
  });

  it('of a calculation with aggregates are bounded again', () => {
    const { select } = aggregateOf(
      "SELECT STREAM 'a', SUM(N) + 1 FROM S GROUP BY FLOOR(S.ROWTIME TO DAY)",
    );
    expect(select.map(short)).toEqual(['"a":VARCHAR(8)', '~INTEGER(+($2, 1:INTEGER):BIGINT)']);
  });
});
