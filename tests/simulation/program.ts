import type { Application } from '../../shared/config/application.ts';
import type { MappedColumn } from '../../shared/records/types.ts';
import { checkProgram } from '../../shared/sql/check/check.ts';
import { renderDiagnostic } from '../../shared/sql/render.ts';

/** Windows of the program, by event time and by arrival. */
export const MINUTE = 60_000;
export const LATENESS = 2 * MINUTE;
export const SKEW = 5 * MINUTE;
export const RETENTION = 24 * 3_600_000;
export const TOP_K = 3;

/** What is refused before the schema is mended: larger amounts (in units), and what is later. */
export const STRICT = { most: 99_999_999n, lateness: MINUTE };

const COLUMNS: readonly MappedColumn[] = [
  { name: 'at', type: { name: 'TIMESTAMP' }, path: '$.at', unit: 'ms' },
  { name: 'who', type: { name: 'VARCHAR', length: 16 }, path: '$.who' },
  { name: 'item', type: { name: 'VARCHAR', length: 16 }, path: '$.item' },
  { name: 'amount', type: { name: 'DECIMAL', precision: 18, scale: 4 }, path: '$.amount' },
  { name: 'n', type: { name: 'INTEGER' }, path: '$.n' },
];

/** One pump of every kind of result. `factor` is the rule that a changed program has changed. */
function sql(factor: number): string {
  const minute = (time: string): string => `STEP(${time} BY INTERVAL '1' MINUTE)`;
  return `
-- Additions, two times: a late row joins the minute it belongs to.
CREATE OR REPLACE STREAM "TOTALS" ("minute" TIMESTAMP, "who" VARCHAR(16), "calls" BIGINT, "priced" BIGINT, "amount" DECIMAL(19,4));
CREATE OR REPLACE PUMP "TOTALS_PUMP" AS INSERT INTO "TOTALS"
SELECT STREAM ${minute('e."at"')}, e."who", COUNT(*), COUNT(e."amount"), SUM(e."amount")
FROM "SOURCE_SQL_STREAM_001" AS e GROUP BY e."who", ${minute('e."at"')}, ${minute('e.ROWTIME')};

-- Read, merge, write.
CREATE OR REPLACE STREAM "EXTREMES" ("minute" TIMESTAMP, "who" VARCHAR(16), "low" DECIMAL(18,4), "high" DECIMAL(18,4), "mean" DOUBLE, "calls" BIGINT);
CREATE OR REPLACE PUMP "EXTREMES_PUMP" AS INSERT INTO "EXTREMES"
SELECT STREAM ${minute('e.ROWTIME')}, e."who", MIN(e."amount"), MAX(e."amount"), AVG(CAST(e."amount" AS DOUBLE)), COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS e GROUP BY e."who", ${minute('e.ROWTIME')};

-- A filter over merged rows, which rows pass and leave again, and what reads it.
CREATE OR REPLACE STREAM "AHEAD" ("minute" TIMESTAMP, "who" VARCHAR(16), "calls" BIGINT, "score" BIGINT);
CREATE OR REPLACE PUMP "AHEAD_PUMP" AS INSERT INTO "AHEAD"
SELECT STREAM ${minute('e.ROWTIME')}, e."who", COUNT(*), SUM(e."n" * ${factor})
FROM "SOURCE_SQL_STREAM_001" AS e GROUP BY e."who", ${minute('e.ROWTIME')}
HAVING SUM(e."n" * ${factor}) > 0;
CREATE OR REPLACE STREAM "CROWD" ("minute" TIMESTAMP, "people" BIGINT, "score" BIGINT, "best" BIGINT);
CREATE OR REPLACE PUMP "CROWD_PUMP" AS INSERT INTO "CROWD"
SELECT STREAM ${minute('a.ROWTIME')}, COUNT(*), SUM(a."score"), MAX(a."score")
FROM "AHEAD" AS a GROUP BY ${minute('a.ROWTIME')};

-- Additions by shard, and a GROUP BY over them.
CREATE OR REPLACE STREAM "SHARDS" ("minute" TIMESTAMP, "shard" VARCHAR(64), "calls" BIGINT);
CREATE OR REPLACE PUMP "SHARDS_PUMP" AS INSERT INTO "SHARDS"
SELECT STREAM ${minute('e.ROWTIME')}, e.SHARD_ID, COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS e GROUP BY e.SHARD_ID, ${minute('e.ROWTIME')};
CREATE OR REPLACE STREAM "PER_MINUTE" ("minute" TIMESTAMP, "shards" BIGINT, "calls" BIGINT, "most" BIGINT);
CREATE OR REPLACE PUMP "PER_MINUTE_PUMP" AS INSERT INTO "PER_MINUTE"
SELECT STREAM ${minute('s.ROWTIME')}, COUNT(*), SUM(s."calls"), MAX(s."calls")
FROM "SHARDS" AS s GROUP BY ${minute('s.ROWTIME')};

CREATE OR REPLACE STREAM "TOP_ITEMS" ("item" VARCHAR(1024), "calls" BIGINT);
CREATE OR REPLACE PUMP "TOP_ITEMS_PUMP" AS INSERT INTO "TOP_ITEMS"
SELECT STREAM t.ITEM, t.ITEM_COUNT FROM TABLE(TOP_K_ITEMS_TUMBLING(
  CURSOR(SELECT STREAM e."item" FROM "SOURCE_SQL_STREAM_001" AS e), 'item', ${TOP_K}, 60)) AS t;

CREATE OR REPLACE STREAM "ACTIVE" ("people" BIGINT);
CREATE OR REPLACE PUMP "ACTIVE_PUMP" AS INSERT INTO "ACTIVE"
SELECT STREAM d.NUMBER_OF_DISTINCT_ITEMS FROM TABLE(COUNT_DISTINCT_ITEMS_TUMBLING(
  CURSOR(SELECT STREAM e."who" FROM "SOURCE_SQL_STREAM_001" AS e), 'who', 60)) AS d;

-- A row for a record. It cannot take a record whose "n" is 0.
CREATE OR REPLACE STREAM "ROWS_OUT" ("item" VARCHAR(16), "amount" DECIMAL(18,4), "share" INTEGER);
CREATE OR REPLACE PUMP "ROWS_PUMP" AS INSERT INTO "ROWS_OUT"
SELECT STREAM e."item", e."amount", 1000 / e."n" FROM "SOURCE_SQL_STREAM_001" AS e WHERE e."item" = 'apple';

-- Two pumps, one stream.
CREATE OR REPLACE STREAM "MIXED" ("minute" TIMESTAMP, "name" VARCHAR(16), "calls" BIGINT);
CREATE OR REPLACE PUMP "BY_ITEM" AS INSERT INTO "MIXED"
SELECT STREAM ${minute('e."at"')}, e."item", COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS e GROUP BY e."item", ${minute('e."at"')}, ${minute('e.ROWTIME')};
CREATE OR REPLACE PUMP "BY_PERSON" AS INSERT INTO "MIXED"
SELECT STREAM ${minute('e."at"')}, e."who", COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS e WHERE e."n" > 0 GROUP BY e."who", ${minute('e."at"')}, ${minute('e.ROWTIME')};
`;
}

