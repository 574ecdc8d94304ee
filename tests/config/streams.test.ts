import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseStreams } from '../../shared/config/streams.ts';
import { DEFAULT_LIMITS } from '../../shared/scaling/policy.ts';

const GOOD = `streams:
  clicks:
    shards: 1
    format: json
applications:
  counts:
    stream: clicks
    sql: counts.sql
    schema:
      PAGE: VARCHAR(64)
      AT: { type: timestamp, path: $.meta.at, unit: ms }
    outputs:
      HITS: { table: results }
`;

/** The good file with one piece replaced, and what is found in it: "line:column CODE". */
function found(piece: string, instead: string): string[] {
  expect(GOOD).toContain(piece);
  const { diagnostics, config } = parseStreams(GOOD.replace(piece, instead));
  expect(config === null).toBe(diagnostics.length > 0);
  return diagnostics.map(({ line, column, code }) => `${line}:${column} ${code}`);
}

describe('a right file', () => {
  it('is read with every default filled in and durations in milliseconds', () => {
    const { config, diagnostics } = parseStreams(GOOD);
    expect(diagnostics).toEqual([]);
    expect(config).toEqual({
      streams: {
        clicks: {
          name: 'clicks',
          shards: 1,
          arn: null,
          retentionMs: 86_400_000,
          format: 'json',
          compression: 'none',
          producer: 'other',
          sources: {},
          ingest: null,
          scaling: null,
          load: null,
        },
      },
      applications: {
        counts: {
          name: 'counts',
          stream: 'clicks',
          sql: 'counts.sql',
          columns: [
            { name: 'PAGE', type: { name: 'VARCHAR', length: 64 }, path: '$.PAGE' },
            { name: 'AT', type: { name: 'TIMESTAMP' }, path: '$.meta.at', unit: 'ms' },
          ],
          batch: { size: 2000, windowMs: 10_000 },
          latenessMs: 3_600_000,
          skewMs: 300_000,
          stateWindowMs: null,
          outputs: { HITS: { table: 'results', keepMs: null, spread: 4 } },
        },
      },
      deliveries: {},
      upserts: {},
      http: { cors: null },
    });
  });

  it('may set what has a default, and leave the rest of a group alone', () => {
    const { config } = parseStreams(
      GOOD.replace(
        '    outputs:\n      HITS: { table: results }',
        '    batch: { size: 1 }\n    lateness: unlimited\n    skew: 0s\n    parallelization: 1\n    outputs:\n      HITS: { table: results, keep: forever, spread: 16 }',
      ),
    );
    const application = config?.applications.counts;
    expect(application?.batch).toEqual({ size: 1, windowMs: 10_000 });
    expect(application?.latenessMs).toBeNull();
    expect(application?.skewMs).toBe(0);
    expect(application?.outputs.HITS).toEqual({ table: 'results', keepMs: null, spread: 16 });
  });

  it('quotes a column in its path where its name is no plain key', () => {
    const { config } = parseStreams(GOOD.replace('PAGE:', '"it\'s a.b":'));
    expect(config?.applications.counts?.columns[0]?.path).toBe("$['it\\'s a.b']");
  });

  it('reads an existing stream by its ARN', () => {
    const arn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/clicks';
    const { config } = parseStreams(GOOD.replace('shards: 1', `arn: ${arn}\n    retention: 7d`));
    expect(config?.streams.clicks).toMatchObject({
      arn,
      shards: null,
      retentionMs: 604_800_000,
    });
  });

  it('takes the fields of an apache line by the names of the columns', () => {
    const text = GOOD.replace('format: json', 'format: apache')
      .replace('PAGE: VARCHAR(64)', 'page: VARCHAR(64)')
      .replace(', path: $.meta.at, unit: ms', ', path: time');
    const { config, diagnostics } = parseStreams(text);
    expect(diagnostics).toEqual([]);
    expect(config?.applications.counts?.columns.map(({ path }) => path)).toEqual(['page', 'time']);
  });

  it('may give a format its options', () => {
    const text = GOOD.replace(
      'format: json',
      'format: { csv: { columns: [p, when], quote: "\'" } }',
    )
      .replace('PAGE: VARCHAR(64)', 'p: VARCHAR(64)')
      .replace('path: $.meta.at', 'path: when');
    const { config, diagnostics } = parseStreams(text);
    expect(diagnostics).toEqual([]);
    expect(config?.streams.clicks?.format).toEqual({
      csv: { columns: ['p', 'when'], delimiter: ',', quote: "'" },
    });
    const syslog = GOOD.replace('format: json', 'format: { syslog: { offset: "+02:00" } }')
      .replace('PAGE: VARCHAR(64)', 'host: VARCHAR(64)')
      .replace(', path: $.meta.at, unit: ms', ', path: time');
    expect(parseStreams(syslog).config?.streams.clicks?.format).toEqual({
      syslog: { offset: '+02:00' },
    });
  });

  it.each([
    ['{}', { limits: { min: 1, max: 16, target: DEFAULT_LIMITS.target }, mode: 'on', topic: null }],
    [
      '{ mode: on }',
      { limits: { min: 1, max: 16, target: DEFAULT_LIMITS.target }, mode: 'on', topic: null },
    ],
    [
      '{ max: 4, target: 0.7, mode: dry-run, topic: arn:aws:sns:eu-west-1:123456789012:mine }',
      {
        limits: { min: 1, max: 4, target: 0.7 },
        mode: 'dry-run',
        topic: 'arn:aws:sns:eu-west-1:123456789012:mine',
      },
    ],
    ['{ mode: off }', null],
  ])('scales a stream by %s', (written, scaling) => {
    const text = GOOD.replace('shards: 1', `shards: 1\n    scaling: ${written}`);
    expect(parseStreams(text).config?.streams.clicks?.scaling).toEqual(scaling);
  });

  it('may repeat itself by YAML aliases', () => {
    const text = GOOD.replace('{ table: results }', '&kept { table: results }\n      MORE: *kept');
    expect(Object.keys(parseStreams(text).config?.applications.counts?.outputs ?? {})).toEqual([
      'HITS',
      'MORE',
    ]);
  });

  it('is the one in the root', () => {
    const text = readFileSync(new URL('../../streams.yml', import.meta.url), 'utf8');
    expect(parseStreams(text).diagnostics).toEqual([]);
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=streams.schema.json');
  });
});

