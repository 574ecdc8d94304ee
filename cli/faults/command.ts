import { suggest } from '../../shared/sql/suggest.ts';
import { readArguments } from '../arguments.ts';
import { CommandError } from '../errors.ts';
import { type Io, note } from '../io.ts';
import { closeGaps } from './close-gaps.ts';
import { FILTER_OPTIONS, readApplication, readFilters } from './filters.ts';
import { list } from './list.ts';
import { readNotes } from './notes.ts';
import { openPlace, PLACE_OPTIONS, type PlaceOptions } from './place.ts';
import { redrive } from './redrive.ts';
import { readShown, show } from './show.ts';
import { openWay, type Way } from './way.ts';

type Part = (args: readonly string[], io: Io) => Promise<number>;

const HELP_HINT = 'npx sluice faults --help shows examples';
const COMMON_OPTIONS = { ...PLACE_OPTIONS, json: { type: 'boolean' } } as const;
/** Rows of the table of single faults. */
const LIMIT = 100;
const MOST = 10_000;

/** `sluice faults list|show|redrive`: looks at what was set aside, and brings it back. */
export async function faults(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  const part = name !== undefined && Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
  if (part !== undefined) return part(rest, io);
  const parts = Object.keys(PARTS).join(', ');
  if (name === undefined || name.startsWith('-')) {
    throw new CommandError(`what to do with faults is missing: ${parts}`, HELP_HINT);
  }
  const near = suggest(name, Object.keys(PARTS));
  const hint = near === null ? HELP_HINT : `did you mean faults ${near}?`;
  throw new CommandError(`there is no faults ${name}: it can be ${parts}`, hint);
}

const PARTS: Readonly<Record<string, Part>> = {
  list: async (args, io) => {
    const { values, positionals } = readArguments(args, {
      ...COMMON_OPTIONS,
      ...FILTER_OPTIONS,
      all: { type: 'boolean' },
      limit: { type: 'string' },
    });
    const application = onlyApplication(positionals);
    const options = {
      ...{ application, config: values.config },
      filters: readFilters(values, Date.now()),
      isSingle: application !== undefined || values.all === true,
      limit: readLimit(values.limit),
      isJson: values.json === true,
    };
    return list(await openPlace(application, values), options, io);
  },
  show: async (args, io) => {
    const { values, positionals } = readArguments(args, {
      ...COMMON_OPTIONS,
      payload: { type: 'boolean' },
    });
    const shown = readShown(positionals);
    const options = { isJson: values.json === true, hasPayload: values.payload === true };
    return show(await openPlace(shown.application, values), shown, options, io);
  },
  redrive: async (args, io) => {
    const { values, positionals } = readArguments(args, {
      ...COMMON_OPTIONS,
      ...FILTER_OPTIONS,
      'on-failure': { type: 'string', multiple: true },
      'never-delivered': { type: 'boolean' },
      apply: { type: 'boolean' },
    });
    const named = values['on-failure'];
    // All words behind the application are files then: a shell makes several of a pattern.
    const [, ...files] = positionals;
    const application = onlyApplication(
      named === undefined ? positionals : positionals.slice(0, 1),
    );
    if (application === undefined) throw new CommandError('no application is named', HELP_HINT);
    const options = { isApplied: values.apply === true, isJson: values.json === true };
    if (named === undefined) {
      if (values['never-delivered']) throw loneNeverDelivered();
      const filters = readFilters(values, Date.now());
      return through(application, values, io, (way) => redrive(way, { filters, ...options }, io));
    }
    const unfit = Object.keys(FILTER_OPTIONS).filter((option) => Object.hasOwn(values, option));
    if (unfit.length > 0) throw filtered(unfit);
    const given = await readNotes([...named, ...files], io);
    const neverDelivered = values['never-delivered'] === true;
    return through(application, values, io, (way) =>
      closeGaps(way, { given, neverDelivered, ...options }, io),
    );
  },
};

/** Where the application's records can be redriven, once all that a person has said is read. */
async function through(
  application: string,
  placed: PlaceOptions,
  io: Io,
  work: (way: Way) => Promise<number>,
): Promise<number> {
  if (/^s3:/.test(placed.faults ?? '')) {
    throw new CommandError(
      'the function that redrives has its bucket: it takes no --faults s3://…',
      'name its stage with --stage',
    );
  }
  const way = await openWay(application, await openPlace(application, placed), placed.config);
  if (!('errors' in way)) return work(way);
  note(io, way.errors);
  return 2;
}

function loneNeverDelivered(): CommandError {
  return new CommandError('--never-delivered tells something of --on-failure', HELP_HINT);
}

function filtered(options: readonly string[]): CommandError {
  const names = options.map((option) => `--${option}`).join(', ');
  return new CommandError(
    `${names} ${options.length === 1 ? 'does' : 'do'} not go with --on-failure`,
    'they choose among faults; of what was given up all that the files tell is meant',
  );
}

function onlyApplication([name, second]: readonly string[]): string | undefined {
  if (second !== undefined) {
    throw new CommandError(`"${second}" is one word too many: name one application`, HELP_HINT);
  }
  return name === undefined ? undefined : readApplication(name);
}

function readLimit(text: string = String(LIMIT)): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (limit >= 1 && limit <= MOST) return limit;
  throw new CommandError(
    `--limit takes a number from 1 to ${MOST}, not ${text}`,
    '--json gives all',
  );
}
