import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { serverless } from './serverless.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-errors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A streams.yml and programs in a folder of their own. */
function write(name: string, files: Record<string, string>): string {
  const target = join(folder, name);
  mkdirSync(target);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(target, file), text);
  return join(target, 'streams.yml');
}

const STREAMS = `streams:
  clicks: { shards: 1, format: json }
applications:
  counts:
    stream: clicks
    sql: counts.sql
    schema: { "page": VARCHAR(64) }
    outputs:
      HITS: { table: results }
`;

describe('serverless package stops', () => {
  it('at errors in streams.yml, all of them shown with their place', async () => {
    const file = write('config', {
      'streams.yml': STREAMS.replace('shards: 1', 'shards: 0').replace(
        'stream: clicks',
        'stream: click',
      ),
      'counts.sql': '',
    });
    const { code, output } = await serverless(['package', '--package', join(folder, 'out')], {
      SLUICE_STREAMS: file,
    });
    expect(code).toBe(1);
    expect(output).toMatch(/streams\.yml:2:21: .*\[WRONG_VALUE\]/);
    expect(output).toMatch(/streams\.yml:5:13: .*\[UNKNOWN_STREAM\]/);
    expect(output).toContain('did you mean clicks?');
    expect(output).toContain('2 errors');
    expect(output).not.toContain('infra/');
  });

  it('at errors in a program, with their place in the program', async () => {
    const file = write('program', {
      'streams.yml': STREAMS,
      'counts.sql': `CREATE STREAM "HITS" ("page" VARCHAR(64), "hits" BIGINT);
CREATE PUMP "P" AS INSERT INTO "HITS"
SELECT STREAM s."pagee", COUNT(*) FROM SOURCE_SQL_STREAM_001 AS s
GROUP BY s."pagee", STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
`,
    });
    const { code, output } = await serverless(['package', '--package', join(folder, 'out')], {
      SLUICE_STREAMS: file,
    });
    expect(code).toBe(1);
    expect(output).toMatch(/counts\.sql:3:\d+: .*\[UNKNOWN_COLUMN\]/);
  });

  it('at a stage that cannot be part of a name', async () => {
    const { code, output } = await serverless(['package', '--stage', 'Dev-1']);
    expect(code).toBe(1);
    expect(output).toContain('the stage "Dev-1" cannot be used');
    expect(output).not.toContain('infra/');
  });
});