describe('what is wrong', () => {
  it.each([
    ['shards: 1', 'shard: 1', ['2:3 MISSING_KEY', '3:5 UNKNOWN_KEY']],
    ['shards: 1', 'shards: 0', ['3:13 WRONG_VALUE']],
    ['shards: 1', 'shards: 1.5', ['3:13 WRONG_VALUE']],
    ['shards: 1', 'shards: "1"', ['3:13 WRONG_VALUE']],
    ['shards: 1', 'shards:', ['3:12 WRONG_VALUE']],
    [
      'shards: 1',
      'shards: 1\n    arn: arn:aws:kinesis:eu-west-1:123456789012:stream/x',
      ['4:5 CONFLICT'],
    ],
    ['shards: 1', 'arn: clicks', ['3:10 WRONG_VALUE']],
    ['shards: 1', 'shards: 1\n    shards: 2', ['4:5 DUPLICATE_KEY']],
    ['shards: 1', 'shards: 1\n    scaling: { min: 0 }', ['4:21 WRONG_VALUE']],
    ['shards: 1', 'shards: 1\n    scaling: { target: 80 }', ['4:24 WRONG_VALUE']],
    ['shards: 1', 'shards: 1\n    scaling: { target: 80% }', ['4:24 WRONG_VALUE']],
    ['shards: 1', 'shards: 1\n    scaling: { mode: auto }', ['4:22 WRONG_VALUE']],
    ['shards: 1', 'shards: 1\n    scaling: { min: 3, max: 2 }', ['4:21 CONFLICT']],
    ['shards: 1', 'shards: 1\n    scaling: { min: 2 }', ['3:13 CONFLICT']],
    ['shards: 1', 'shards: 17\n    scaling: {}', ['3:13 CONFLICT']],
    ['shards: 1', 'shards: 1\n    scaling: { topic: mine }', ['4:23 WRONG_VALUE']],
    ['shards: 1', 'shards: 1\n    retention: 48', ['4:16 WRONG_VALUE']],
    ['shards: 1', 'shards: 1\n    retention: 48 hours', ['4:16 WRONG_VALUE']],
    ['shards: 1', 'shards: 1\n    retention: 23h', ['4:16 WRONG_VALUE']],
    ['shards: 1', 'shards: 1\n    retention: 366d', ['4:16 WRONG_VALUE']],
    ['shards: 1', 'shards: 1\n    producer: KPL', ['4:15 WRONG_VALUE']],
    ['format: json', 'format: xml', ['4:13 WRONG_VALUE']],
    ['format: json', 'format: json\n    compression: zip', ['5:18 WRONG_VALUE']],
    ['format: json', 'format: csv', ['11:36 UNKNOWN_FIELD']],
    ['format: json', 'format: [csv]', ['4:13 WRONG_VALUE']],
    ['format: json', 'format: {}', ['4:5 MISSING_KEY']],
    ['format: json', 'format: { json: {} }', ['4:5 MISSING_KEY', '4:15 UNKNOWN_KEY']],
    ['format: json', 'format: { csv: {}, syslog: {} }', ['4:24 CONFLICT']],
    [
      'format: json',
      'format: { csv: { delimiter: ";;", quotes: x, columns: [] } }',
      ['4:33 WRONG_VALUE', '4:39 UNKNOWN_KEY', '4:59 MISSING_KEY'],
    ],
    ['format: json', 'format: { csv: { columns: PAGE } }', ['4:31 WRONG_VALUE']],
    ['format: json', "format: { csv: { quote: ',' } }", ['4:13 CONFLICT']],
    ['format: json', 'format: { csv: { columns: [PAGE, $.meta.at, PAGE] } }', ['4:13 CONFLICT']],
    ['format: json', 'format: { csv: { columns: [a], header: first-line } }', ['4:13 CONFLICT']],
    ['format: json', 'format: { syslog: { offset: CET } }', ['4:33 WRONG_VALUE']],
    ['format: json', 'format: cloudwatch-logs', ['10:7 UNKNOWN_FIELD', '11:36 UNKNOWN_FIELD']],
    ['format: json', 'format: dynamodb', ['10:7 UNKNOWN_FIELD', '11:36 UNKNOWN_FIELD']],
    ['format: json', 'producer: kpl', ['2:3 MISSING_KEY']],
    ['  clicks:', '  Clicks:', ['2:3 WRONG_NAME', '7:13 UNKNOWN_STREAM']],
    ['stream: clicks', 'stream: click', ['7:13 UNKNOWN_STREAM']],
    ['stream: clicks', 'stream: constructor', ['7:13 UNKNOWN_STREAM']],
    ['PAGE: VARCHAR(64)', 'PAGE: VARCHAR', ['10:13 WRONG_VALUE']],
    ['PAGE: VARCHAR(64)', 'PAGE: STRING(64)', ['10:13 WRONG_VALUE']],
    ['PAGE: VARCHAR(64)', 'PAGE: { path: $.x }', ['10:7 MISSING_KEY']],
    ['type: timestamp', 'type: BIGINT', ['11:50 CONFLICT']],
    ['unit: ms', 'unit: seconds', ['11:53 WRONG_VALUE']],
    ['$.meta.at', 'meta.at', ['11:36 WRONG_VALUE']],
    [
      'format: json',
      'format: apache',
      ['10:7 UNKNOWN_FIELD', '11:36 UNKNOWN_FIELD', '11:53 CONFLICT'],
    ],
    ['      HITS: { table: results }', '      {}', ['13:7 MISSING_KEY']],
    ['{ table: results }', '{}', ['13:7 MISSING_KEY']],
    ['{ table: results }', '{ table: state }', ['13:22 CONFLICT']],
    ['{ table: results }', '{ table: "my table" }', ['13:22 WRONG_VALUE']],
    ['{ table: results }', '{ table: results, spread: 17 }', ['13:39 WRONG_VALUE']],
    ['{ table: results }', '{ table: results, keep: for ever }', ['13:37 WRONG_VALUE']],
    ['{ table: results }', '{ stream: alerts }', ['13:7 MISSING_KEY', '13:15 NOT_BUILT']],
    ['    outputs:', '    batch: { size: 10001, window: 5m }\n    outputs:', ['12:20 WRONG_VALUE']],
    ['    outputs:', '    batch: { window: 301s }\n    outputs:', ['12:22 WRONG_VALUE']],
    ['    outputs:', '    state: windows\n    outputs:', ['12:12 WRONG_VALUE']],
    ['    outputs:', '    state: { window: 901s }\n    outputs:', ['12:22 WRONG_VALUE']],
    ['    outputs:', '    state: { window: 1500ms }\n    outputs:', ['12:22 WRONG_VALUE']],
    ['    outputs:', '    state: { size: 5m }\n    outputs:', ['12:14 UNKNOWN_KEY']],
    [
      '    outputs:',
      '    state: window\n    parallelization: 2\n    outputs:',
      ['13:22 WRONG_VALUE'],
    ],
    ['    outputs:', '    lateness: never\n    outputs:', ['12:15 WRONG_VALUE']],
    ['applications:', 'deliveries: {}\napplications:', ['5:13 MISSING_KEY']],
    ['applications:', 'application:', ['5:1 UNKNOWN_KEY']],
    ['applications:', 'applications: [', ['7:13 YAML']],
    ['shards: 1', 'shards: 1\n    shards: [', ['5:5 YAML']],
    ['path: $.meta.at', 'path: $.meta[0].at', ['11:42 YAML']],
  ])('%s -> %s', (piece, instead, expected) => {
    expect(found(piece, instead)).toEqual(expected);
  });

  it.each([
    ['path: $.meta[0].at', 'write the path in quotes: "$.meta[0].at"'],
    ['path: $.meta ], at: [', undefined],
  ])('in YAML itself is told once: %s', (instead, hint) => {
    const { diagnostics } = parseStreams(GOOD.replace('path: $.meta.at', instead));
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toMatchObject({ code: 'YAML', line: 11 });
    expect(diagnostics[0]?.hint).toBe(hint);
  });

  it('is told in words, with what to write instead', () => {
    const text = GOOD.replace('shards: 1', 'shards: 1\n    retension: 48 hours').replace(
      '    outputs:',
      '    parallelization: 4\n    lateness: 90 minutes\n    outputs:',
    );
    const [retention, parallelization, lateness] = parseStreams(text).diagnostics;
    expect(retention).toMatchObject({
      message: 'streams.clicks.retension is not a known key',
      hint: 'did you mean retention?',
    });
    expect(parallelization?.message).toMatch(/has to be 1: .*skip records silently/);
    expect(lateness).toMatchObject({ hint: 'write 90m', line: 14, column: 15 });
  });

  it('is told all at once, in the order of the file', () => {
    const { diagnostics } = parseStreams(
      `streams:
  clicks: { shards: many, format: jsn }
applications:
  counts:
    stream: klicks
    sql: counts.sql
    schema: { PAGE: VARCHR(8) }
    lateness: unlimited
    outputs:
      HITS: { table: results, keep: 7d }
`,
      () => false,
    );
    expect(diagnostics.map(({ line, code, hint }) => [line, code, hint])).toEqual([
      [2, 'WRONG_VALUE', undefined],
      [2, 'WRONG_VALUE', 'did you mean json?'],
      [5, 'UNKNOWN_STREAM', 'did you mean clicks?'],
      [6, 'UNKNOWN_FILE', 'the path is relative to the folder of this file'],
      [7, 'WRONG_VALUE', undefined],
      [10, 'CONFLICT', 'bound the lateness, or keep the rows'],
    ]);
    expect(diagnostics[4]?.message).toContain('did you mean VARCHAR?');
  });

  it.each([
    '',
    '[]',
    'streams',
    '42',
    'streams: 1\napplications: []',
    '&a {streams: *a}',
    '? [a]\n: b',
  ])('refuses %j without throwing', (text) => {
    const { config, diagnostics } = parseStreams(text);
    expect(config).toBeNull();
    expect(diagnostics.length).toBeGreaterThan(0);
    for (const { line, column } of diagnostics) {
      expect(line).toBeGreaterThan(0);
      expect(column).toBeGreaterThan(0);
    }
  });
});

describe('state', () => {
  it.each([
    ['window', 60_000],
    ['{}', 60_000],
    ['{ window: 5m }', 300_000],
    ['{ window: 900s }', 900_000],
  ])('%s is a window of %i ms', (written, ms) => {
    const { config } = parseStreams(
      GOOD.replace('    outputs:', `    state: ${written}\n    outputs:`),
    );
    expect(config?.applications.counts?.stateWindowMs).toBe(ms);
  });

  it('refuses more than one batch of a shard at a time, and says that Lambda does too', () => {
    const text = GOOD.replace(
      '    outputs:',
      '    state: window\n    parallelization: 2\n    outputs:',
    );
    expect(parseStreams(text).diagnostics[0]?.message).toContain('Lambda itself takes no other');
  });
});
