import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkText } from '../../../shared/sql/check/check.ts';
import { RowError } from '../../../shared/sql/errors.ts';
import { compile } from '../../../shared/sql/run/compile.ts';
import type { Row, SqlType, Value } from '../../../shared/sql/types.ts';
import { only } from './programs.ts';

/** A column of every kind, with values that the compiled functions have to stand. */
const COLUMNS: Readonly<Record<string, { type: string; values: readonly Value[] }>> = {
  T: { type: 'VARCHAR(9)', values: ['', 'ab 12', '2026-01-01'] },
  I: { type: 'INTEGER', values: [0, -7, 2_147_483_647] },
  L: { type: 'BIGINT', values: [1, 9_223_372_036_854_775_807n] },
  D: { type: 'DOUBLE', values: [0.5, -1e300] },
  C: { type: 'DECIMAL(7, 2)', values: [1.25, 99_999.99] },
  B: { type: 'BOOLEAN', values: [true, false] },
  M: { type: 'TIMESTAMP', values: [0, 1_767_225_600_000] },
  Y: { type: 'DATE', values: [86_400_000] },
  H: { type: 'TIME', values: [3_600_000] },
};
type Kind = 'any' | 'num' | 'text' | 'bool' | 'time' | 'span';

/** Templates by the kind of their result; `num`, `text` … stand for an expression of that kind. */
const FORMS: Readonly<Record<Kind, readonly string[]>> = {
  any: ['num', 'text', 'bool', 'time'],
  num: [
    ...['I', 'L', 'D', 'C', '2', '1.5', '1e3', '9007199254740993', 'NULL'],
    ...['num + num', 'num - num', '(num) * (num)', '(num) / (num)', '-(num)', 'MOD(num, num)'],
    ...['ABS(num)', 'FLOOR(num)', 'CEIL(num)', 'SQRT(num)', 'POWER(num, num)', 'LN(num)'],
    ...['CASE WHEN bool THEN num ELSE num END', 'CASE any WHEN NULL THEN num END'],
    ...['COALESCE(num, num)', 'NULLIF(num, num)', 'CHAR_LENGTH(text)', 'POSITION(text IN text)'],
    ...['CAST(num AS SMALLINT)', 'CAST(num AS DECIMAL(5, 1))', 'CAST(text AS BIGINT)'],
    ...['CAST(bool AS INTEGER)', 'CAST((time - time) MINUTE AS BIGINT)', 'UNIX_TIMESTAMP(time)'],
    ...['EXTRACT(MINUTE FROM time)', 'TSDIFF(time, time)', 'STEP(I BY 10)', 'EXTRACT(DAY FROM Y)'],
  ],
  text: [
    ...[
      'T',
      "''",
      "'a%'",
      'NULL',
      'text || text',
      'UPPER(text)',
      'INITCAP(text)',
      "TRIM('a' FROM text)",
    ],
    ...['SUBSTRING(text FROM num)', 'SUBSTRING(text, num, num)', "SUBSTRING(text FROM '[a-c]+')"],
    ...['OVERLAY(text PLACING text FROM num)', "TIMESTAMP_TO_CHAR('yyyy-MM-dd', time)"],
    ...[
      'CAST(num AS VARCHAR(4))',
      'CAST(any AS VARCHAR(30))',
      'CAST(text AS CHAR(12))',
      'CAST(Y AS CHAR(12))',
    ],
    ...['CASE WHEN bool THEN text END', 'COALESCE(text, text)', "TIME_TO_CHAR('HH', H)"],
  ],
  bool: [
    ...[
      'B',
      'TRUE',
      'NULL',
      'num < num',
      'text = text',
      'time <= time',
      'NOT (bool)',
      'span < span',
    ],
    ...[
      '(bool) AND (bool)',
      '(bool) OR (bool)',
      'any IS NOT NULL',
      '(bool) IS UNKNOWN',
      '(bool) IS NOT TRUE',
    ],
    ...[
      'num BETWEEN num AND num',
      'text NOT IN (text, text)',
      'text LIKE text',
      'CAST(num AS BOOLEAN)',
    ],
  ],
  time: [
    ...[
      'M',
      'S.ROWTIME',
      'CURRENT_TIMESTAMP',
      'NULL',
      "TIMESTAMP '2026-01-01 00:00:00'",
      'CAST(Y AS TIMESTAMP)',
    ],
    ...[
      'FLOOR(time TO DAY)',
      'CEIL(time TO YEAR)',
      "STEP(time BY INTERVAL '2' MONTH)",
      'TO_TIMESTAMP(num)',
    ],
    ...[
      'time + span',
      'time - span',
      "time - INTERVAL '1-1' YEAR TO MONTH",
      'CAST(text AS TIMESTAMP)',
    ],
    ...["CHAR_TO_TIMESTAMP('yyyy-MM', text)", 'CASE WHEN bool THEN time ELSE time END'],
  ],
  span: [
    "INTERVAL '90' SECOND",
    '(time - time)',
    'span + span',
    '(span) * (num)',
    '(time - time) SECOND',
  ],
};

