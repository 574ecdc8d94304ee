import type { StreamsConfig } from '../shared/config/streams.ts';
import { formatName } from '../shared/records/format.ts';
import type { FormatName } from '../shared/records/types.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { generateApache } from './generate/apache.ts';
import { generateCloudTrail } from './generate/cloudtrail.ts';
import type { GeneratorOptions } from './generate/types.ts';
import { guessFormat, readEvents } from './input.ts';
import type { NewRecord } from './producer.ts';

/** What will be put, and into which stream. */
export interface Replay {
  /** Of streams.yml. */
  readonly stream: string;
  /** 1 for a stream that exists on AWS: here it is made anew. */
  readonly shards: number;
  /** The last part of the ARN of a stream that exists; null when it is the service's own. */
  readonly existing: string | null;
  readonly format: FormatName;
  /** Names of the applications that read it. */
  readonly applications: readonly string[];
  /** For people. */
  readonly what: string;
  /** The file that holds the events, as it was given; null: they are made up. */
  readonly file: string | null;
  /** Late and future events are set aside, as streams.yml says. */
  readonly lateness: boolean;
  /** Events a second; null: as fast as possible. */
  readonly rate: number | null;
  /** Called once, when everything is ready: made-up events happen from then on. */
  events(now: number): AsyncIterable<NewRecord> | Iterable<NewRecord>;
}

const GENERATORS: Partial<Record<FormatName, typeof generateApache>> = {
  cloudtrail: generateCloudTrail,
  apache: generateApache,
};
const DEFAULT_RATE = 100;
const DEFAULT_EVENTS = 10_000;
/** Over this time made-up events are spread that are put as fast as possible: within any lateness. */
const SPREAD_MS = 20 * 60_000;

/** Decides from the command line what is put where. Throws UsageError. */
export async function chooseReplay(args: Arguments, config: StreamsConfig): Promise<Replay> {
  const { input } = args;
  const wanted = input === null ? null : await guessFormat(input);
  const first = chooseApplication(args, config, wanted);
  const { stream } = config.applications[first]!;
  const { format: written, shards, arn } = config.streams[stream]!;
  const format = formatName(written);
  const readers = Object.values(config.applications).filter((one) => one.stream === stream);
  const applications = (args.application === null ? readers : [config.applications[first]!]).map(
    ({ name }) => name,
  );
  const common = {
    stream,
    shards: shards ?? 1,
    existing: arn?.split('/').at(-1) ?? null,
    format,
    applications,
    file: input,
    lateness: input === null || args.lateness,
  };
  if (input !== null) {
    const events = () => readEvents(input, args.events);
    return { ...common, what: `${input} (${format})`, rate: args.rate, events };
  }
  return { ...common, ...madeUp(args, first, format) };
}

function chooseApplication(
  { application, input }: Arguments,
  { applications, streams }: StreamsConfig,
  wanted: FormatName | null,
): string {
  const names = Object.keys(applications);
  if (names.length === 0) throw new UsageError('streams.yml has no application to run');
  if (application !== null) {
    if (Object.hasOwn(applications, application)) return application;
    throw new UsageError(
      `streams.yml has no application "${application}"; it has ${names.join(', ')}`,
    );
  }
  const formatOf = (name: string) => formatName(streams[applications[name]!.stream]!.format);
  const fits = (name: string) =>
    wanted === null
      ? Object.hasOwn(GENERATORS, formatOf(name))
      : formatOf(name) === wanted || (wanted === 'json' && formatOf(name) === 'ndjson');
  const found = names.find(fits);
  if (found !== undefined) return found;
  throw new UsageError(
    input === null
      ? 'there are no made-up events for the formats of streams.yml; give a file with --input'
      : `${input} looks like ${wanted}, and no application reads that; name one with --application (${names.join(', ')})`,
  );
}

function madeUp(
  { seed, rate, events, exit }: Arguments,
  application: string,
  format: FormatName,
): Pick<Replay, 'what' | 'rate' | 'events'> {
  const generator = GENERATORS[format];
  if (generator === undefined) {
    throw new UsageError(
      `${application} reads ${format} of its own kind, which cannot be made up; give a file with --input`,
    );
  }
  const count = events ?? (exit ? DEFAULT_EVENTS : null);
  const pace = rate ?? (exit ? null : DEFAULT_RATE);
  const options = (now: number): GeneratorOptions => {
    if (pace !== null) return { seed, count, start: now, interval: 1000 / pace };
    return { seed, count, start: now - SPREAD_MS, interval: SPREAD_MS / count! };
  };
  const amount = count === null ? 'without end' : count.toLocaleString('en');
  const what = `made-up events (${format}, ${amount}, seed ${seed})`;
  return { what, rate: pace, events: (now) => generator(options(now)) };
}
