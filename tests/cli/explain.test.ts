import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outputAddress, stateAddress } from '../../functions/aggregate/address.ts';
import { checkText } from '../../shared/sql/check/check.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { CLICKS, COMMENTED_CLICKS, folder, run, STREAMS } from './run.ts';

async function explain(sql: string, ...options: string[]): Promise<string> {
  const path = join(folder({ 'program.sql': sql }), 'program.sql');
  const { code, out, err } = await run(['explain', path, ...options]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

const CHAIN = `-- input: S_001 ("who" VARCHAR(64), "n" INTEGER, "at" TIMESTAMP)
CREATE STREAM "CLEAN" ("who" VARCHAR(64), "n" INTEGER, "at" TIMESTAMP);
CREATE STREAM "SUMS" ("who" VARCHAR(64), "day" TIMESTAMP, "total" BIGINT);
CREATE STREAM "BUSY" ("who" VARCHAR(64), "rows" BIGINT);
CREATE STREAM "TOP" ("who" VARCHAR(64), "rows" BIGINT);
CREATE STREAM "USERS" ("users" BIGINT);
CREATE PUMP "CLEAN_PUMP" AS INSERT INTO "CLEAN"
SELECT STREAM UPPER("who"), "n", "at" FROM "S_001" WHERE "n" > 0 AND "who" IS NOT NULL;
CREATE PUMP "SUMS_PUMP" AS INSERT INTO "SUMS"
SELECT STREAM "who", FLOOR("at" TO DAY), SUM("n") FROM "CLEAN" AS c
GROUP BY "who", FLOOR("at" TO DAY), STEP(c.ROWTIME BY INTERVAL '10' SECOND);
CREATE PUMP "BUSY_PUMP" AS INSERT INTO "BUSY"
SELECT STREAM "who", COUNT(*) FROM "CLEAN" AS c
GROUP BY "who", STEP(c.ROWTIME BY INTERVAL '10' SECOND) HAVING COUNT(*) > 5;
CREATE PUMP "TOP_PUMP" AS INSERT INTO "TOP"
SELECT STREAM ITEM, ITEM_COUNT FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM "who" FROM "CLEAN"), 'who', 3, 60));
CREATE PUMP "USERS_PUMP" AS INSERT INTO "USERS"
SELECT STREAM * FROM TABLE(COUNT_DISTINCT_ITEMS_TUMBLING(CURSOR(SELECT STREAM "who" FROM "CLEAN"), 'who', 60));
`;

describe('explain', () => {
  it('a program of streams.yml: the way of the rows, the pump, the key of its rows', async () => {
    const cwd = folder({ 'streams.yml': STREAMS, 'clicks.sql': CLICKS });
    const path = join(cwd, 'clicks.sql');
    const { code, out } = await run(['explain', path, '--config', join(cwd, 'streams.yml')]);
    expect(code).toBe(0);
    expect(out.replaceAll(cwd, '.').replace(/@[0-9a-f]{8}/, '@generation')).toBe(
      `./clicks.sql: application web of ./streams.yml, on stream clicks.

CLICKS_001 ("page" VARCHAR(64), "ms" BIGINT, "at" TIMESTAMP)

CLICKS_001
└─ PAGES_PUMP (GROUP BY) → PAGES

PUMP PAGES_PUMP
  kind        GROUP BY
  reads       CLICKS_001
  writes      PAGES
  filter      1000 / "ms" >= 0
  window      1 minute of ROWTIME
  key         "page"
  aggregates  COUNT(*), MAX("ms"), MAX("at")
  select      page = "page"
              hits = COUNT(*)
              slowest = MAX("ms")
              last = MAX("at")
  shards      merges: read, merge, conditional write per group
  table       "results": pk web.PAGES@generation#<window start>#<0…3>
              sk <"page">
`,
    );
  });

  it('for each pump whether and how it merges across shards', async () => {
    const out = await explain(CHAIN);
    const pump = (name: string) =>
      out.split('\n\n').find((part) => part.startsWith(`PUMP ${name}\n`));
    expect(pump('CLEAN_PUMP')).toContain('shards  row by row, nothing stored');
    expect(pump('CLEAN_PUMP')).toContain('filter  "n" > 0 AND "who" IS NOT NULL');
    expect(pump('SUMS_PUMP')).toContain('merges: one UpdateItem per group: adds');
    expect(pump('SUMS_PUMP')).toContain('1 day of "at"; that of ROWTIME is not part of the key');
    expect(pump('BUSY_PUMP')).toContain('merges: read, merge, conditional write per group');
    expect(pump('BUSY_PUMP')).toContain('having      COUNT(*) > 5');
    expect(pump('TOP_PUMP')).toContain('merges: one UpdateItem per value: adds; for the list');
    expect(pump('TOP_PUMP')).toContain('the 3 most frequent values of "who"');
    expect(pump('USERS_PUMP')).toContain('merges: read, merge the set, conditional write');
    expect(out).toContain(`S_001
└─ CLEAN_PUMP (row by row) → CLEAN
   ├─ SUMS_PUMP (GROUP BY) → SUMS
   ├─ BUSY_PUMP (GROUP BY) → BUSY
`);
  });

  it('names the very keys that the functions write', async () => {
    const plan = checkText(CHAIN).plan!;
    const graph = arrange(plan);
    const outputs = { BUSY: { table: 'results', keepMs: null, spread: 4 } };
    const application = {
      ...{ name: 'program', columns: [], plan, latenessMs: null, skewMs: 0, outputs },
      stream: { name: plan.source.name, format: 'json', producer: 'other', retentionMs: 0 },
    } as const;
    const tables = { prefix: '', state: 'state' };
    const out = await explain(CHAIN);
    const start = Date.parse('2026-01-31T12:00:00Z');
    const row = outputAddress(application, tables, graph, 'BUSY').key(start, 'ANN');
    expect(out).toContain(row.pk.replace(/2026-01-31T12:00:00Z#[0-3]$/, '<window start>#<0…3>'));
    const busy = graph.nodes.find(({ into }) => into === 'BUSY')!;
    const state = stateAddress(application, tables, graph, busy).key(start, 'ANN');
    expect(out).toContain(state.pk.replace(/2026-01-31T12:00:00Z#[0-3]$/, '<window start>#<0…3>'));
  });

  it('--json: the plan', async () => {
    const plan = JSON.parse(await explain(COMMENTED_CLICKS, '--json'));
    expect(plan).toEqual(JSON.parse(JSON.stringify(checkText(COMMENTED_CLICKS).plan)));
  });

  it('a program with errors: findings on standard error, status 1', async () => {
    const path = join(folder({ 'p.sql': CLICKS }), 'p.sql');
    const { code, out, err } = await run(['explain', path]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('CLICKS_001');
  });
});
