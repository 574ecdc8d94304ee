import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadApplications } from '../infra/applications.ts';
import type { FileDiagnostics } from '../infra/report.ts';
import type { StreamsConfig } from '../shared/config/streams.ts';
import { readArguments } from './arguments.ts';
import { applicationsOf, configOf, programsOf, readConfig, shown } from './config.ts';
import { CommandError } from './errors.ts';
import { CONFIGS, PROGRAMS, requireKind, unreadable } from './files.ts';
import type { Io } from './io.ts';
import { loadNotes } from './load-notes.ts';
import {
  findingsIn,
  NOT_BUILT,
  PROGRAM_OPTIONS,
  type ProgramOptions,
  plural,
  readProgram,
  renderFindings,
  summary,
} from './program.ts';

export const CHECK_OPTIONS = {
  ...PROGRAM_OPTIONS,
  dialect: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** `sluice check FILE…`: 0 if all files are right, 1 if not. Findings go to standard output. */
export async function check(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArguments(args, CHECK_OPTIONS);
  if (positionals.length === 0) {
    throw new CommandError('there is nothing to check', 'name SQL programs or a streams.yml');
  }
  const found = checkFiles(positionals, values);
  const rendered = renderFindings([...found.values()], io.out.color);
  const all = [...found.values()].flatMap(({ diagnostics }) => diagnostics);
  const failing = all.filter(({ code }) => !(values.dialect && code === NOT_BUILT));
  const files = plural(found.size, 'file');
  if (all.length > 0) io.out.write(`${rendered}\n\n`);
  if (failing.length > 0) io.out.write(`${files}, ${summary(all)}\n`);
  else io.out.write(`${files}, no errors${all.length > 0 ? `, ${summary(all)}` : ''}\n`);
  const configs = positionals.filter(isConfig).map((file) => readConfig(file).reading.config);
  const notes = configs.flatMap((config) => [...windowNotes(config), ...loadNotes(config)]);
  for (const note of notes) io.out.write(`${note}\n`);
  return failing.length > 0 ? 1 : 0;
}

/** What `state: window` costs is no error, and nobody should learn it from a late row. */
function windowNotes(config: StreamsConfig | null): string[] {
  return Object.values(config?.applications ?? {}).flatMap(({ name, stateWindowMs }) => {
    if (stateWindowMs === null) return [];
    const seconds = stateWindowMs / 1000;
    return [
      `note: ${name} has state: window: rows appear when Lambda's window ends, up to ${seconds} s after their records`,
    ];
  });
}

/** Every file once, also where a streams.yml and the command line name the same program. */
function checkFiles(
  files: readonly string[],
  options: ProgramOptions,
): Map<string, FileDiagnostics> {
  const found = new Map<string, FileDiagnostics>();
  const add = (one: FileDiagnostics): void => {
    const before = found.get(resolve(one.file));
    if (before === undefined || before.diagnostics.length === 0) found.set(resolve(one.file), one);
  };
  for (const file of files) {
    if (!existsSync(file)) throw unreadable(file, { code: 'ENOENT' });
    requireKind(
      file,
      [PROGRAMS, CONFIGS],
      'check takes .sql files and a streams.yml (.yml, .yaml)',
    );
  }
  const configs = files.filter(isConfig);
  for (const file of configs) checkConfig(file).forEach(add);
  for (const file of files) {
    if (isConfig(file) || found.has(resolve(file))) continue;
    // A streams.yml on the command line says more of a program than the one of the folder.
    const config = options.config ?? configs.find((one) => isNamed(one, file));
    const all = options.application === undefined ? runners(config, file) : [options.application];
    for (const application of all) {
      const program = readProgram(file, { ...options, config, application });
      program.others.forEach(add);
      add({ file, text: program.text, diagnostics: findingsIn(program.checked) });
    }
  }
  return found;
}

function isConfig(file: string): boolean {
  return CONFIGS.test(file);
}

function isNamed(config: string, file: string): boolean {
  return applicationsOf(readConfig(config), file).length > 0;
}

/** The applications that run a program: it is checked with the columns of each. */
function runners(config: string | undefined, file: string): (string | undefined)[] {
  const read = configOf(file, config);
  const found = read === null ? [] : applicationsOf(read, file).map(({ name }) => name);
  return found.length > 0 ? found : [undefined];
}

/** The file itself and all programs that it names. */
function checkConfig(file: string): FileDiagnostics[] {
  const config = readConfig(file);
  const { errors } = loadApplications(file);
  const right = (name: string): FileDiagnostics => ({ file: name, text: '', diagnostics: [] });
  const wrong = errors.map((one) => ({ ...one, file: shown(resolve(one.file)) }));
  return [...wrong, ...[file, ...programsOf(config)].map(right)];
}
