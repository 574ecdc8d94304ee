import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { ApplicationConfig } from '../shared/config/applications.ts';
import { parseStreams, type StreamConfig, type StreamsReading } from '../shared/config/streams.ts';
import { CommandError } from './errors.ts';
import { readText } from './files.ts';

/** A streams.yml that was read; `reading.config` is null if something is wrong in it. */
export interface Config {
  /** As a person would write it. */
  readonly file: string;
  readonly folder: string;
  readonly text: string;
  readonly reading: StreamsReading;
  /** False where it was only found. */
  readonly isNamed: boolean;
}

const DEFAULT = 'streams.yml';

/**
 * Reads the file of --config; without one, the next streams.yml above the current folder or above the
 * program's, whichever names the program. Where neither does, the first; null if there is none.
 */
export function configOf(program: string, named: string | undefined): Config | null {
  if (named !== undefined) return readConfig(named);
  const above = [process.cwd(), dirname(resolve(program))].flatMap((folder) => nextAbove(folder));
  const configs = [...new Set(above)].map((file) => ({
    ...readConfig(shown(file)),
    isNamed: false,
  }));
  const naming = configs.find((config) => applicationsOf(config, program).length > 0);
  // One with errors may have meant to name it.
  return naming ?? configs.find(({ reading }) => reading.config === null) ?? configs[0] ?? null;
}

/** The streams.yml that --config names, else the next one in or above the current folder. */
export function chosenConfig(named: string | undefined): string {
  const [found] = named === undefined ? nextAbove(process.cwd()) : [named];
  if (found !== undefined) return named ?? shown(found);
  throw new CommandError(
    'there is no streams.yml in this folder or above it',
    'name it with --config FILE',
  );
}

function nextAbove(folder: string): string[] {
  const file = join(folder, DEFAULT);
  if (existsSync(file)) return [file];
  return dirname(folder) === folder ? [] : nextAbove(dirname(folder));
}

/** Reads a streams.yml that a person named. Throws CommandError. */
export function readConfig(file: string): Config {
  const text = readText(file);
  const folder = dirname(resolve(file));
  const reading = parseStreams(text, (path) => existsSync(resolve(folder, path)));
  return { file, folder, text, reading, isNamed: true };
}

/** The applications that run this program. */
export function applicationsOf({ folder, reading }: Config, file: string): ApplicationConfig[] {
  return Object.values(reading.config?.applications ?? {}).filter(
    ({ sql }) => resolve(folder, sql) === resolve(file),
  );
}

/** The files of the programs that it names, once each. */
export function programsOf({ folder, reading }: Config): string[] {
  const files = Object.values(reading.config?.applications ?? {}).map(({ sql }) =>
    shown(resolve(folder, sql)),
  );
  return [...new Set(files)];
}

/** The stream that is meant by its name in streams.yml, or by the name it has on AWS. */
export function findStream({ reading }: Config, name: string): StreamConfig | null {
  const streams = Object.values(reading.config?.streams ?? {});
  const own = streams.find((stream) => name === stream.name || name === existingName(stream));
  if (own !== undefined) return own;
  const deployed = streams.filter((stream) => isDeployed(name, stream.name));
  // sluice-dev-web-logs is rather web-logs of stage dev than logs of stage dev-web.
  return deployed.sort((a, b) => b.name.length - a.name.length)[0] ?? null;
}

const PREFIX = 'sluice-';

/** sluice-STAGE-NAME */
function isDeployed(physical: string, name: string): boolean {
  const hasStage = physical.length > PREFIX.length + name.length + 1;
  return hasStage && physical.startsWith(PREFIX) && physical.endsWith(`-${name}`);
}

/** The name on AWS of a stream that this service did not make. */
export function existingName({ arn }: StreamConfig): string | null {
  return arn?.split('/').at(-1) ?? null;
}

/** A path as one would write it here. */
export function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