const STRICT_COLUMNS = COLUMNS.map((column) =>
  column.name === 'amount'
    ? { ...column, type: { name: 'DECIMAL', precision: 8, scale: 4 } as const }
    : column,
);

/**
 * The application under test. The program with another `factor` is a changed program; with
 * `isStrict` it is as it was before its schema was mended.
 */
export function applicationOf(factor = 1, isStrict = false): Application {
  const text = sql(factor);
  const columns = isStrict ? STRICT_COLUMNS : COLUMNS;
  const source = { name: 'SOURCE_SQL_STREAM_001', columns };
  const { errors, refused, plan } = checkProgram(text, { sources: [source] });
  if (plan === null) {
    const found = [...errors, ...refused];
    const plain = { color: false };
    throw new Error(found.map((d) => renderDiagnostic(d, text, 'program', plain)).join('\n'));
  }
  const kept = Object.values(plan.streams).filter(({ declared }) => declared);
  const output = (name: string) => ({
    table: 'results',
    // Shorter than what late records need, longer, and for ever.
    keepMs: name === 'TOTALS' ? MINUTE : name === 'EXTREMES' ? 7 * 24 * 3_600_000 : null,
    spread: 2,
  });
  return {
    name: 'app',
    stream: { name: 'events', format: 'json', producer: 'kpl', retentionMs: RETENTION },
    columns,
    plan,
    latenessMs: isStrict ? STRICT.lateness : LATENESS,
    skewMs: SKEW,
    outputs: Object.fromEntries(kept.map(({ name }) => [name, output(name)])),
  };
}
