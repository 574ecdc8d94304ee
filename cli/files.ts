import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suggest } from '../shared/sql/suggest.ts';
import { CommandError, messageOf } from './errors.ts';

/** The text of a file that a person named. Throws CommandError. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

export const PROGRAMS = /\.sql$/i;
export const CONFIGS = /\.ya?ml$/i;

/**
 * Refuses a file whose name says that it is something else. One that is not there, or is a folder,
 * says so when it is read; a pipe has no name to go by. Throws CommandError.
 */
export function requireKind(file: string, kinds: readonly RegExp[], takes: string): void {
  const isPlain = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
  if (!isPlain || kinds.some((kind) => kind.test(file))) return;
  const hint = CONFIGS.test(file) ? 'check takes a streams.yml' : null;
  throw new CommandError(`${file} is no SQL program: ${takes}`, hint);
}

/** Why a file cannot be read; with the file that was meant, if there is one beside it. */
export function unreadable(file: string, error: unknown): CommandError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new CommandError(`there is no file ${file}`, neighbour(file));
  if (code === 'EISDIR') return new CommandError(`${file} is a folder`, 'name the files in it');
  return new CommandError(`${file} cannot be read: ${messageOf(error)}`, null, { cause: error });
}

function neighbour(file: string): string | null {
  const folder = dirname(file);
  if (!existsSync(folder)) return `there is no folder ${folder}`;
  const near = suggest(basename(file), readdirSync(folder));
  return near === null ? null : `did you mean ${join(folder, near)}?`;
}
