import packageJson from '../package.json' with { type: 'json' };
import { suggest } from '../shared/sql/suggest.ts';
import { capacity } from './capacity.ts';
import { check } from './check.ts';
import { CommandError } from './errors.ts';
import { explain } from './explain.ts';
import { HELP, helpOf } from './help.ts';
import { type Io, note, paint } from './io.ts';
import { query } from './query.ts';

type Command = (args: readonly string[], io: Io) => Promise<number>;

/** The AWS SDK is loaded only where it is needed. */
const rebuild: Command = async (args, io) =>
  (await import('./rebuild/command.ts')).rebuild(args, io);

const faults: Command = async (args, io) => (await import('./faults/command.ts')).faults(args, io);

const shards: Command = async (args, io) => (await import('./shards/command.ts')).shards(args, io);

const COMMANDS: Readonly<Record<string, Command>> = {
  check,
  query,
  explain,
  capacity,
  shards,
  rebuild,
  faults,
};

/**
 * Runs `sluice ARGS`, gives the exit status: 0 done, 1 the program or the data have errors, 2 the
 * command cannot do its work.
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    io.err.write(HELP);
    return 2;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    io.out.write(helpOf(rest[0]) ?? HELP);
    return 0;
  }
  if (name === '--version' || name === '-v') {
    io.out.write(`${packageJson.version}\n`);
    return 0;
  }
  try {
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) throw unknownCommand(name);
    if (rest.some((word) => word === '--help' || word === '-h')) {
      io.out.write(helpOf(name)!);
      return 0;
    }
    return await command(rest, io);
  } catch (error) {
    if (!(error instanceof CommandError)) {
      const trace = error instanceof Error ? error.stack : String(error);
      note(io, `error: this is a fault of sluice itself, please report it\n${trace}`);
      return 2;
    }
    const { message, hint } = error;
    note(io, `${paint(io.err.color, 'red', 'error:')} ${message}`);
    if (hint !== null) note(io, `${paint(io.err.color, 'cyan', 'hint:')} ${hint}`);
    return 2;
  }
}

function unknownCommand(name: string): CommandError {
  const near = suggest(name, [...Object.keys(COMMANDS), '--help', '--version']);
  const what = name.startsWith('-') ? 'option' : 'command';
  const hint = near === null ? 'npx sluice --help lists the commands' : `did you mean ${near}?`;
  return new CommandError(`there is no ${what} ${name}`, hint);
}
