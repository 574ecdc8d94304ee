import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { CLICK_ROWS, COMMENTED_CLICKS, EXECUTABLE, folder, sluice } from './run.ts';

describe('npx sluice', () => {
  it('is the command of the package', async () => {
    expect(packageJson.bin).toEqual({ sluice: 'cli/sluice.ts' });
    const { code, out } = await sluice(['--version'], { cwd: folder({}) });
    expect({ code, out }).toEqual({ code: 0, out: `${packageJson.version}\n` });
  });

  it('check: file:line:column, the source line, a caret, status 1', async () => {
    const cwd = folder({
      'clicks.sql': COMMENTED_CLICKS.replace('c."page", COUNT', 'c.page, COUNT'),
    });
    const { code, out, err } = await sluice(['check', 'clicks.sql'], { cwd });
    expect(out).toBe(
      `clicks.sql:5:17: there is no column PAGE [UNKNOWN_COLUMN]
5 | SELECT STREAM c.page, COUNT(*), MAX(c."ms"), MAX(c."at")
                    ^
hint: page without quotes is PAGE; the name is "page"

1 file, 1 error
`,
    );
    expect({ code, err }).toEqual({ code: 1, err: '' });
  });

  it('check: status 0 without errors, 2 without the file', async () => {
    const cwd = folder({ 'clicks.sql': COMMENTED_CLICKS });
    const right = await sluice(['check', 'clicks.sql'], { cwd });
    expect(right).toEqual({ code: 0, out: '1 file, no errors\n', err: '' });
    const wrong = await sluice(['check', 'click.sql'], { cwd });
    expect(wrong).toEqual({
      code: 2,
      out: '',
      err: 'error: there is no file click.sql\nhint: did you mean clicks.sql?\n',
    });
  });

  it('query: rows on standard output, all else on standard error', async () => {
    const cwd = folder({ 'clicks.sql': COMMENTED_CLICKS, 'rows.ndjson': `${CLICK_ROWS}oops\n` });
    const args = ['query', 'clicks.sql', '--input', 'rows.ndjson', '--json'];
    const { code, out, err } = await sluice(args, { cwd });
    expect(out).toBe(
      `{"stream":"PAGES","row":{"page":"/","hits":2,"slowest":9007199254740993,"last":"2026-01-31 12:00:30"}}
{"stream":"PAGES","row":{"page":null,"hits":1,"slowest":5,"last":null}}
`,
    );
    expect(err).toMatch(/^1 of 4 records could not be read:\n {2}line 4: BAD_JSON: /);
    expect(code).toBe(0);
  });

  it('a reader that goes away ends it quietly', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `{"page":"/${i}","ms":1,"ROWTIME":0}\n`);
    const cwd = folder({ 'clicks.sql': COMMENTED_CLICKS, 'rows.ndjson': rows.join('') });
    const args = [EXECUTABLE, 'query', 'clicks.sql', '--input', 'rows.ndjson', '--json'];
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.on('data', (text) => {
      err += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = await once(child, 'close');
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });
});
