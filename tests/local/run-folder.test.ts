import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { makeRunFolder } from '../../local/run-folder.ts';

const work = mkdtempSync(join(tmpdir(), 'sluice-runs-'));
afterEach(() => rmSync(work, { recursive: true }));

it('keeps the folders of runs that are alive, and the newest of those that have ended', () => {
  const [older, newer] = [deadProcess(), deadProcess()];
  for (const [pid, age] of [
    [older, 200],
    [newer, 100],
    [process.ppid, 300],
  ] as const) {
    const folder = join(work, `run-${pid}`);
    mkdirSync(join(folder, 'functions'), { recursive: true });
    const at = Date.now() / 1000 - age;
    utimesSync(folder, at, at);
  }
  mkdirSync(join(work, 'invoke-local'));
  const made = makeRunFolder(work, process.pid);
  const left = [`run-${newer}`, `run-${process.ppid}`, `run-${process.pid}`, 'invoke-local'];
  expect(readdirSync(work).sort()).toEqual(left.sort());
  expect(existsSync(made.logFile)).toBe(true);
  expect(existsSync(join(work, `run-${newer}`, 'functions'))).toBe(false);
  expect(existsSync(join(work, `run-${process.ppid}`, 'functions'))).toBe(true);
});

function deadProcess(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}
