import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Expr } from '../../../shared/sql/plan.ts';
import { compile, compilePredicate } from '../../../shared/sql/run/compile.ts';
import { parseTimestamp, timestampText } from '../../../shared/sql/run/iso-time.ts';
import type { Value } from '../../../shared/sql/types.ts';
import {
  BIGINT,
  BOOLEAN,
  call,
  castTo,
  codeOf,
  col,
  INTEGER,
  lit,
  TEXT,
  TIMESTAMP,
} from './build.ts';

const code = col(1, TEXT);
const kind = col(2, TEXT);
const owner = col(3, TEXT);
const like = (x: Expr, pattern: string) => call('like', BOOLEAN, x, lit(pattern));

/** What vector 17 (text) selects, as the plan has it. */
const TEXT_SELECT: readonly Expr[] = [
  call('||', TEXT, call('||', TEXT, call('||', TEXT, code, lit(' (')), kind), lit(')')),
  call('substring', TEXT, code, lit(1), lit(2)),
  call(
    'substringComma',
    TEXT,
    code,
    call('+', INTEGER, call('position', INTEGER, lit('-'), code), lit(1)),
  ),
  {
    op: 'case',
    type: TEXT,
    whens: [
      [call('and', BOOLEAN, like(code, 'A%'), call('not', BOOLEAN, like(code, '%9'))), lit('pump')],
      [like(code, '__-1%'), lit('valve')],
    ],
    otherwise: lit('other'),
  },
  call('coalesce', TEXT, call('nullif', TEXT, owner, lit('n/a')), lit('stock')),
  call('upper', TEXT, call('initcap', TEXT, kind)),
];

describe('nested expressions', () => {
  it.each<[Value[], Value[]]>([
    [
      ['AB-17', 'main pump', 'lea'],
      ['AB-17 (main pump)', 'AB', '17', 'pump', 'lea', 'MAIN PUMP'],
    ],
    [
      ['AB-19', 'reserve', 'n/a'],
      ['AB-19 (reserve)', 'AB', '19', 'valve', 'stock', 'RESERVE'],
    ],
    [
      [null, 'scrap', 'n/a'],
      [null, null, null, 'other', 'stock', 'SCRAP'],
    ],
    [
      ['B', 'b', ' '],
      ['B (b)', 'B', 'B', 'other', ' ', 'B'],
    ],
  ])('text of %j', (columns, expected) => {
    expect(TEXT_SELECT.map((expr) => compile(expr)([0, ...columns]))).toEqual(expected);
  });

  it('FLOOR((ROWTIME - TIMESTAMP …) MINUTE / 10 TO MINUTE) in parts', () => {
    const since = call('tsdiff', BIGINT, col(0, TIMESTAMP), lit(0, TIMESTAMP));
    const expr = call('/', BIGINT, since, lit(600_000));
    expect(compile(expr)([1_777_727_109_250])).toBe(2_962_878);
  });

  it('takes BIGINT literals beyond 2^53 from their text', () => {
    const max = lit('9223372036854775807', BIGINT);
    expect(compile(max)([])).toBe(9223372036854775807n);
    const same = call('=', BOOLEAN, col(1, BIGINT), max);
    expect(compilePredicate(same)([0, 9223372036854775807n])).toBe(true);
    expect(compile(lit('12', BIGINT))([])).toBe(12);
  });
});

describe('constants', () => {
  it('are calculated once', () => {
    const expr = call('charToTimestamp', TIMESTAMP, lit('yyyy'), lit('2026'));
    const time = compile(expr);
    expect(timestampText(time([]) as number)).toBe('2026-01-01 00:00:00');
  });

  it('that fail do so row by row, not when they are compiled', () => {
    const run = compile(call('/', INTEGER, lit(1), lit(0)));
    expect(codeOf(() => run([0]))).toBe('DIVISION_BY_ZERO');
    const guarded: Expr = {
      op: 'case',
      type: INTEGER,
      whens: [[call('isNull', BOOLEAN, col(1, INTEGER)), lit(7)]],
      otherwise: castTo(INTEGER, lit('many')),
    };
    expect(compile(guarded)([0, null])).toBe(7);
    expect(codeOf(() => compile(guarded)([0, 1]))).toBe('CAST');
  });
});

describe('predicates', () => {
  it('keep TRUE only, and keep all without a condition', () => {
    expect(compilePredicate(null)([0])).toBe(true);
    const column = compilePredicate(col(1, BOOLEAN));
    expect([true, false, null].map((value) => column([0, value]))).toEqual([true, false, false]);
    expect(compilePredicate(lit(null))([0])).toBe(false);
    const over = call('>', BOOLEAN, col(1, INTEGER), lit(1));
    expect(compilePredicate(call('not', BOOLEAN, over))([0, null])).toBe(false);
    expect(compilePredicate(call('not', BOOLEAN, over))([0, 1])).toBe(true);
  });
});

/** The vectors of the dialect lie beside this repository where it was designed. */
const VECTOR = new URL('../../../../shared/kda/vectors/17-text.json', import.meta.url);

describe.skipIf(!existsSync(VECTOR))('the vector of the dialect (if it is there)', () => {
  it('17-text', () => {
    const vector = JSON.parse(readFileSync(VECTOR, 'utf8')) as {
      input: Record<string, { ROWTIME: string; cols: Record<string, Value> }[]>;
      expected: Record<string, Record<string, Value>[]>;
    };
    const rows = vector.input.SOURCE_SQL_STREAM_001!.map(({ ROWTIME, cols }) => [
      parseTimestamp(ROWTIME),
      ...['code', 'kind', 'owner'].map((name) => cols[name]!),
    ]);
    const names = ['LABEL', 'SITE', 'NUM', 'TYPE', 'OWNER', 'SHOUT'];
    const runs = TEXT_SELECT.map(compile);
    const results = rows.map((row) =>
      Object.fromEntries(names.map((name, i) => [name, runs[i]!(row)])),
    );
    expect(results).toEqual(vector.expected.X);
  });
});
