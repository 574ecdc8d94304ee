import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { generateCloudTrail } from '../../local/generate/cloudtrail.ts';
import { readLines } from '../helpers/archive.ts';

const START = fileURLToPath(new URL('../../local/start.ts', import.meta.url));
const LONG = 120_000;
let folder: string;
let running: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-start-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  running?.kill('SIGKILL');
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [START, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // As npm tells it to what it runs.
    env: { ...process.env, INIT_CWD: folder },
  });
  running = child;
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    output.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.err += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...output }));
  return { child, output, ended };
}

interface Event {
  sourceIPAddress: string;
  errorCode?: string;
}

describe('npm start', () => {
  it('applies each event of a file exactly once and ends by itself', {
    timeout: LONG,
  }, async () => {
    const time = Date.UTC(2023, 6, 10, 11, 42);
    const generated = generateCloudTrail({ seed: 3, start: time, interval: 150, count: 900 });
    const lines = [...generated]
      .filter(({ fault }) => fault === null)
      .map(({ data }) => Buffer.from(data).toString());
    const file = join(folder, 'events.ndjson');
    await writeFile(file, `${lines.join('\n')}\n{"eventTime":"2023-07-10T11:42:00Z","event\n`);

    const { code, out, err } = await start('--input', file, '--exit', '--json').ended;
    expect(err).toContain('none counts as late');
    expect(code).toBe(0);
    const result = JSON.parse(out);
    expect(result).toMatchObject({
      events: lines.length + 1,
      refused: 0,
      faults: { records: 1, reasons: { BAD_JSON: 1 } },
    });
    // What cannot be read is no line: it lies below the error prefix.
    expect(result.deliveries['cloudtrail-archive']).toMatchObject({
      ...{ records: lines.length, dropped: 0, failed: 1 },
      newest: expect.stringMatching(/^cloudtrail\/date=\d{4}-\d\d-\d\d\/.*\.gz$/),
    });
    const { put, applied, outputs } = result.applications['account-activity'];
    expect([put, applied]).toEqual([lines.length + 1, lines.length + 1]);
    const events = lines.map((line) => JSON.parse(line) as Event);
    const expected = Map.groupBy(events, (event) => event.sourceIPAddress);
    const found = new Map<string, number[]>();
    for (const { address, calls, failures } of outputs.CALLS_PER_ADDRESS) {
      const [c = 0, f = 0] = found.get(address) ?? [];
      found.set(address, [c + calls, f + failures]);
    }
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(
        [...expected].map(([address, calls]) => [
          address,
          [calls.length, calls.filter(({ errorCode }) => errorCode !== undefined).length],
        ]),
      ),
    );
  });

  it('fails when no line of a file could be read', { timeout: LONG }, async () => {
    await writeFile(join(folder, 'notes.txt'), 'milk\nbread\n');
    const { code, out, err } = await start('--input', 'notes.txt', '--exit').ended;
    expect(err).toBe('npm start: no record could be read; is notes.txt really apache?\n');
    expect(code).toBe(1);
    expect(out).toContain('PAGES  no rows');
    expect(out).toMatch(/\n2 records set aside in .*run-\d+\/faults: BAD_FORMAT 2\n/);
  });

  it('on Ctrl-C applies what has been put, and leaves no process', { timeout: LONG }, async () => {
    const { child, output, ended } = start('--application', 'web-analytics', '--rate', '50');
    await expect.poll(() => output.out, { timeout: 60_000 }).toMatch(/ applied [1-9]/);
    const url = /http:\/\/\S+\/weblogs$/m.exec(output.out)![0];
    const body = '192.0.2.7 - - [26/Nov/2026:10:00:00 +0000] "GET /posted HTTP/1.1" 503 12';
    const posted = await fetch(url, {
      ...{ method: 'POST', headers: { 'content-type': 'text/plain' }, body },
    });
    expect(posted.status).toBe(200);
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(output.out)![1]!;
    child.kill('SIGINT');
    const { code, out, err } = await ended;
    expect(err).toBe('');
    expect(code).toBe(0);
    const [, put, applied] = [...out.matchAll(/ put ([\d,]+) {2}applied ([\d,]+) /g)].at(-1)!;
    expect(applied).toBe(put);
    expect(out).toContain('STATUS_CODES');
    const [, archive] = /^What was delivered stays in (.*)\.$/m.exec(out)!;
    const bucket = join(folder, archive!, 'sluice-local-failed-requests');
    expect(readLines(bucket, 'failed-requests/kind=server/').join()).toContain('"/posted"');
    // Not a terminal: no escape sequences.
    expect(out).not.toContain('\u001b');
    await expect(fetch(`http://127.0.0.1:${port}/healthcheck`)).rejects.toThrow();
  });

  it.each([
    [['--exti'], /^npm start: there is no option --exti; did you mean --exit\?\n$/],
    [
      ['--application', 'payroll'],
      /^npm start: streams\.yml has no application "payroll"; it has /,
    ],
    [['--input', 'absent.log'], /^npm start: there is no file absent\.log\n$/],
  ])('%s: one line says what is wrong', async (args, message) => {
    const { code, out, err } = await start(...args).ended;
    expect(err).toMatch(message);
    expect([code, out]).toEqual([2, '']);
  });

  it('--help has examples', async () => {
    const { code, out } = await start('--help').ended;
    expect(out).toContain('npm start -- --input');
    expect(code).toBe(0);
  });
});
