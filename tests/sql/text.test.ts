import { describe, expect, it } from 'vitest';
import { checkText } from '../../shared/sql/check/check.ts';
import type { Expr } from '../../shared/sql/plan.ts';
import { columnNames, exprText, intervalText, spanText } from '../../shared/sql/text.ts';

const COLUMNS = ['a', 'b', 'c', 'd', 's', 't', 'u', 'when', 'day', 'ok', 'LOUD'];
const names = columnNames(COLUMNS.map((name) => ({ name })));

/** The plan's form of a condition; all columns are read, so that slots are those of the schema. */
function plan(condition: string): Expr {
  const all = COLUMNS.map((name) => `"${name}" IS NULL`).join(' OR ');
  const checked =
    checkText(`-- input: S_001 ("a" INTEGER, "b" INTEGER, "c" BIGINT, "d" DOUBLE, "s" VARCHAR(20), "t" VARCHAR(20), "u" VARCHAR(20), "when" TIMESTAMP, "day" DATE, "ok" BOOLEAN, LOUD INTEGER)
CREATE STREAM X ("yes" BOOLEAN, "all" BOOLEAN);
CREATE PUMP P AS INSERT INTO X SELECT STREAM ${condition}, ${all} FROM "S_001";`);
  expect(checked.errors, condition).toEqual([]);
  const node = checked.plan!.nodes[0]!;
  return (node as Extract<typeof node, { kind: 'project' }>).select[0]!;
}

describe('exprText', () => {
  it.each([
    '"a" = 1',
    '"a" + "b" * 2 > -"c" / 3 - ("a" - "b")',
    '"a" - ("b" - 1) - 2 = ("a" + "b") * 2',
    '"ok" OR "a" = 1 AND NOT ("ok" OR "b" = 2)',
    '("a" = 1) = "ok"',
    '"s" IS NOT NULL AND "ok" IS TRUE AND "ok" IS NOT FALSE AND "t" IS NULL',
    '"a" BETWEEN 1 AND "b" + 1 AND "a" NOT BETWEEN 3 AND 4',
    `"s" IN ('it''s', 'b') AND "a" NOT IN (1, 2)`,
    `"s" LIKE 'a!%' ESCAPE '!' AND "s" NOT LIKE '%x'`,
    `"s" || 'x' || "t" = UPPER("u") || LOWER("s")`,
    `CASE WHEN "a" > 1 THEN 'x' WHEN "ok" THEN "s" ELSE 'y' END = 'x'`,
    `CASE WHEN "a" > 1 THEN 'x' END IS NULL`,
    'CAST("a" AS DOUBLE) / "b" > 0.5',
    'CAST("s" AS DECIMAL(10,2)) = 1.5',
    `STEP("when" BY INTERVAL '90' SECOND) = FLOOR("when" TO HOUR)`,
    `FLOOR("when" TO MONTH) < CEIL("when" TO DAY)`,
    'STEP("a" BY 10) = 20',
    `"when" + INTERVAL '1' DAY > "when" - INTERVAL '2' MONTH`,
    `"when" > TIMESTAMP '2026-01-31 12:00:00.5' AND "day" = DATE '2026-01-31'`,
    'ROWTIME > "when"',
    'TSDIFF("when", ROWTIME) > 1000 AND UNIX_TIMESTAMP("when") > 5',
    'EXTRACT(HOUR FROM "when") = 12',
    `CHAR_TO_TIMESTAMP('yyyy', "s") < "when" AND TIMESTAMP_TO_CHAR('yyyy', "when") = '2026'`,
    `SUBSTRING("s" FROM 2 FOR 3) = SUBSTRING("s", 2, 3) AND SUBSTRING("s" FROM 'a+') = 'aa'`,
    `POSITION('x' IN "s") > CHAR_LENGTH(TRIM(BOTH ' ' FROM "t"))`,
    `OVERLAY("s" PLACING 'x' FROM 1 FOR 2) = INITCAP("t")`,
    'COALESCE("a", "b", 0) = MOD("a", 3) AND NULLIF("a", 0) > ABS("b")',
    'POWER("d", 2) > SQRT("d") + LN("d") + LOG10("d") + EXP("d")',
    'LOUD = 9223372036854775807',
  ])('%s reads back as the same expression', (condition) => {
    const expr = plan(condition);
    const text = exprText(expr, names);
    expect(plan(text), text).toEqual(expr);
  });

  it('reads like the dialect', () => {
    expect(exprText(plan(`FLOOR("when" TO HOUR) = ROWTIME AND NOT "a" = 1`), names)).toBe(
      `STEP("when" BY INTERVAL '1' HOUR) = ROWTIME AND NOT "a" = 1`,
    );
  });

  it('spans in their largest whole unit', () => {
    expect(intervalText({ unit: 'ms', size: 90_000 })).toBe("INTERVAL '90' SECOND");
    expect(intervalText({ unit: 'ms', size: 86_400_000 })).toBe("INTERVAL '1' DAY");
    expect(spanText({ unit: 'ms', size: 10_000 })).toBe('10 seconds');
    expect(spanText({ unit: 'months', size: 12 })).toBe('1 year');
    expect(spanText({ unit: 'ms', size: 500 })).toBe('0.5 seconds');
  });
});
