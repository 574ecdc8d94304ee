import { mendDuration, parseDuration } from '../../shared/config/duration.ts';
import { readArguments } from '../arguments.ts';
import { CommandError } from '../errors.ts';
import { type Io, note } from '../io.ts';
import { abort } from './finish.ts';
import type { Job, Pace } from './job.ts';
import { run } from './run.ts';
import { openTarget } from './target.ts';

export const REBUILD_OPTIONS = {
  switch: { type: 'boolean' },
  abort: { type: 'boolean' },
  archive: { type: 'string' },
  'keep-old': { type: 'string' },
  faults: { type: 'string' },
  stage: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The stage that serverless.yml deploys unless it is told another one. */
const STAGE = 'dev';

/**
 * Put-to-get delay of a stream is mostly below a second
 * (https://docs.aws.amazon.com/streams/latest/dev/kinesis-low-latency.html); a shard takes five reads
 * a second, and the function needs one of them.
 */
export const PACE: Pace = { settleMs: 5_000, paceMs: 250, marginMs: 5_000 };

/** `sluice rebuild APPLICATION`: 0 filled (and switched), 1 the generations differ, 130 interrupted. */
export async function rebuild(args: readonly string[], io: Io, pace: Pace = PACE): Promise<number> {
  const { values, positionals } = readArguments(args, REBUILD_OPTIONS);
  const [name, second] = positionals;
  const hint = 'npx sluice rebuild --help shows examples';
  if (name === undefined) throw new CommandError('no application is named', hint);
  if (second !== undefined) {
    throw new CommandError(`"${second}" is one word too many: rebuild takes one application`, hint);
  }
  if (values.abort && (values.switch || values.archive !== undefined)) {
    throw new CommandError(
      '--abort gives a rebuild up: it goes with neither --switch nor --archive',
    );
  }
  const keepOldMs = durationOf(values['keep-old'] ?? '1d');
  const { config, stage = STAGE } = values;
  const target = await openTarget({ name, config, stage });
  if ('errors' in target) {
    note(io, target.errors);
    return 1;
  }
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort(new Interrupted());
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const { archive, faults, json } = values;
  const job: Job = {
    ...{ target, io, stop, pace, keepOldMs, archive, faults },
    isSwitch: values.switch === true,
    isJson: json === true,
  };
  try {
    return values.abort ? await abort(job) : await run(job);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    note(io, 'stopped: the same command goes on from here');
    return 130;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    target.kinesis.destroy();
    target.dynamodb.destroy();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

function durationOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  const mended = mendDuration(text);
  const hint = mended === null ? 'such as 30m, 12h or 7d' : `did you mean ${mended}?`;
  throw new CommandError(`--keep-old takes a duration, not "${text}"`, hint);
}
