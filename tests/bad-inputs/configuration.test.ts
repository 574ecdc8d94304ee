import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadApplications } from '../../infra/applications.ts';
import { checkProgram } from '../../shared/sql/check/check.ts';
import { renderDiagnostic } from '../../shared/sql/render.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-bad-configuration-'));
afterAll(() => rmSync(folder, { recursive: true }));

const columns = [
  { name: 'page', type: { name: 'VARCHAR', length: 64 } },
  { name: 'bytes', type: { name: 'INTEGER' } },
  { name: 'at', type: { name: 'TIMESTAMP' } },
] as const;
const sources = [{ name: 'SOURCE_SQL_STREAM_001', columns }];

const MINUTES = "STEP(s.ROWTIME BY INTERVAL '1' MINUTE)";
const HEAD = `CREATE STREAM "HITS" ("page" VARCHAR(64), "hits" BIGINT);
CREATE PUMP "P" AS INSERT INTO "HITS"
`;

/** The program with what is behind § at fault: the code, what it says, what mends it. */
const BAD: [what: string, program: string, code: string, message: RegExp, hint: RegExp | null][] = [
  [
    'a misspelled column',
    `${HEAD}SELECT STREAM s.§"pgae", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s."page", ${MINUTES};`,
    'UNKNOWN_COLUMN',
    /"pgae"/,
    /did you mean "page"\?/,
  ],
  [
    'a column without its quotes',
    `${HEAD}SELECT STREAM s."page", SUM(s.§bytes) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s."page", ${MINUTES};`,
    'UNKNOWN_COLUMN',
    /BYTES/,
    /"bytes"/,
  ],
  [
    'a misspelled stream',
    `${HEAD}SELECT STREAM s."page", COUNT(*) FROM §"SOURCE_SQL_STREAM_01" AS s GROUP BY s."page", ${MINUTES};`,
    'UNKNOWN_STREAM',
    /SOURCE_SQL_STREAM_01/,
    /did you mean/,
  ],
  [
    'a target that nobody declares',
    `CREATE PUMP "P" AS INSERT INTO §"HITS" SELECT STREAM s."page" FROM "SOURCE_SQL_STREAM_001" AS s;`,
    'UNKNOWN_TARGET',
    /HITS/,
    null,
  ],
  [
    'clauses out of order',
    `${HEAD}SELECT STREAM s."page", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY s."page", ${MINUTES} §WHERE s."bytes" > 0;`,
    'SYNTAX',
    /WHERE/,
    /\w/,
  ],
  [
    'a function of another dialect',
    `${HEAD}SELECT STREAM s."page", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY s."page", §TUMBLE(s.ROWTIME, INTERVAL '1' MINUTE);`,
    'UNKNOWN_FUNCTION',
    /TUMBLE/,
    /STEP\(/,
  ],
  [
    'no time to group by',
    `${HEAD}SELECT STREAM s."page", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s\n§GROUP BY s."page";`,
    'NO_TIME_GROUPING',
    /ROWTIME/,
    /STEP\(/,
  ],
  [
    'COUNT of distinct items',
    `${HEAD}SELECT STREAM s."page", §COUNT(DISTINCT s."bytes") FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s."page", ${MINUTES};`,
    'COUNT_DISTINCT',
    /DISTINCT/,
    /COUNT_DISTINCT_ITEMS_TUMBLING/,
  ],
  [
    'text for a number',
    `${HEAD}SELECT STREAM s."page", §s."page" FROM "SOURCE_SQL_STREAM_001" AS s;`,
    'TYPE_MISMATCH',
    /VARCHAR\(64\)/,
    /CAST\(/,
  ],
  [
    'a column too few',
    `${HEAD}§SELECT STREAM s."page" FROM "SOURCE_SQL_STREAM_001" AS s;`,
    'COLUMN_COUNT',
    /2/,
    /"page", "hits"/,
  ],
  [
    'a text without its end',
    `${HEAD}SELECT STREAM s."page", 1 FROM "SOURCE_SQL_STREAM_001" AS s WHERE s."page" = §'x;`,
    'UNTERMINATED_STRING',
    /\w/,
    null,
  ],
  ['a comment without its end', `${HEAD}§/* SELECT`, 'UNTERMINATED_COMMENT', /\w/, null],
];

describe('an SQL error is refused with line, column, caret and the mend', () => {
  it.each(BAD)('%s', (_, marked, code, message, hint) => {
    const before = marked.slice(0, marked.indexOf('§')).split('\n');
    const text = marked.replace('§', '');
    const { errors, plan } = checkProgram(text, { sources });
    expect(plan).toBeNull();
    const place = { line: before.length, column: before.at(-1)!.length + 1 };
    expect(errors).toEqual([expect.objectContaining({ code, ...place })]);
    const [found] = errors;
    expect(found!.message).toMatch(message);
    if (hint !== null) expect(found!.hint).toMatch(hint);

    const shown = renderDiagnostic(found!, text, 'hits.sql', { color: false }).split('\n');
    const source = text.split('\n')[place.line - 1]!;
    expect(shown[0]).toBe(`hits.sql:${place.line}:${place.column}: ${found!.message} [${code}]`);
    // Long lines are cut: the caret still stands under the character that is meant.
    expect(shown[1]![shown[2]!.indexOf('^')]).toBe(source[place.column - 1]);
  });

  it('all errors of a program at once', () => {
    const text = `${HEAD}SELECT STREAM s."pgae", SUM(s."page") FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY s."page", STEP(s."rowtime" BY INTERVAL '1' MINUTE);`;
    const { errors } = checkProgram(text, { sources });
    expect(errors.map(({ line, code }) => `${line} ${code}`)).toEqual([
      '3 UNKNOWN_COLUMN',
      '3 TYPE_MISMATCH',
      '4 UNKNOWN_COLUMN',
    ]);
  });

  it.each([
    ['nothing', ''],
    ['bytes that are no text', '\u0000\ufffd\u0001'],
    ['10,000 parentheses', `${HEAD}SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)} FROM S;`],
    ['a name of a megabyte', `CREATE STREAM "${'x'.repeat(2 ** 20)}" (A INTEGER);`],
  ])('%s: an answer, not an exception', (_, text) => {
    const { plan, errors } = checkProgram(text, { sources });
    expect(plan === null || plan.nodes.length === 0).toBe(true);
    for (const { line, column } of errors) expect(line * column).toBeGreaterThan(0);
  });
});

const STREAMS = `streams:
  clicks: { shards: 0, format: jsn, retention: 2 }
applications:
  counts:
    stream: click
    sql: nowhere.sql
    schema: { page: VARCHAR, at: { type: BIGINT, unit: ms } }
    parallelization: 2
    latness: 1h
    outputs:
      HITS: { table: results, keep: 7 days }
`;

describe('streams.yml', () => {
  const write = (name: string, files: Record<string, string>): string => {
    const target = join(folder, name);
    mkdirSync(target);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(target, file), text);
    return join(target, 'streams.yml');
  };

  it('with many errors: all at once, each with its line, and nothing is deployed', () => {
    const { applications, errors } = loadApplications(write('many', { 'streams.yml': STREAMS }));
    expect(applications).toEqual([]);
    const found = errors.flatMap(({ diagnostics }) => diagnostics);
    expect(found.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([
      '2:21 WRONG_VALUE',
      '2:32 WRONG_VALUE',
      '2:48 WRONG_VALUE',
      '5:13 UNKNOWN_STREAM',
      '6:10 UNKNOWN_FILE',
      '7:21 WRONG_VALUE',
      '7:56 CONFLICT',
      '8:22 WRONG_VALUE',
      '9:5 UNKNOWN_KEY',
      '11:37 WRONG_VALUE',
    ]);
    const hints = found.map(({ hint }) => hint).join('\n');
    for (const mend of ['json', 'clicks', '7d', 'lateness']) expect(hints).toContain(mend);
  });

  it.each([
    ['empty', ''],
    ['a list', '- a\n- b\n'],
    ['no YAML', 'streams: {\n'],
    ['tabs', 'streams:\n\tclicks: 1\n'],
    ['a key twice', 'streams: {}\nstreams: {}\n'],
    ['a thousand aliases', `a: &a [x]\nb: [${'*a, '.repeat(1000)}]\n`],
    ['binary', '\u0000\u0001\u0002'],
  ])('%s: at least one error with its line', (name, text) => {
    const file = write(name.replaceAll(' ', '-'), { 'streams.yml': text });
    const { applications, errors } = loadApplications(file);
    expect(applications).toEqual([]);
    const found = errors.flatMap(({ diagnostics }) => diagnostics);
    expect(found.length).toBeGreaterThan(0);
    for (const { line, message } of found) {
      expect(line).toBeGreaterThan(0);
      expect(message).not.toBe('');
    }
  });

  it('with an error in a program and a wrong output: both are told by `npx sluice check`', async () => {
    const file = write('programs', {
      'streams.yml': `streams:
  clicks: { shards: 1, format: json }
applications:
  counts:
    stream: clicks
    sql: good.sql
    schema: { page: VARCHAR(64) }
    outputs:
      HITZ: { table: results }
  sums:
    stream: clicks
    sql: bad.sql
    schema: { page: VARCHAR(64) }
    outputs:
      HITS: { table: results }
`,
      'good.sql': `${HEAD}SELECT STREAM s."page", 1 FROM "SOURCE_SQL_STREAM_001" AS s;\n`,
      'bad.sql': `${HEAD}SELECT STREAM s."pgae", 1 FROM "SOURCE_SQL_STREAM_001" AS s;\n`,
    });
    const { code, output } = await sluice(['check', file]);
    expect(code).toBe(1);
    expect(output).toMatch(/streams\.yml:9:7: .*"HITZ".*\[UNKNOWN_STREAM\]/);
    expect(output).toContain('did you mean HITS?');
    expect(output).toMatch(/bad\.sql:3:17: .*"pgae".*\[UNKNOWN_COLUMN\]/);
    expect(output).toMatch(
      /\n3 \| SELECT STREAM s\."pgae", 1 FROM .*\n {20}\^\nhint: did you mean "page"\?/,
    );
    expect(output).toContain('2 errors');
  });
});

/** The command as a user runs it. */
function sluice(args: readonly string[]): Promise<{ code: number; output: string }> {
  const command = fileURLToPath(new URL('../../cli/sluice.ts', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...args], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr });
    });
  });
}
