import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one run leaves behind, apart from that of other runs in the same checkout. */
export interface RunFolder {
  readonly path: string;
  /** The packaged functions; they go when the run ends. */
  readonly dist: string;
  readonly faults: string;
  /** Made by whoever delivers. */
  readonly archive: string;
  readonly logFile: string;
}

const NAME = /^run-(\d+)$/;

/**
 * Makes `run-<pid>` in the folder `work`, and removes those of runs that have ended, all but the
 * newest.
 */
export function makeRunFolder(work: string, pid: number): RunFolder {
  const path = join(work, `run-${pid}`);
  // Of a run long ago that had the same id.
  rmSync(path, { recursive: true, force: true });
  const [newest, ...older] = ended(work);
  for (const one of older) rmSync(one, { recursive: true, force: true });
  // Left behind by a run that was killed.
  if (newest !== undefined) rmSync(join(newest, 'functions'), { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  const logFile = join(path, 'functions.log');
  writeFileSync(logFile, '');
  const below = (name: string) => join(path, name);
  return {
    ...{ path, dist: below('functions'), faults: below('faults'), archive: below('archive') },
    logFile,
  };
}

/** The folders of runs that are no longer alive, newest first. */
function ended(work: string): string[] {
  mkdirSync(work, { recursive: true });
  return readdirSync(work)
    .filter((name) => NAME.test(name) && !isRunning(Number(NAME.exec(name)![1])))
    .map((name) => ({ path: join(work, name), at: lastChange(join(work, name)) }))
    .sort((a, b) => b.at - a.at)
    .map(({ path }) => path);
}

function lastChange(path: string): number {
  // Gone when another run that starts now was faster.
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
