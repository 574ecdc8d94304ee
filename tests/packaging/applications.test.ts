import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { loadApplications } from '../../infra/applications.ts';
import { buildFunctions } from '../../infra/build.ts';
import type { ServiceFunction } from '../../infra/function.ts';
import { aggregatePackage } from '../../infra/functions/aggregate.ts';
import { describeService } from '../../infra/service.ts';
import { faultKey } from '../../shared/consume/faults.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-applications-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STREAMS = `streams:
  page-views: { shards: 3, retention: 7d, format: json, producer: kpl }
  theirs: { arn: "arn:aws:kinesis:eu-west-1:123456789012:stream/events", format: json }
applications:
  counts:
    stream: page-views
    sql: counts.sql
    schema: { page: VARCHAR(64) }
    batch: { size: 500, window: 1m }
    outputs:
      HITS: { table: results, keep: 7d }
  others:
    stream: theirs
    sql: counts.sql
    schema: { page: VARCHAR(64) }
    outputs:
      HITS: { table: more }
`;

function program(source: string): string {
  return `CREATE STREAM "HITS" ("page" VARCHAR(64), "hits" BIGINT);
CREATE PUMP "P" AS INSERT INTO "HITS"
SELECT STREAM s."page", COUNT(*) FROM ${source} AS s
GROUP BY s."page", STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
`;
}

const file = join(folder, 'streams.yml');
beforeEach(() => {
  writeFileSync(file, STREAMS);
  writeFileSync(join(folder, 'counts.sql'), program('SOURCE_SQL_STREAM_001'));
});

describe('loadApplications', () => {
  it('gives each application with its plan', () => {
    const { applications, errors } = loadApplications(file);
    expect(errors).toEqual([]);
    expect(
      applications.map(({ plan, columns: _, ...rest }) => ({ ...rest, from: plan.source.name })),
    ).toEqual([
      {
        name: 'counts',
        stream: {
          name: 'page-views',
          format: 'json',
          compression: 'none',
          producer: 'kpl',
          retentionMs: 604_800_000,
        },
        latenessMs: 3_600_000,
        skewMs: 300_000,
        outputs: { HITS: { table: 'results', keepMs: 604_800_000, spread: 4 } },
        from: 'SOURCE_SQL_STREAM_001',
      },
      {
        name: 'others',
        stream: {
          name: 'theirs',
          format: 'json',
          compression: 'none',
          producer: 'other',
          retentionMs: 86_400_000,
        },
        latenessMs: 3_600_000,
        skewMs: 300_000,
        outputs: { HITS: { table: 'more', keepMs: null, spread: 4 } },
        from: 'SOURCE_SQL_STREAM_001',
      },
    ]);
  });

  it("takes the stream's own name for the source too", () => {
    writeFileSync(join(folder, 'counts.sql'), program('page_views_001'));
    writeFileSync(file, STREAMS.slice(0, STREAMS.indexOf('  others:')));
    const { applications, errors } = loadApplications(file);
    expect(errors).toEqual([]);
    expect(applications[0]?.plan.source.name).toBe('PAGE_VIEWS_001');
  });

  it('shows the errors of a program that two applications share', () => {
    writeFileSync(join(folder, 'counts.sql'), program('SOURCE_SQL_STREAM_002'));
    const { applications, errors } = loadApplications(file);
    expect(applications).toEqual([]);
    expect(errors.map(({ file }) => file.split('/').at(-1))).toEqual(['counts.sql']);
    expect(errors[0]?.diagnostics).toHaveLength(1);
    expect(errors[0]?.diagnostics[0]).toMatchObject({ code: 'UNKNOWN_STREAM', line: 3 });
  });

  it('says so when there is no streams.yml, or a folder in place of a program', () => {
    const { errors } = loadApplications(join(folder, 'nothing.yml'));
    expect(errors[0]?.diagnostics).toMatchObject([{ code: 'UNKNOWN_FILE', line: 1 }]);
    mkdirSync(join(folder, 'folder.sql'), { recursive: true });
    writeFileSync(file, STREAMS.replace('counts.sql', 'folder.sql'));
    expect(loadApplications(file).errors[0]?.diagnostics).toMatchObject([
      { code: 'UNKNOWN_FILE', line: 7, column: 10 },
    ]);
  });

  it.each(['pk', 'sk', 'expires', 'rows', '_n'])(
    'refuses an output with a column "%s": its table keeps that for itself',
    (column) => {
      const text = readFileSync(join(folder, 'counts.sql'), 'utf8');
      writeFileSync(
        join(folder, 'counts.sql'),
        text.replace('"hits" BIGINT', `"${column}" BIGINT`),
      );
      const found = loadApplications(file).errors.flatMap(({ diagnostics }) => diagnostics);
      expect(found.map(({ code, line }) => [code, line])).toEqual([
        ['RESERVED_COLUMN', 11],
        ['RESERVED_COLUMN', 17],
      ]);
      expect(found[0]!.message).toContain(`"${column}"`);
    },
  );

  it('refuses an output that the program does not declare, with the nearest name', () => {
    writeFileSync(file, STREAMS.replace('HITS: { table: more', 'HIT: { table: more'));
    const { errors } = loadApplications(file);
    expect(errors[0]?.diagnostics).toEqual([
      {
        code: 'UNKNOWN_STREAM',
        message: 'the program declares no stream "HIT"',
        line: 17,
        column: 7,
        hint: 'did you mean HITS?',
      },
    ]);
  });
});

function reached({ grants }: ServiceFunction): string[] {
  return grants
    .flatMap(({ on }) => on)
    .flatMap((target) => ('table' in target ? [target.table] : []));
}

describe('describeService', () => {
  it('names everything by the stage', () => {
    const { applications, config } = loadApplications(file);
    const service = describeService(applications, config!, 'dev', 'file:///srv/faults');
    expect(service.streams).toEqual([
      { name: 'page-views', physicalName: 'sluice-dev-page-views', shards: 3, retentionHours: 168 },
    ]);
    expect(service.tables.map(({ physicalName }) => physicalName)).toEqual([
      'sluice-dev-state',
      'sluice-dev-results',
      'sluice-dev-more',
    ]);
    const [counts, others] = service.functions;
    expect(counts).toMatchObject({
      name: 'aggregate-counts',
      physicalName: 'sluice-dev-aggregate-counts',
      environment: {
        SLUICE_TABLE_PREFIX: 'sluice-dev-',
        SLUICE_STATE_TABLE: 'sluice-dev-state',
        SLUICE_FAULTS: 'file:///srv/faults',
        SLUICE_STREAM: 'sluice-dev-page-views',
      },
      mapping: { stream: 'page-views', arn: null, batchSize: 500, batchWindowSeconds: 60 },
    });
    expect(reached(counts!)).toEqual(['results', 'state']);
    expect(others?.environment.SLUICE_STREAM).toBe('events');
    expect(others?.mapping?.arn).toBe('arn:aws:kinesis:eu-west-1:123456789012:stream/events');
    expect(reached(others!)).toEqual(['more', 'state']);
  });

  it('lets a function put its faults where the consumer puts them', () => {
    const { applications, config } = loadApplications(file);
    const [counts] = describeService(applications, config!, 'dev').functions;
    const key = faultKey({
      application: 'counts',
      shardId: 'shardId-000000000000',
      sequenceNumber: '1',
    } as Parameters<typeof faultKey>[0]);
    const [below] = counts!.grants
      .flatMap(({ on }) => on)
      .flatMap((target) => ('faults' in target ? [target.faults] : []));
    expect(key.startsWith(`${below}/`)).toBe(true);
  });

  it.each(['', 'Dev', 'a_b', 'stage-with-a-long-name', '-x'])('refuses the stage %j', (stage) => {
    const { applications, config } = loadApplications(file);
    expect(() => describeService(applications, config!, stage)).toThrow(/stage/);
  });
});

describe('buildFunctions', () => {
  it('lays the one bundle out for each application', async () => {
    mkdirSync(join(folder, 'handlers', 'aggregate'), { recursive: true });
    writeFileSync(
      join(folder, 'handlers', 'aggregate', 'handler.ts'),
      `export const handler = async (event: unknown) => (await import('node:os')).EOL + event;`,
    );
    const { applications } = loadApplications(file);
    const out = join(folder, 'dist');
    const packages = applications.map(aggregatePackage);
    const { bytes } = await buildFunctions(packages, out, join(folder, 'handlers'));
    expect(readdirSync(out).sort()).toEqual(['aggregate-counts', 'aggregate-others']);
    for (const application of applications) {
      const at = join(out, `aggregate-${application.name}`);
      expect(readdirSync(at).sort()).toEqual(['application.json', 'handler.js', 'package.json']);
      expect(JSON.parse(readFileSync(join(at, 'application.json'), 'utf8'))).toEqual(application);
      expect(JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'))).toEqual({
        type: 'module',
      });
    }
    expect(bytes.aggregate).toBeLessThan(300);
  });
});
