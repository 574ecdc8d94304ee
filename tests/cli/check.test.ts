import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLICK_COLUMNS, CLICKS, COMMENTED_CLICKS, folder, run, STREAMS, sluice } from './run.ts';

const FOREST = `-- input: OVENS_001 ("oven" VARCHAR(8), "heat" DOUBLE)
CREATE OR REPLACE STREAM "SCORES" ("oven" VARCHAR(8), "heat" DOUBLE, "score" DOUBLE);
CREATE OR REPLACE PUMP "SCORES_PUMP" AS INSERT INTO "SCORES"
SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM * FROM "OVENS_001")));
`;

describe('check', () => {
  it('a streams.yml and all programs that it names, every file once', async () => {
    const cwd = folder({ 'streams.yml': STREAMS, 'clicks.sql': CLICKS });
    const config = join(cwd, 'streams.yml');
    const program = join(cwd, 'clicks.sql');
    expect((await run(['check', config])).out).toBe('2 files, no errors\n');
    expect((await run(['check', program, config])).out).toBe('2 files, no errors\n');
    expect((await run(['check', program, '--config', config])).out).toBe('1 file, no errors\n');
  });

  it('says what a declared load needs and where it is cheaper', async () => {
    const checked = async (load: string) => {
      const streams = STREAMS.replace('format: json }', `format: json, load: ${load} }`);
      const cwd = folder({ 'streams.yml': streams, 'clicks.sql': CLICKS });
      return run(['check', join(cwd, 'streams.yml')]);
    };
    const { code, out } = await checked('{ records: 1000, bytes: 1024 }');
    expect(code).toBe(0);
    expect(out).toContain(
      'note: clicks needs 2 shards, has 1; a month costs $59 provisioned, $330 on',
    );
    expect(out).toMatch(/: provisioned is cheaper\n$/);
    expect((await checked('{ records: 0, bytes: 1024 }')).out).toContain(
      'records has to be from 1',
    );
    expect((await checked('{ records: 5 }')).out).toContain('bytes');
  });

  it('errors of a streams.yml and of its programs together', async () => {
    const cwd = folder({
      'streams.yml': STREAMS.replace('PAGES:', 'PAGE:'),
      'clicks.sql': CLICKS,
      'other.sql': COMMENTED_CLICKS.replace('"ms"', '"mss"'),
    });
    const { code, out } = await run(['check', join(cwd, 'streams.yml'), join(cwd, 'other.sql')]);
    expect(code).toBe(1);
    expect(out).toContain(
      'streams.yml:8:16: the program declares no stream "PAGE" [UNKNOWN_STREAM]',
    );
    expect(out).toContain('other.sql:5:');
    expect(out).toContain('hint: did you mean PAGES?');
    expect(out).toMatch(/\n3 files, [23] errors\n$/);
  });

  it('streams.yml of the current folder gives the columns; broken, it is what is reported', async () => {
    const cwd = folder({ 'streams.yml': STREAMS, 'clicks.sql': CLICKS });
    const right = await sluice(['check', 'clicks.sql'], { cwd });
    expect(right).toEqual({ code: 0, out: '1 file, no errors\n', err: '' });
    const broken = folder({
      'streams.yml': STREAMS.replace('shards', 'shard'),
      'clicks.sql': CLICKS,
    });
    const wrong = await sluice(['check', 'clicks.sql'], { cwd: broken });
    expect(wrong.code).toBe(1);
    expect(wrong.out).toContain('streams.yml:2:');
    expect(wrong.out).not.toContain('clicks.sql:');
  });

  it('finds streams.yml above the program, and above the current folder', async () => {
    const cwd = folder({ 'streams.yml': STREAMS.replace('clicks.sql', 'sql/clicks.sql') });
    mkdirSync(join(cwd, 'sql/deep'), { recursive: true });
    writeFileSync(join(cwd, 'sql/clicks.sql'), CLICKS);
    const right = { code: 0, out: '1 file, no errors\n', err: '' };
    // The root's streams.yml is nearer to this folder, but does not name the program.
    expect(await run(['check', join(cwd, 'sql/clicks.sql')])).toEqual(right);
    expect(await sluice(['check', '../clicks.sql'], { cwd: join(cwd, 'sql/deep') })).toEqual(right);
  });

  it('refuses what is neither a program nor a streams.yml', async () => {
    const cwd = folder({
      'clicks.sql': COMMENTED_CLICKS,
      'README.md': CLICKS,
      'streams.yml': STREAMS,
    });
    const readme = await run(['check', join(cwd, 'clicks.sql'), join(cwd, 'README.md')]);
    expect(readme).toMatchObject({ code: 2, out: '' });
    expect(readme.err).toContain(
      'README.md is no SQL program: check takes .sql files and a streams.yml',
    );
    for (const [command, ...rest] of [['explain'], ['query', '--input', 'package.json']]) {
      const config = await run([command!, join(cwd, 'streams.yml'), ...rest]);
      expect(config).toMatchObject({ code: 2, out: '' });
      expect(config.err).toContain(`streams.yml is no SQL program: ${command} takes one .sql file`);
      expect(config.err).toContain('hint: check takes a streams.yml');
    }
  });

  it('names the streams that can be read where no name is near', async () => {
    const cwd = folder({
      'clicks.sql': COMMENTED_CLICKS.replace('FROM "CLICKS_001"', 'FROM "ORDERS"'),
    });
    const { out } = await run(['check', join(cwd, 'clicks.sql')]);
    expect(out).toContain('there is no stream "ORDERS"');
    expect(out).toContain('hint: it can read PAGES, CLICKS_001\n');
  });

  it.each([
    ['columns alone', CLICK_COLUMNS],
    ['a table', `CLICKS_001 (\n  ${CLICK_COLUMNS});\n`],
    ['comments', `-- input: CLICKS_001 (${CLICK_COLUMNS})\n`],
  ])('--schema: %s', async (_, schema) => {
    const cwd = folder({ 'clicks.sql': CLICKS, 'clicks.schema': schema });
    const args = ['check', join(cwd, 'clicks.sql'), '--schema', join(cwd, 'clicks.schema')];
    expect(await run(args)).toEqual({ code: 0, out: '1 file, no errors\n', err: '' });
  });

  it('an error in the --schema file has its place there', async () => {
    const cwd = folder({
      'clicks.sql': CLICKS,
      'clicks.schema': '"page" VARCHAR(64),\n"ms" BIGINTT',
    });
    const args = ['check', join(cwd, 'clicks.sql'), '--schema', join(cwd, 'clicks.schema')];
    const { code, out } = await run(args);
    expect(code).toBe(1);
    expect(out).toContain(
      'clicks.schema:2:6: there is no type BIGINTT [UNKNOWN_TYPE]\n2 | "ms" BIGINTT',
    );
  });

  it('without any columns it says the three ways', async () => {
    const cwd = folder({ 'clicks.sql': CLICKS });
    const { code, out } = await run(['check', join(cwd, 'clicks.sql')]);
    expect(code).toBe(1);
    expect(out).toContain(
      'clicks.sql:5:6: there is no stream "CLICKS_001" whose columns are known',
    );
    expect(out).toMatch(/hint: .*streams\.yml.*--schema FILE.*-- input: /);
    expect(out).toMatch(/\n1 file, 1 error\n$/);
  });

  it('what is not built yet fails; with --dialect it is a note', async () => {
    const cwd = folder({ 'forest.sql': FOREST });
    const strict = await run(['check', join(cwd, 'forest.sql')]);
    expect(strict.code).toBe(1);
    expect(strict.out).toContain('forest.sql:4:28: RANDOM_CUT_FOREST is not built yet [NOT_BUILT]');
    expect(strict.out).toMatch(/\n1 file, 1 construct not built yet\n$/);
    const dialect = await run(['check', join(cwd, 'forest.sql'), '--dialect']);
    expect(dialect.code).toBe(0);
    expect(dialect.out).toMatch(
      /NOT_BUILT[\s\S]*\n1 file, no errors, 1 construct not built yet\n$/,
    );
  });

  it('two applications of one program: each with its own columns', async () => {
    const second = STREAMS.slice(STREAMS.indexOf('  web:'))
      .replace('web:', 'web-two:')
      .replace('BIGINT', 'VARCHAR(9)');
    const cwd = folder({ 'streams.yml': STREAMS + second, 'clicks.sql': CLICKS });
    const args = ['check', join(cwd, 'clicks.sql'), '--config', join(cwd, 'streams.yml')];
    expect((await run(args)).out).toContain('TYPE_MISMATCH');
    expect((await run([...args, '--application', 'web'])).code).toBe(0);
    expect((await run([...args, '--application', 'web-two'])).code).toBe(1);
    const other = await run([...args, '--application', 'shop']);
    expect(other.code).toBe(2);
    expect(other.err).toContain('hint: it can be web, web-two');
    const query = ['query', ...args.slice(1), '--input', 'package.json'];
    expect((await run(query)).err).toContain('--application NAME');
  });

  const kda = '../shared/kda';
  it.skipIf(!existsSync(kda))('the dialect: 24 programs right, 8 wrong in one place', async () => {
    const programs = readdirSync(`${kda}/programs`).map((file) => `${kda}/programs/${file}`);
    const right = await run(['check', '--dialect', ...programs]);
    expect(right.code).toBe(0);
    expect(right.out).toMatch(/\n24 files, no errors, \d+ constructs not built yet\n$/);
    for (const file of readdirSync(`${kda}/bad`).map((name) => `${kda}/bad/${name}`)) {
      const [, code, place] = /expect: (\w+) at (\d+:\d+)/.exec(readFileSync(file, 'utf8')) ?? [];
      const wrong = await run(['check', '--dialect', file]);
      expect(wrong.code).toBe(1);
      expect(wrong.out).toMatch(new RegExp(`^[^\\n]*:${place}: [^\\n]*\\[${code}\\]$`, 'm'));
    }
  });
});
