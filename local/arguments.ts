import { parseArgs } from 'node:util';
import { suggest } from '../shared/sql/suggest.ts';

export interface Arguments {
  readonly input: string | null;
  readonly application: string | null;
  readonly exit: boolean;
  readonly events: number | null;
  /** Events per second; null: as fast as possible, or the generator's own pace. */
  readonly rate: number | null;
  readonly seed: number;
  /** Late and future events of a file are set aside. */
  readonly lateness: boolean;
  readonly json: boolean;
  readonly keepRunning: boolean;
  readonly help: boolean;
}

/** A command line that cannot be run; its message is for people. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP = `Runs Sluice on this machine: an emulated Kinesis and DynamoDB, the packaged functions, the
deliveries of the stream into a folder, its HTTP entrance, and a producer of events. Nothing
leaves the machine, no AWS account is needed.

  npm start [-- OPTIONS]

Without options it makes up CloudTrail events, 100 a second, until Ctrl-C.

  --input FILE[.gz]    replay a file instead: CloudTrail events, one JSON object a line, or log lines
  --application NAME   the application of streams.yml to run; by default the first one that
                       reads what the input holds
  --rate N             events a second (files and --exit: as fast as the emulator takes them)
  --events N           stop after N events (with --exit and no --input: 10000)
  --seed N             seed of the made-up events (1)
  --lateness           judge late and future events as streams.yml says (a file's are taken as
                       they come otherwise)
  --exit               end by itself when everything that was put is applied
  --keep-running       after the last event, keep the emulators up until Ctrl-C (the default)
  --json               print the final tables as JSON on standard output, all else on standard error
  --help               this text

  npm start
  npm start -- --application web-analytics --rate 500
  npm start -- --input events.ndjson.gz --exit
  npm start --silent -- --exit --events 50000 --json > tables.json
`;

const OPTIONS = {
  input: { type: 'string' },
  application: { type: 'string' },
  rate: { type: 'string' },
  events: { type: 'string' },
  seed: { type: 'string' },
  lateness: { type: 'boolean' },
  exit: { type: 'boolean' },
  'keep-running': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the command line strictly. Throws UsageError. */
export function parseArguments(args: readonly string[]): Arguments {
  const { tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const values = new Map<string, string | true>();
  for (const token of tokens) {
    if (token.kind === 'positional') throw unexpected(token.value);
    if (token.kind === 'option-terminator') continue;
    const option = Object.hasOwn(OPTIONS, token.name)
      ? OPTIONS[token.name as keyof typeof OPTIONS]
      : null;
    if (option === null) throw unknown(token.rawName);
    if (values.has(token.name)) throw new UsageError(`${token.rawName} is given twice`);
    if (option.type === 'string') {
      const value = token.value;
      if (value === undefined || value === '' || (!token.inlineValue && value.startsWith('--'))) {
        throw new UsageError(`${token.rawName} needs a value`);
      }
      values.set(token.name, value);
    } else {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
      values.set(token.name, true);
    }
  }
  if (values.has('exit') && values.has('keep-running')) {
    throw new UsageError('--exit and --keep-running say opposite things: give one of them');
  }
  if (values.has('input') && values.has('seed')) {
    throw new UsageError('--seed is for made-up events: it says nothing about an --input');
  }
  if (values.has('lateness') && !values.has('input')) {
    throw new UsageError(
      '--lateness is for an --input: made-up events are always judged as streams.yml says',
    );
  }
  const text = (name: string) => (values.get(name) as string | undefined) ?? null;
  return {
    input: text('input'),
    application: text('application'),
    lateness: values.has('lateness'),
    exit: values.has('exit'),
    events: number('events', text('events'), 1, true),
    rate: number('rate', text('rate'), 0.01, false),
    seed: number('seed', text('seed'), 0, true) ?? 1,
    json: values.has('json'),
    keepRunning: values.has('keep-running'),
    help: values.has('help'),
  };
}

function number(name: string, text: string | null, least: number, whole: boolean): number | null {
  if (text === null) return null;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least) || (whole && !Number.isSafeInteger(value))) {
    throw new UsageError(
      `--${name} needs a ${whole ? 'whole ' : ''}number of at least ${least}, not "${text}"`,
    );
  }
  return value;
}

function unknown(name: string): UsageError {
  const near = suggest(name.replace(/^-+/, ''), Object.keys(OPTIONS));
  const hint = near ? `; did you mean --${near}?` : '; --help lists them';
  return new UsageError(`there is no option ${name}${hint}`);
}

function unexpected(text: string): UsageError {
  return new UsageError(`"${text}" is no option; a file to replay is given as --input ${text}`);
}
