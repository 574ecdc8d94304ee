import { relative, resolve } from 'node:path';

/** The folder of the person who typed the command: npm itself changes to that of package.json. */
function invokedFrom(): string {
  return process.env.INIT_CWD || process.cwd();
}

/** The file that a path of the command line means. */
export function fromCommandLine(path: string): string {
  return resolve(invokedFrom(), path);
}

/** A path for people: as they would type it. */
export function shown(path: string): string {
  return relative(invokedFrom(), path);
}
