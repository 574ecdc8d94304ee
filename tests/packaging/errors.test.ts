import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { buildOrRefuse } from '../../infra/build.ts';
import { readSettings } from '../../infra/settings.ts';
import { ROOT, run, serverless } from './serverless.ts';

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

  it('at a stream of another region, which no function could read', async () => {
    const arn = 'arn:aws:kinesis:us-east-2:123456789012:stream/clicks';
    const file = write('region', {
      'streams.yml': STREAMS.replace('shards: 1', `arn: "${arn}"`),
      'counts.sql': `CREATE STREAM "HITS" ("page" VARCHAR(64));
CREATE PUMP "P" AS INSERT INTO "HITS" SELECT STREAM s."page" FROM SOURCE_SQL_STREAM_001 AS s;
`,
    });
    const out = join(folder, 'out-region');
    const args = ['package', '--package', out, '--region'];
    const { code, output } = await serverless([...args, 'eu-west-1'], { SLUICE_STREAMS: file });
    expect(code).toBe(1);
    expect(output).toContain(
      'streams.clicks.arn is in region us-east-2, but this deploys to eu-west-1',
    );
    expect(output).not.toContain('infra/');
    const right = await serverless([...args, 'us-east-2'], { SLUICE_STREAMS: file });
    expect(right.code, right.output).toBe(0);
  });

  it('at custom.sluice with a key that it does not know', async () => {
    const service = join(folder, 'service');
    mkdirSync(service);
    const text = readFileSync(join(ROOT, 'serverless.yml'), 'utf8')
      .replace('./infra/plugin.ts', './plugin.ts')
      .replace('alarmTopics: {}', 'alarmTopic: {}');
    expect(text).toContain('alarmTopic:');
    writeFileSync(join(service, 'serverless.yml'), text);
    // osls takes a plugin from the service's own folder only.
    const plugin = pathToFileURL(join(ROOT, 'infra/plugin.ts')).href;
    writeFileSync(join(service, 'plugin.ts'), `export { default } from '${plugin}';\n`);
    writeFileSync(join(service, 'package.json'), '{"type":"module"}');
    const bin = join(ROOT, 'node_modules/serverless/bin/serverless.js');
    const { code, output } = await run([bin, 'package'], service);
    expect(code).toBe(1);
    expect(output).toContain(
      'custom.sluice.alarmTopic is not a known key; did you mean alarmTopics?',
    );
    expect(output).not.toContain('infra/');
  });

  it('at a stage that cannot be part of a name', async () => {
    const { code, output } = await serverless(['package', '--stage', 'Dev-1']);
    expect(code).toBe(1);
    expect(output).toContain('the stage "Dev-1" cannot be used');
    expect(output).not.toContain('infra/');
  });
});

describe('custom.sluice', () => {
  const topic = 'arn:aws:sns:eu-west-1:123456789012:alarms';
  it.each([
    [undefined, { streams: 'streams.yml', alarmTopics: {} }],
    [
      { streams: 'a.yml', alarmTopics: null },
      { streams: 'a.yml', alarmTopics: {} },
    ],
    [{ alarmTopics: { prod: topic } }, { streams: 'streams.yml', alarmTopics: { prod: topic } }],
  ])('%j is right', (written, settings) => {
    expect(readSettings(written)).toEqual(settings);
  });

  it.each([
    [{ stream: 'a.yml' }, 'did you mean streams?'],
    [{ memory: 512 }, 'known keys: streams, alarmTopics'],
    [{ streams: 1 }, 'the path of a streams.yml'],
    [{ alarmTopics: topic }, 'topics by stage'],
    [{ alarmTopics: { prod: 'alarms' } }, 'alarmTopics.prod has to be the ARN'],
    [{ alarmTopics: { Prod: topic } }, 'alarmTopics.Prod is for no stage'],
    ['streams.yml', 'has to hold keys'],
  ])('%j is refused', (written, message) => {
    expect(readSettings(written)).toEqual({ wrong: [expect.stringContaining(message)] });
  });
});

it('a folder that cannot be written is told in one sentence', async () => {
  class UserError extends Error {}
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  const built = buildOrRefuse([], join(file, 'dist'), UserError);
  await expect(built).rejects.toThrow(UserError);
  await expect(buildOrRefuse([], join(file, 'dist'), UserError)).rejects.toThrow(
    /a-file.* cannot be written \(ENOTDIR\)/,
  );
});