const expression = fc.letrec<Record<Kind, string>>((tie) => {
  const form = (template: string): fc.Arbitrary<string> => {
    const parts = template.split(/\b(any|num|text|bool|time|span)\b/);
    const arbitraries = parts.map((part, i) =>
      i % 2 === 1 ? tie(part as Kind) : fc.constant(part),
    );
    return fc.tuple(...arbitraries).map((texts) => texts.join(''));
  };
  const leaf = (template: string): boolean => !/\b(any|num|text|bool|time|span)\b/.test(template);
  const kind = (templates: readonly string[]): fc.Arbitrary<string> =>
    fc.oneof(
      { depthIdentifier: 'e', maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(...templates.filter(leaf), ...(templates.some(leaf) ? [] : ['NULL'])),
      ...templates.filter((template) => !leaf(template)).map(form),
    );
  return {
    any: kind(FORMS.any),
    num: kind(FORMS.num),
    text: kind(FORMS.text),
    bool: kind(FORMS.bool),
    time: kind(FORMS.time),
    span: kind(FORMS.span),
  };
}).any;

const row = fc.tuple(
  fc.constant<Value>(1_767_225_600_000),
  ...Object.values(COLUMNS).map(({ values }) => fc.constantFrom<Value>(null, ...values)),
);

it('what is accepted can be compiled, and gives a value of its type or fails as a row', () => {
  let accepted = 0;
  fc.assert(
    fc.property(expression, row, (text, values) => {
      const columns = Object.entries(COLUMNS).map(([name, { type }]) => `${name} ${type}`);
      const { plan } = checkText(
        `-- input: S (${columns})
        CREATE STREAM O (X BOOLEAN);
        CREATE PUMP P AS INSERT INTO O SELECT (${text}) IS NULL OR B AND D + C * L * I > 0 AND T = T AND M = M AND Y = Y AND H = H FROM S;`,
      );
      if (plan === null) return;
      accepted += 1;
      const [select] = only(plan.nodes, 'project').select;
      if (select?.op !== 'call' || select.args[0]?.op !== 'call') throw new Error('not the OR');
      const e = select.args[0].args[0]!;
      const value = evaluate(compile(e), values);
      if (value !== null) expect(typeof value).toMatch(jsType(e.type));
    }),
    { numRuns: 300 },
  );
  // A generator whose expressions are all refused would test nothing.
  expect(accepted).toBeGreaterThan(60);
});

function evaluate(run: (row: Row) => Value, values: readonly Value[]): Value {
  try {
    return run([...values]);
  } catch (error) {
    if (error instanceof RowError) return null;
    throw error;
  }
}

function jsType({ name }: SqlType): RegExp {
  if (name === 'BOOLEAN') return /^boolean$/;
  if (name === 'VARCHAR' || name === 'CHAR') return /^string$/;
  return name === 'BIGINT' ? /^(number|bigint)$/ : /^number$/;
}
