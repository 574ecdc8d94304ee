import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  CLICK_COLUMNS,
  CLICK_ROWS,
  CLICKS,
  COMMENTED_CLICKS,
  folder,
  type Result,
  run,
  STREAMS,
} from './run.ts';

/** Runs a program of a folder over rows on standard input. */
function query(sql: string, rows: string | Buffer, ...options: string[]): Promise<Result> {
  const path = join(folder({ 'program.sql': sql }), 'program.sql');
  return run(['query', path, '--input', '-', ...options], rows);
}

const JSON_ROWS = `{"stream":"PAGES","row":{"page":"/","hits":2,"slowest":9007199254740993,"last":"2026-01-31 12:00:30"}}
{"stream":"PAGES","row":{"page":null,"hits":1,"slowest":5,"last":null}}
`;

describe('query', () => {
  it('an aligned table with ROWTIME, numbers to the right, NULL as such', async () => {
    const { code, out, err } = await query(COMMENTED_CLICKS, CLICK_ROWS);
    expect(out).toBe(`PAGES (2 rows)
ROWTIME              page  hits           slowest  last
-------------------  ----  ----  ----------------  -------------------
2026-01-31 12:01:00  /        2  9007199254740993  2026-01-31 12:00:30
2026-01-31 12:02:00  NULL     1                 5  NULL
`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('one JSON object a line, exact whole numbers, ROWTIME if it is asked for', async () => {
    expect((await query(COMMENTED_CLICKS, CLICK_ROWS, '--json')).out).toBe(JSON_ROWS);
    const { out } = await query(COMMENTED_CLICKS, CLICK_ROWS, '--json', '--with-rowtime');
    expect(out.split('\n')[1]).toContain('"row":{"ROWTIME":"2026-01-31 12:02:00","page":null,');
  });

  it.each([
    ['gzip', gzipSync(CLICK_ROWS)],
    [
      'CRLF, empty lines, no last line end',
      `\r\n${CLICK_ROWS.trim().replaceAll('\n', '\r\n\r\n')}`,
    ],
    ['a byte order mark', `\uFEFF${CLICK_ROWS}`],
    ['a byte order mark on a line of its own', `\uFEFF\r\n${CLICK_ROWS}`],
  ])('input with %s', async (_, rows) => {
    const { out, err } = await query(COMMENTED_CLICKS, rows, '--json');
    expect(err).toBe('');
    expect(out).toBe(JSON_ROWS);
  });

  it('a damaged file is an error, not half a result', async () => {
    const cwd = folder({
      'p.sql': COMMENTED_CLICKS,
      'cut.gz': gzipSync(CLICK_ROWS).subarray(0, 90),
    });
    const { code, out, err } = await run([
      ...['query', join(cwd, 'p.sql'), '--input', join(cwd, 'cut.gz'), '--json'],
    ]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('cut.gz cannot be read: unexpected end of file');
  });

  it('counts what was set aside, with lines and reasons; --strict makes it an error', async () => {
    const rows = `${CLICK_ROWS}{"page":"/x","ms":"soon"}\nnot json\n{"ms":0,"ROWTIME":0}\n{"ms":1,"ROWTIME":"late"}\n`;
    const { code, out, err } = await query(COMMENTED_CLICKS, rows, '--json');
    expect(out).toBe(JSON_ROWS);
    expect(code).toBe(0);
    expect(err).toMatch(
      /^3 of 7 records could not be read:\n {2}line 4: BAD_TYPE: .*\n {2}line 5: BAD_JSON: .*\n {2}line 7: BAD_TYPE: its arrival/,
    );
    expect(err).toContain(
      '1 row was refused by a pump (ERROR_STREAM):\n  line 6, pump PAGES_PUMP: DIVISION_BY_ZERO',
    );
    expect((await query(COMMENTED_CLICKS, rows, '--json', '--strict')).code).toBe(1);
    expect((await query(COMMENTED_CLICKS, CLICK_ROWS, '--json', '--strict')).code).toBe(0);
  });

  it('lists five, counts the rest, and says what the format is when nothing fits', async () => {
    const { code, err } = await query(COMMENTED_CLICKS, '[\n1,\n2,\n3,\n4,\n5,\n6]\n');
    expect(code).toBe(0);
    expect(err).toContain('7 of 7 records could not be read:');
    expect(err).toContain('  … and 2 more\n');
    expect(err).toContain('jq -c ".[]"');
  });

  it.each([
    ['an ISO time', '"2026-01-31T13:00:10+01:00"'],
    ['an SQL time', '"2026-01-31 12:00:10.123"'],
    ['milliseconds', '1769860810000'],
    ['milliseconds as text', '"1769860810000"'],
  ])('--rowtime from %s', async (_, time) => {
    const rows = `{"page":"/","ms":1,"sent":${time},"ROWTIME":0}\n`;
    const { out } = await query(COMMENTED_CLICKS, rows, '--rowtime', 'sent');
    expect(out).toContain('\n2026-01-31 12:01:00  /');
  });

  it('--rowtime that a record lacks is a fault; without it the time is now, and it says so', async () => {
    const rows = '{"page":"/","ms":1,"at":"2026-01-31T12:00:00Z"}\n{"page":"/x","ms":1}\n';
    const given = await query(COMMENTED_CLICKS, rows, '--rowtime', 'at');
    expect(given.err).toContain('line 2: NO_EVENT_TIME: it has no arrival at $.at');
    const now = await query(COMMENTED_CLICKS, rows);
    expect(now.err).toMatch(
      /^note: the rows have no ROWTIME and got the current time, .*--rowtime/,
    );
    const some = await query(COMMENTED_CLICKS, `${CLICK_ROWS}${rows}`);
    expect(some.err).toMatch(/^note: 2 rows of 5 have no ROWTIME/);
  });

  it('the columns, paths and format of streams.yml', async () => {
    const cwd = folder({ 'streams.yml': STREAMS, 'clicks.sql': CLICKS });
    const rows = '{"page":"/","took":{"ms":7},"at":"2026-01-31T12:00:00Z"}\n';
    const args = ['query', join(cwd, 'clicks.sql'), '--config', join(cwd, 'streams.yml')];
    const { out } = await run([...args, '--input', '-', '--rowtime', 'at', '--json'], rows);
    expect(out).toContain('"hits":1,"slowest":7,');
  });

  it('--schema, also instead of what streams.yml says', async () => {
    const cwd = folder({ 'streams.yml': STREAMS, 'clicks.sql': CLICKS, 's.sql': CLICK_COLUMNS });
    const args = ['query', join(cwd, 'clicks.sql'), '--schema', join(cwd, 's.sql'), '--json'];
    const config = ['--config', join(cwd, 'streams.yml')];
    expect((await run([...args, '--input', '-'], CLICK_ROWS)).out).toBe(JSON_ROWS);
    expect((await run([...args, ...config, '--input', '-'], CLICK_ROWS)).out).toBe(JSON_ROWS);
  });

  it('access logs and CloudTrail', async () => {
    const log = '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 12\n';
    const apache = `-- input: LOG_001 ("host" VARCHAR(64), "status" INTEGER)
CREATE STREAM "S" ("host" VARCHAR(64), "status" INTEGER);
CREATE PUMP "P" AS INSERT INTO "S" SELECT STREAM "host", "status" FROM "LOG_001";`;
    const lines = await query(apache, log, '--format', 'apache', '--rowtime', 'time');
    expect(lines.out).toContain('\n2015-05-17 10:05:03  1.2.3.4     200\n');
    const trail = `-- input: TRAIL_001 ("eventName" VARCHAR(64))
CREATE STREAM "S" ("api" VARCHAR(64));
CREATE PUMP "P" AS INSERT INTO "S" SELECT STREAM "eventName" FROM "TRAIL_001";`;
    const event = (name: string) => ({
      eventVersion: '1',
      eventName: name,
      eventTime: '2026-01-31T12:00:00Z',
    });
    const file = JSON.stringify({ Records: [event('GetUser'), event('ListUsers')] });
    const events = await query(trail, file, '--format', 'cloudtrail', '--rowtime', 'eventTime');
    expect(events.out).toContain('2026-01-31 12:00:00  GetUser\n2026-01-31 12:00:00  ListUsers\n');
    const wrong = await query(apache, log, '--format', 'apatche');
    expect(wrong.err).toBe('error: there is no format apatche\nhint: did you mean apache?\n');
  });

  it('syslog by its own time, and CSV by the columns of the program in their order', async () => {
    const program = `-- input: LOG_001 ("app" VARCHAR(64), "message" VARCHAR(99))
CREATE STREAM "S" ("app" VARCHAR(64), "message" VARCHAR(99));
CREATE PUMP "P" AS INSERT INTO "S" SELECT STREAM "app", "message" FROM "LOG_001";`;
    const log = '<34>1 2026-01-31T12:00:30Z host su - - - failed\n';
    const lines = await query(program, log, '--format', 'syslog', '--rowtime', 'time');
    expect(lines.out).toContain('\n2026-01-31 12:00:30  su   failed\n');
    const csv = await query(program, 'su,"a, b"\nx\n', '--format', 'csv', '--json');
    expect(csv.out).toBe('{"stream":"S","row":{"app":"su","message":"a, b"}}\n');
    expect(csv.err).toContain('line 2: BAD_FORMAT: line 1: number of fields is 1, not 2');
  });

  const CHAIN = `-- input: S_001 ("n" INTEGER, "text" VARCHAR(200))
CREATE STREAM "FIRST" ("n" INTEGER, "text" VARCHAR(200));
CREATE STREAM "SECOND" ("n" INTEGER, "text" VARCHAR(200), "day" DATE, "ok" BOOLEAN);
CREATE PUMP "A" AS INSERT INTO "FIRST" SELECT STREAM "n", "text" FROM "S_001";
CREATE PUMP "B" AS INSERT INTO "SECOND"
SELECT STREAM "n", "text", CAST(ROWTIME AS DATE), 6 / "n" > 2 FROM "FIRST";`;

  it('the streams that no pump reads; with --all every declared one', async () => {
    const row = '{"n":1,"text":"a","ROWTIME":"2026-01-31 12:00:00.5"}\n';
    const last = '{"stream":"SECOND","row":{"n":1,"text":"a","day":"2026-01-31","ok":true}}\n';
    expect((await query(CHAIN, row, '--json')).out).toBe(last);
    const first = '{"stream":"FIRST","row":{"n":1,"text":"a"}}\n';
    expect((await query(CHAIN, row, '--json', '--all')).out).toBe(first + last);
    expect((await query(CHAIN, '')).out).toBe('SECOND (0 rows)\n');
  });

  it('wide texts are cut, control characters never reach the terminal', async () => {
    const row = { n: 1, text: `\u001b[31m日本${'x'.repeat(100)}`, ROWTIME: 0 };
    const lines = (await query(CHAIN, `${JSON.stringify(row)}\n`)).out.split('\n');
    expect(lines[3]).toMatch(
      /^1970-01-01 00:00:00 {2}1 {2}\uFFFD\[31m日本x{38}… {2}1970-01-01 {2}true$/,
    );
    const json = (await query(CHAIN, `${JSON.stringify(row)}\n`, '--json')).out;
    expect(JSON.parse(json).row.text).toBe(row.text);
  });

  it('a row that fails further on is named by its time', async () => {
    const { err } = await query(CHAIN, '{"n":0,"ROWTIME":"2026-01-31 12:00:00"}\n');
    expect(err).toContain('row of 2026-01-31 12:00:00, pump B: DIVISION_BY_ZERO');
  });

  it('record metadata: the arrival is ROWTIME, the rest is not known of a file', async () => {
    const sql = `-- input: S_001 ("n" INTEGER)
CREATE STREAM "S" ("n" INTEGER, "arrived" TIMESTAMP, "shard" VARCHAR(64));
CREATE PUMP "P" AS INSERT INTO "S" SELECT STREAM "n", APPROXIMATE_ARRIVAL_TIME, SHARD_ID FROM "S_001";`;
    const { out } = await query(sql, '{"n":3,"ROWTIME":1000}', '--json');
    expect(out).toBe('{"stream":"S","row":{"n":3,"arrived":"1970-01-01 00:00:01","shard":null}}\n');
  });

  it('a name that lacks its quotes is all NULL: it says so', async () => {
    const sql = `-- input: S_001 (n INTEGER)
CREATE STREAM "S" ("n" INTEGER);
CREATE PUMP "P" AS INSERT INTO "S" SELECT STREAM n FROM "S_001";`;
    const { err } = await query(sql, '{"n":3,"ROWTIME":1000}');
    expect(err).toContain('note: column "N" is NULL in every row; names are exact');
  });

  it('a program with errors: findings on standard error, status 1', async () => {
    const { code, out, err } = await query(COMMENTED_CLICKS.replace('MAX', 'MAXX'), '');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/:5:\d+: there is no function MAXX[\s\S]*\n2 errors\n$/);
  });

  const vectors = '../shared/kda/vectors/';
  const files = existsSync(vectors) ? readdirSync(vectors) : [];
  it.skipIf(files.length === 0)('the vectors of the dialect, as far as it is built', async () => {
    let compared = 0;
    for (const file of files) {
      const vector = JSON.parse(readFileSync(vectors + file, 'utf8'));
      const [[name, columns], ...more] = Object.entries<string>(vector.schema) as [
        [string, string],
      ];
      if (more.length > 0 || vector.reference) continue;
      const rows = vector.input[name].map((row: { ROWTIME: string; cols: object }) =>
        JSON.stringify({ ...row.cols, ROWTIME: row.ROWTIME }),
      );
      const sql = `-- input: "${name}" (${columns})\n${vector.sql}`;
      const { code, out, err } = await query(sql, rows.join('\n'), '--json', '--all');
      if (code === 1 && err.includes('NOT_BUILT')) continue;
      const got = Map.groupBy(
        out
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line)),
        ({ stream }) => stream,
      );
      for (const [stream, expected] of Object.entries({
        ...vector.expected,
        ...vector.expected_upsert,
      })) {
        if (stream === 'ERROR_STREAM') continue;
        const found = (got.get(stream) ?? []).map(({ row }) => comparable(row));
        expect(found.sort(), file).toEqual((expected as object[]).map(comparable).sort());
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(12);
  });
});

/** As one text; a time without its milliseconds where they are zero. */
function comparable(row: object): string {
  const sorted = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted).replaceAll(/(\d\d:\d\d:\d\d)\.000"/g, '$1"');
}
