import type { StreamConfig } from '../../shared/config/streams.ts';
import type { Decision } from '../../shared/resharding/decision.ts';
import { leaseKey, readMemory } from '../../shared/resharding/lease.ts';
import { look } from '../../shared/resharding/look.ts';
import { describe, openShards } from '../../shared/resharding/stream.ts';
import type { Heat } from '../../shared/scaling/heat.ts';
import type { Limits, Plan } from '../../shared/scaling/plan.ts';
import { DEFAULT_LIMITS } from '../../shared/scaling/policy.ts';
import type { Shard } from '../../shared/scaling/ring.ts';
import { suggest } from '../../shared/sql/suggest.ts';
import { readArguments } from '../arguments.ts';
import { explainAws, nameOf } from '../aws-errors.ts';
import { chosenConfig, existingName, readConfig } from '../config.ts';
import { CommandError } from '../errors.ts';
import { type Io, note, paint } from '../io.ts';
import { findingsOf, plural, renderFindings } from '../program.ts';
import { apply, FINE } from './apply.ts';
import { openPlace, type Place } from './place.ts';
import { drawRing, figuresOf, figuresTable } from './ring.ts';

export const SHARDS_OPTIONS = {
  apply: { type: 'boolean' },
  wait: { type: 'boolean' },
  stage: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The stage that serverless.yml deploys unless it is told another one. */
const STAGE = 'dev';

/** `sluice shards STREAM`: 0 shown or done, 1 AWS refuses or streams.yml has errors. */
export async function shards(
  args: readonly string[],
  io: Io,
  now: () => number = Date.now,
): Promise<number> {
  const { values, positionals } = readArguments(args, SHARDS_OPTIONS);
  const name = onlyStream(positionals);
  if (values.wait && !values.apply) throw new CommandError('--wait goes with --apply');
  const config = readConfig(chosenConfig(values.config));
  if (config.reading.config === null) {
    note(io, renderFindings([findingsOf(config)], io.err.color));
    return 1;
  }
  const stream = streamNamed(name, Object.values(config.reading.config.streams), config.file);
  const place = openPlace(stream, values.stage ?? STAGE, now);
  const limits = stream.scaling?.limits ?? DEFAULT_LIMITS;
  if (stream.scaling === null) {
    const { min, max, target } = limits;
    note(
      io,
      `${config.file} has no scaling for ${stream.name}: planned as with { min: ${min}, max: ${max}, target: ${target} }, and nobody keeps its heat`,
    );
  }
  try {
    const seen = await see(place, limits);
    const shown = values.json ? null : showIn(io, place.stream, seen);
    shown?.();
    const decisions: Decision[] = [];
    if (values.apply) {
      if (!place.hasMetrics) throw new CommandError(NO_METRICS, SET_ENDPOINT);
      const task = { stream: place.stream, limits, dryRun: false };
      for await (const decision of apply(task, place, values.wait === true, io)) {
        decisions.push(decision);
        if (!values.json) io.out.write(`${decision.outcome}: ${decision.why}\n`);
      }
    } else if (!values.json && seen.plan?.operation) {
      io.out.write('nothing is changed; --apply begins it\n');
    }
    if (values.json) io.out.write(`${toJson(place.stream, limits, seen, decisions)}\n`);
    return decisions.every(({ outcome }) => FINE.includes(outcome)) ? 0 : 1;
  } catch (error) {
    throw await explained(place, error);
  } finally {
    place.close();
  }
}

const NO_METRICS = 'without metrics there is no plan, and an emulated Kinesis has none';
const SET_ENDPOINT = 'AWS_ENDPOINT_URL_CLOUDWATCH may say where they are';

interface Seen {
  readonly state: 'ACTIVE' | 'updating' | 'on-demand';
  readonly shards: readonly Shard[];
  readonly heat: Heat | null;
  /** Null where none was made; then `why` says why not. */
  readonly plan: Plan | null;
  readonly why: string;
}

async function see(place: Place, limits: Limits): Promise<Seen> {
  const { kinesis, stream, store, stateTable, hasMetrics } = place;
  const now = place.now();
  const without = async (state: Seen['state'], why: string): Promise<Seen> => {
    const [shards, heat] = await Promise.all([
      openShards(kinesis, stream),
      place.readHeat(stream, now),
    ]);
    return { state, shards, heat, plan: null, why };
  };
  // A stream that is not there comes before a table that is not.
  const { isActive } = await describe(kinesis, stream);
  if (!hasMetrics) return without(isActive ? 'ACTIVE' : 'updating', NO_METRICS);
  const memory = await readMemory(store, leaseKey(stateTable, stream), now);
  const seen = await look(place, stream, limits, memory, now);
  if (seen.kind === 'planned') return { state: 'ACTIVE', ...seen, why: seen.plan.why };
  const why = seen.kind === 'on-demand' ? 'AWS scales it' : 'it is being changed just now';
  return without(seen.kind, why);
}

function showIn({ out }: Io, stream: string, { state, shards, heat, plan, why }: Seen) {
  return (): void => {
    const title = `${paint(out.color, 'bold', stream)}: ${plural(shards.length, 'open shard')}, ${state}`;
    out.write(`${title}\n\n${drawRing(shards, heat, plan, out.color)}\n`);
    if (heat === null) out.write('Nobody has kept its heat: load is taken as even.\n');
    out.write(`${figuresTable(figuresOf(shards, heat, plan), out.color)}\n`);
    const what = plan === null ? 'no plan' : `plan: ${plan.kind}`;
    out.write(`${paint(out.color, 'bold', what)}: ${why}\n`);
    for (const advice of plan?.advice ?? []) out.write(`advice: ${advice}\n`);
  };
}

function toJson(
  stream: string,
  limits: Limits,
  { state, shards, heat, plan, why }: Seen,
  decisions: readonly Decision[],
): string {
  const figures = plan && { ...plan.figures, utilisation: undefined };
  const all = {
    ...{ stream, state, limits },
    shards: figuresOf(shards, heat, plan),
    plan: plan && { ...plan, figures },
    why,
    decisions: decisions.map((one) => ({ outcome: one.outcome, why: one.why })),
  };
  // Hash keys do not fit a JavaScript number: text, as in the API.
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  return JSON.stringify(all, text, 2);
}

function onlyStream([name, second]: readonly string[]): string {
  const hint = 'npx sluice shards --help shows examples';
  if (name === undefined) throw new CommandError('no stream is named', hint);
  if (second === undefined) return name;
  throw new CommandError(`"${second}" is one word too many: shards takes one stream`, hint);
}

function streamNamed(name: string, streams: readonly StreamConfig[], file: string): StreamConfig {
  const found = streams.find((one) => one.name === name || existingName(one) === name);
  if (found !== undefined) return found;
  const names = streams.map((one) => one.name);
  const near = suggest(name, names);
  const hint = near === null ? `it can be ${names.join(', ')}` : `did you mean ${near}?`;
  throw new CommandError(`${file} has no stream ${name}`, hint);
}

async function explained({ stream, kinesis }: Place, error: unknown): Promise<CommandError> {
  if (nameOf(error) === 'ResourceNotFoundException') {
    const region = await kinesis.config.region();
    const hint = 'AWS_REGION and --stage decide where to look; is the service deployed?';
    return new CommandError(`there is no stream ${stream} in ${region}`, hint, { cause: error });
  }
  const needs =
    'kinesis:DescribeStreamSummary and kinesis:ListShards, and with --apply kinesis:SplitShard, kinesis:MergeShards and kinesis:UpdateShardCount';
  return explainAws({ what: `stream ${stream} cannot be read`, service: 'Kinesis', needs }, error);
}
