import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StreamHandler } from '../../shared/consume/consume.ts';
import { added, handler as windowHandler } from './window-example.ts';

const source = readFileSync('functions/example/handler.ts', 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'sluice-example-'));
const page = readFileSync('docs/consume.md', 'utf8');
const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block!);
const context = {} as Context;

let handler: StreamHandler;
let lines: string[] = [];

beforeAll(async () => {
  vi.stubEnv('SLUICE_FAULTS', pathToFileURL(folder).href);
  ({ handler } = await import('../../functions/example/handler.ts'));
});
beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line) => lines.push(line));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function event(name: string) {
  return JSON.parse(readFileSync(`events/${name}.json`, 'utf8'));
}

describe('the example', () => {
  it('tells of calls that failed, and of them only', async () => {
    const response = await handler(event('cloudtrail-plain'), context);
    expect(response).toEqual({ batchItemFailures: [] });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        Service: 'sts.amazonaws.com',
        Call: 'AssumeRole',
        Error: 'AccessDenied',
        FailedCalls: 1,
        _aws: { CloudWatchMetrics: [{ Dimensions: [['Service', 'Call', 'Error']] }] },
      },
    ]);
  });

  it('reads aggregates', async () => {
    const response = await handler(event('cloudtrail-aggregated'), context);
    expect(response).toEqual({ batchItemFailures: [] });
    expect(lines).toEqual([]);
  });

  it('sets aside what is no CloudTrail record', async () => {
    const names = ['cloudtrail-faults', 'cloudtrail-damaged-aggregate', 'apache-plain'];
    const told: Record<string, string[]> = {};
    for (const name of names) {
      expect(await handler(event(name), context)).toEqual({ batchItemFailures: [] });
      told[name] = takeReasons();
    }
    expect(told).toEqual({
      'cloudtrail-faults': ['BAD_JSON'],
      'cloudtrail-damaged-aggregate': ['DAMAGED_AGGREGATE'],
      'apache-plain': ['BAD_JSON', 'BAD_JSON', 'BAD_JSON'],
    });
  });

  it('has less than 20 lines of code', () => {
    const code = source.split('\n').filter((line) => /^\s*[^\s/*]/.test(line));
    expect(code.length).toBeLessThan(20);
  });

  it('is what docs/consume.md shows', () => {
    expect(blocks[0]).toBe(source);
  });
});

describe('the window of docs/consume.md', () => {
  it('compiles, and adds up', async () => {
    expect(readFileSync('tests/consume/window-example.ts', 'utf8')).toContain(blocks[2]);
    const window = { start: '2026-05-02T12:00:00Z', end: '2026-05-02T12:01:00Z' };
    const shardId = 'shardId-000000000000';
    const { Records } = event('cloudtrail-plain');
    const last = { Records, window, shardId, isFinalInvokeForWindow: true };
    const sent = { ...last, state: { 's3.amazonaws.com': 5 } };
    expect(await windowHandler(sent, context)).toEqual({ batchItemFailures: [], state: {} });
    const calls = { 's3.amazonaws.com': 7, 'sts.amazonaws.com': 1 };
    expect(added).toEqual([[window.start, shardId, calls]]);
  });
});

/** The reasons of all that was set aside, which is then taken away. */
function takeReasons(): string[] {
  const root = join(folder, 'faults');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const objects = files.filter((file) => file.endsWith('.json')).sort();
  const reasons = objects.map((file) => {
    const { application, faults } = JSON.parse(readFileSync(join(root, file), 'utf8'));
    expect(application).toBe('failed-calls');
    return faults[0].reason;
  });
  rmSync(root, { recursive: true });
  return reasons;
}
