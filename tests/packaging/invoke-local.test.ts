import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadApplications } from '../../infra/applications.ts';
import { asksForAws } from '../../infra/invoke-local.ts';
import { startDynamodb } from '../../local/dynamodb.ts';
import { readTables } from '../../local/tables.ts';
import type { FirehoseResponse } from '../../shared/firehose/event.ts';
import { ROOT } from './serverless.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-invoke-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `serverless invoke local`, without credentials; it ends by itself or is killed. */
function invokeFunction(fn: string, event: readonly string[], env: Record<string, string> = {}) {
  const bin = `${ROOT}node_modules/serverless/bin/serverless.js`;
  const args = [bin, 'invoke', 'local', '-f', fn, ...event];
  const kept = Object.entries(process.env).filter(([key]) => !/^(AWS|SLUICE)_/.test(key));
  return new Promise<Run>((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
      killSignal: 'SIGKILL',
      env: { ...Object.fromEntries(kept), ...env },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const invoke = (name: string, event: readonly string[], env: Record<string, string> = {}) =>
  invokeFunction(`aggregate-${name}`, event, env);

/** The rows printed of an output, cells joined by a bar; times without their date. */
function rowsOf(err: string, output: string): string[] {
  const lines = err.split('\n');
  const at = lines.findIndex((line) => new RegExp(`^${output}  \\d+ rows?$`).test(line));
  if (at < 0) throw new Error(`${output} was not printed:\n${err}`);
  const end = lines.indexOf('', at);
  const rows = lines.slice(at + 2, end).map((line) => line.trim().split(/ {2,}/).join('|'));
  expect(lines[at]).toMatch(new RegExp(`  ${rows.length} rows?$`));
  return rows.map((row) => row.replaceAll('2026-05-02 ', ''));
}

/** What was printed of faults: "record REASON number of pumps". */
function faultsOf(err: string): string[] {
  return [...err.matchAll(/^ {2}Records\[(\d+)\] {2}([A-Z_]+) {2}.*?(?:\((.*_PUMP)\))?$/gm)].map(
    ([, record, reason, pumps]) => `${record} ${reason} ${pumps?.split(', ').length ?? 0}`,
  );
}

interface Case {
  readonly application: string;
  readonly rows: Readonly<Record<string, readonly string[]>>;
  readonly faults: readonly string[];
  readonly metrics: string;
  /** What the response has of a window's state. */
  readonly state?: object;
}

const CASES: Readonly<Record<string, Case>> = {
  'cloudtrail-plain': {
    application: 'account-activity',
    metrics: 'UserRecords 3  Rows 3  OutOfRange 0',
    rows: {
      CALLS_PER_ADDRESS: ['12:00:00|10.0.0.7|2|1', '12:00:00|10.0.0.8|1|0'],
      CALLS_PER_SERVICE: ['12:00:00|s3.amazonaws.com|2|0', '12:00:00|sts.amazonaws.com|1|1'],
      CALLS_PER_API: [
        '12:00:00|s3.amazonaws.com|GetObject|1',
        '12:00:00|s3.amazonaws.com|ListBuckets|1',
        '12:00:00|sts.amazonaws.com|AssumeRole|1',
      ],
      CALLS_PER_USER: ['12:00:00|ada|3|12:00:00|12:00:20'],
      FAILURES: ['12:00:00|AccessDenied|sts.amazonaws.com|1'],
      TOP_API_CALLS: [
        '12:01:00|s3.amazonaws.com:GetObject|1',
        '12:01:00|s3.amazonaws.com:ListBuckets|1',
        '12:01:00|sts.amazonaws.com:AssumeRole|1',
      ],
      ACTIVE_USERS: ['12:01:00|1'],
    },
    faults: [],
  },
  'cloudtrail-aggregated': {
    application: 'account-activity',
    metrics: 'UserRecords 5  Rows 4  OutOfRange 1',
    rows: {
      // The aggregate's own 10.0.0.9 belongs to another shard; the plain record's counts.
      CALLS_PER_ADDRESS: [
        '12:00:00|10.0.0.7|2|0',
        '12:00:00|10.0.0.8|1|0',
        '12:00:00|10.0.0.9|1|0',
      ],
      CALLS_PER_SERVICE: ['12:00:00|ec2.amazonaws.com|3|0', '12:00:00|s3.amazonaws.com|1|0'],
    },
    faults: [],
  },
  'cloudtrail-damaged-aggregate': {
    application: 'account-activity',
    metrics: 'UserRecords 2  Rows 1  OutOfRange 0  DamagedAggregates 1',
    rows: {
      CALLS_PER_ADDRESS: ['12:00:00|10.0.0.9|1|0'],
      TOP_API_CALLS: ['12:01:00|s3.amazonaws.com:ListBuckets|1'],
    },
    faults: ['0 DAMAGED_AGGREGATE 0'],
  },
  'cloudtrail-faults': {
    application: 'account-activity',
    metrics: 'UserRecords 6  Rows 4  OutOfRange 0',
    rows: {
      CALLS_PER_ADDRESS: ['12:00:00|10.0.0.7|1|0', '12:00:00|10.0.0.8|1|0'],
      CALLS_PER_USER: ['12:00:00|ada|2|12:00:00|12:00:05'],
      // Goes by the time of arrival: needs no event time, and takes any.
      TOP_API_CALLS: ['12:01:00|s3.amazonaws.com:ListBuckets|4'],
    },
    faults: ['1 BAD_JSON 0', '2 BAD_TYPE 0', '3 NO_EVENT_TIME 4', '4 FUTURE 4'],
  },
  'cloudtrail-late': {
    application: 'account-activity',
    metrics: 'UserRecords 3  Rows 3  OutOfRange 0',
    rows: {
      CALLS_PER_ADDRESS: ['11:40:00|10.0.0.7|1|0', '12:00:00|10.0.0.7|1|0'],
      TOP_API_CALLS: ['12:01:00|s3.amazonaws.com:ListBuckets|3'],
    },
    faults: ['2 LATE 4'],
  },
  'apache-plain': {
    application: 'web-analytics',
    metrics: 'UserRecords 3  Rows 3  OutOfRange 0',
    rows: {
      PAGES: ['12:00:00|/|1|5120|0', '12:00:00|/missing|1|312|1', '12:00:00|/pricing|1|2300|0'],
      STATUS_CODES: ['12:00:00|200|2|3710|5120', '12:00:00|404|1|312|312'],
      TROUBLED_VISITORS: [],
      TOP_PAGES: ['12:01:00|/|1', '12:01:00|/pricing|1'],
    },
    faults: [],
  },
  'apache-window': {
    application: 'web-analytics',
    metrics: 'UserRecords 2  Rows 2  OutOfRange 0',
    rows: { PAGES: [], STATUS_CODES: [] },
    faults: [],
    state: expect.objectContaining({ v: 1, shard: 'shardId-000000000000' }),
  },
  'apache-window-final': {
    application: 'web-analytics',
    metrics: 'UserRecords 3  Rows 3  OutOfRange 0',
    rows: {
      PAGES: ['12:00:00|/|2|10240|0', '12:00:00|/pricing|1|2300|0'],
      TOP_PAGES: ['12:01:00|/|2', '12:01:00|/pricing|1'],
    },
    faults: [],
    state: {},
  },
  'apache-faults': {
    application: 'web-analytics',
    metrics: 'UserRecords 3  Rows 2  OutOfRange 0',
    rows: {
      PAGES: ['12:00:00|/|1|5120|0', '12:00:00|/pricing|1|2300|0'],
      STATUS_CODES: ['12:00:00|200|2|3710|5120'],
    },
    faults: ['1 BAD_FORMAT 0'],
  },
};

// One after another: all use the same folder.
describe('serverless invoke local', () => {
  it('is tried with every sample event', () => {
    const files = readdirSync(join(ROOT, 'events')).filter((name) => name.endsWith('.json'));
    expect(
      Object.keys(CASES)
        .map((name) => `${name}.json`)
        .sort(),
    ).toEqual(files.sort());
  });

  it('is documented for every sample event', () => {
    const text = readFileSync(join(ROOT, 'docs/local-invoke.md'), 'utf8');
    for (const [name, { application, faults }] of Object.entries(CASES)) {
      const command = `npx serverless invoke local -f aggregate-${application} -p events/${name}.json`;
      expect(text).toContain(`\n${command}\n`);
      for (const fault of faults) expect(text).toContain(fault.split(' ')[1]!);
    }
  });

  it.each(Object.entries(CASES))('%s', async (name, one) => {
    const { application, rows, faults, metrics, state } = one;
    const { code, out, err } = await invoke(application, ['-p', `events/${name}.json`]);
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toEqual({ batchItemFailures: [], ...(state && { state }) });
    expect(err).toContain(metrics);
    for (const [output, expected] of Object.entries(rows)) {
      expect(rowsOf(err, output), output).toEqual(expected);
    }
    expect(faultsOf(err)).toEqual(faults);
    const told = { 0: 'No record was set aside.', 1: '1 record set aside' }[faults.length];
    expect(err).toContain(told ?? `${faults.length} records set aside`);
  });

  it('ends when the handler throws, and shows the tables all the same', async () => {
    const { code, out, err } = await invoke('web-analytics', ['-d', '{"Records":[{}]}']);
    expect(code, err).toBe(1);
    expect(JSON.parse(out).errorMessage).toContain('not a Kinesis event');
    expect(rowsOf(err, 'PAGES')).toEqual([]);
    expect(err).toContain('No record was set aside.');
  });

  it('says what to do when aggregates come from a shard that is not there', async () => {
    const file = join(folder, 'other-shard.json');
    const text = readFileSync(join(ROOT, 'events/cloudtrail-aggregated.json'), 'utf8');
    writeFileSync(file, text.replaceAll('shardId-000000000000', 'shardId-000000000007'));
    const { code, out, err } = await invoke('account-activity', ['-p', file]);
    expect(code, err).toBe(1);
    expect(out).toContain('come from shardId-000000000007');
    expect(out).toContain('Write shardId-000000000000');
    expect(err).not.toContain('    at ');
  });

  it.each([
    ['alarm', 'held', 'stay at 2 shards, 0 % full on the mean: known for 0 minutes only'],
    ['alarm-ok', 'ignored', 'alarm sluice-dev-scale-cloudtrail-hot has changed to OK'],
  ])('a scaler on events/scale/%s.json', async (event, outcome, why) => {
    const file = `events/scale/${event}.json`;
    const { code, out, err } = await invokeFunction('scale-cloudtrail', ['-p', file]);
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toEqual({ outcome, why });
    expect(err).toContain(`"outcome":"${outcome}"`);
    expect(err).toContain('sluice-dev-cloudtrail has 2 open shards.');
    const text = readFileSync(join(ROOT, 'docs/local-invoke.md'), 'utf8');
    expect(text).toContain(`-f scale-cloudtrail -p ${file}\n`);
  });

  it('a redrive, dry and not, of what the invoke before has set aside', async () => {
    const redrive = (event: string) =>
      invokeFunction('redrive-account-activity', ['-p', `events/redrive/${event}.json`]);
    for (const name of ['cloudtrail-damaged-aggregate', 'cloudtrail-faults']) {
      await invoke('account-activity', ['-p', `events/${name}.json`]);
      const faults = name === 'cloudtrail-faults' ? 4 : 1;
      const { code, out, err } = await redrive('dry-run');
      expect(code, err).toBe(0);
      expect(JSON.parse(out)).toMatchObject({
        dryRun: true,
        meant: faults,
        redriven: 0,
        next: null,
      });
      expect(err).toContain(`${faults} set aside: npx sluice faults list --all --faults .sluice/`);
    }
    const { out, err } = await redrive('one-reason');
    expect(JSON.parse(out)).toMatchObject({ dryRun: false, seen: 4, meant: 1, redriven: 0 });
    expect(err).toContain('Redriven 0  NotRedriven 1');
  });

  it('a batch that a mapping gave up, of another function: it is counted as open', async () => {
    const file = join(folder, 'given-up.json');
    const given = JSON.parse(readFileSync(join(ROOT, 'events/on-failure/s3.json'), 'utf8'));
    writeFileSync(file, JSON.stringify({ ...given, dryRun: false }));
    const { code, out, err } = await invokeFunction('redrive-account-activity', ['-p', file]);
    expect(code, out + err).toBe(0);
    const other = { OTHER_FUNCTION: 'it was a batch of sluice-dev-aggregate-cloudtrail' };
    expect(JSON.parse(out)).toMatchObject({ dryRun: false, gaps: [{ open: other }], next: null });
    expect(err).toContain('GapsClosed 0  GapsOpen 1');
  });

  it('leaves the tables alone that the user has chosen', async () => {
    const { applications } = loadApplications(join(ROOT, 'streams.yml'));
    const tables = ['sluice-dev-results', 'sluice-dev-state'];
    const dynamodb = await startDynamodb({ tables });
    try {
      const { code, out, err } = await invoke('web-analytics', ['-p', 'events/apache-plain.json'], {
        AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
        AWS_ACCESS_KEY_ID: 'mine',
        AWS_SECRET_ACCESS_KEY: 'mine',
      });
      expect(code, err).toBe(0);
      expect(out).toContain('"batchItemFailures": []');
      expect(err).not.toContain('PAGES');
      const found = await readTables(dynamodb.client, 'sluice-dev-', applications);
      expect(found.get('web-analytics')?.get('PAGES')).toHaveLength(3);
    } finally {
      await dynamodb.stop();
    }
  });
});

describe('asksForAws', () => {
  it.each([
    [{}, {}, false],
    [{ AWS_PROFILE: 'work', AWS_ACCESS_KEY_ID: 'key' }, {}, false],
    [{ SLUICE_AWS: '1' }, {}, true],
    [{ SLUICE_AWS: '0' }, {}, false],
    [{ SLUICE_AWS: '1' }, { env: 'SLUICE_AWS=0' }, false],
    [{ AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:8000' }, {}, true],
    [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }, {}, true],
    [{}, { env: ['LEVEL=debug', 'AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000'] }, true],
    [{}, { 'aws-profile': 'work' }, true],
  ])('environment %j, options %j: %s', (environment, options, expected) => {
    expect(asksForAws(options, environment)).toBe(expected);
  });
});

it('runs the transformer of a delivery: the response on standard output, its counts beside it', async () => {
  const file = 'events/firehose/cloudtrail-damaged.json';
  const { code, out, err } = await invokeFunction('transform-cloudtrail-archive', ['-p', file]);
  expect(code, err).toBe(0);
  const { records } = JSON.parse(out) as FirehoseResponse;
  const failed = 'ProcessingFailed';
  expect(records.map(({ result }) => result)).toEqual([failed, failed, failed, 'Ok']);
  expect(records[3]?.metadata?.partitionKeys).toEqual({ date: '2026-05-02' });
  expect(err).toContain('Records 4  Delivered 1  Dropped 0  PutBack 0  Failed 3');
});
