import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Application } from '../shared/config/application.ts';
import type { Archive } from './archive.ts';
import type { Arguments } from './arguments.ts';
import type { Consumer } from './consumer.ts';
import { toJson } from './display/json.ts';
import type { Figures, Screen } from './display/screen.ts';
import { summarize } from './display/summary.ts';
import type { Replay } from './events.ts';
import { countFaults, type FaultCount } from './faults.ts';
import { shown } from './invoked-from.ts';
import { type Produced, produce } from './producer.ts';
import { realClock } from './real-clock.ts';
import { readTables, type Tables } from './tables.ts';
import { inVain, paceProblem, perSecond } from './verdict.ts';

/** Everything that has been started for a run. */
export interface Scene {
  readonly args: Arguments;
  readonly replay: Replay;
  readonly screen: Screen;
  readonly applications: readonly Application[];
  readonly consumers: readonly Consumer[];
  readonly archives: readonly Archive[];
  readonly client: KinesisClient;
  readonly stream: string;
  readonly kinesisEnded: Promise<void>;
  readonly dynamodb: DynamoDBClient;
  readonly tablePrefix: string;
  readonly faults: string;
  readonly logFile: string;
  /** The folder of what is delivered. */
  readonly archive: string;
}

/** What a person or a supervisor ends a run with. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const TICK_MS = 250;
/** How long what was put may take to be applied after Ctrl-C. */
const DRAIN_MS = 15_000;
/** Shorter, it is the start that a pace would tell of. */
const PACE_SHOWS_MS = 2_000;
/** Reading the tables takes at most one part in so many of the time. */
const READING_SHARE = 12;

/**
 * Puts the events, shows what becomes of them, and ends with the final tables: when all is applied
 * (--exit), on Ctrl-C, or when something is broken. Gives the exit code.
 */
export async function play(scene: Scene): Promise<number> {
  const { args, screen, consumers, archives } = scene;
  const began = Date.now();
  const seconds = () => (Date.now() - began) / 1000;
  const stopProducer = new AbortController();
  const state = watch(scene, stopProducer);
  let tables: Tables = new Map();
  let readAgainAt = 0;
  let drainUntil = Number.POSITIVE_INFINITY;
  let told = false;
  let ended = false;

  for (;;) {
    await realClock.sleep(TICK_MS);
    const now = Date.now();
    if (state.interrupted && drainUntil === Number.POSITIVE_INFINITY) {
      screen.say('Stopping: what has been put is still applied. Ctrl-C again ends at once.');
      stopProducer.abort();
      drainUntil = now + DRAIN_MS;
    }
    if (state.produced !== null) for (const archive of archives) archive.hurry();
    const applied =
      consumers.every(({ ledger }) => ledger.waitingSince === null) &&
      archives.every((archive) => archive.settled());
    const finished = state.produced !== null && applied;
    const broken = state.broken ?? (args.exit || state.interrupted ? stuck(scene) : null);
    if (broken !== null) return await end(broken);
    if (finished && (args.exit || state.interrupted)) return await end(null);
    if (now > drainUntil) {
      screen.say('Not everything was applied in time; the figures below say how much.');
      return await end(null);
    }
    if (finished && !told) {
      told = true;
      ended = true;
      await readNow();
      screen.finish(seconds(), figures(now), summaries);
      const vain = tell(await countFaults(scene.faults));
      if (vain !== null) screen.say(`\n${vain}`);
      screen.say('\nEverything is applied. The emulators stay up until Ctrl-C.');
    }
    if (told) continue;
    if (now >= readAgainAt) await readNow();
    screen.show(seconds(), figures(now), summaries);
  }

  async function readNow(): Promise<void> {
    const start = Date.now();
    const { dynamodb, tablePrefix, applications } = scene;
    tables = await readTables(dynamodb, tablePrefix, applications);
    readAgainAt = Date.now() + Math.max(1_000, (Date.now() - start) * READING_SHARE);
  }

  function figures(now: number): Figures {
    return {
      applications: consumers.map((consumer) => consumer.progress(now)),
      deliveries: archives.map((archive) => archive.progress()),
    };
  }

  function summaries(most: number) {
    return scene.applications.flatMap((application) =>
      Object.keys(application.outputs).map((output) =>
        summarize(
          application,
          output,
          tables.get(application.name)?.get(output) ?? [],
          most,
          ended,
        ),
      ),
    );
  }

  async function end(broken: string | null): Promise<number> {
    stopProducer.abort();
    ended = true;
    const last = figures(Date.now());
    await Promise.all([...consumers, ...archives].map(({ stop }) => stop()));
    await readNow();
    const faults = await countFaults(scene.faults);
    if (args.json) process.stdout.write(toJson(tables, last, state.produced, faults));
    else screen.finish(seconds(), last, summaries);
    const vain = tell(faults);
    screen.say(
      `\nEnded. What the functions wrote is in ${shown(scene.logFile)}; the tables are gone.`,
    );
    if (archives.length > 0) screen.say(`What was delivered stays in ${shown(scene.archive)}.`);
    const problem = broken ?? vain;
    if (problem === null) return 0;
    process.stderr.write(`npm start: ${problem}\n`);
    return 1;
  }

  /** Says what the figures leave open. Gives why all was in vain, if it was. */
  function tell(faults: FaultCount): string | null {
    const reasons = Object.entries(faults.reasons).map(([reason, count]) => `${reason} ${count}`);
    if (faults.records > 0) {
      const folder = shown(scene.faults);
      screen.say(
        `\n${plural(faults.records, 'record')} set aside in ${folder}: ${reasons.join(', ')}`,
      );
    }
    if (state.produced === null) return null;
    const { events, refused, ms } = state.produced;
    if (refused > 0) screen.say(`${plural(refused, 'event')} larger than a stream takes: not put`);
    const slow = paceProblem(scene.replay.rate, events + refused, ms);
    if (slow !== null) screen.say(`\n${slow}`);
    if (scene.replay.rate === null && ms >= PACE_SHOWS_MS) {
      screen.say(
        `\nPut as fast as the emulator takes them: ${perSecond(events, ms)} events a second.`,
      );
    }
    const applied = consumers.every(({ ledger }) => ledger.applied === ledger.put);
    return events + refused > 0 && applied
      ? inVain(scene.replay, { events, faults, tables })
      : null;
  }
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Starts the producer and listens for what can end a run. */
function watch(scene: Scene, stopProducer: AbortController) {
  const { replay, client, stream } = scene;
  const ledgers = [...scene.consumers, ...scene.archives].map(({ ledger }) => ledger);
  const state = {
    produced: null as (Produced & { readonly ms: number }) | null,
    broken: null as string | null,
    interrupted: false,
  };
  const onSignal = () => {
    if (state.interrupted) process.exit(130);
    state.interrupted = true;
    stopProducer.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  void scene.kinesisEnded.then(() => {
    state.broken = 'the Kinesis emulator has ended unexpectedly; start again';
  });
  const began = Date.now();
  produce(replay.events(began), {
    client,
    stream,
    clock: realClock,
    rate: replay.rate,
    aggregate: true,
    signal: stopProducer.signal,
    taken(shardId, sequenceNumber) {
      const now = Date.now();
      for (const ledger of ledgers) ledger.putRecord(1, shardId, sequenceNumber, now);
    },
  }).then(
    (produced) => {
      state.produced = { ...produced, ms: Date.now() - began };
    },
    (error: unknown) => {
      state.broken = error instanceof Error ? error.message : String(error);
    },
  );
  return state;
}

function stuck({ consumers, archives }: Scene): string | null {
  for (const consumer of consumers) {
    const problem = consumer.stuck();
    if (problem !== null) return `a function fails again and again: ${problem}`;
  }
  for (const archive of archives) {
    const problem = archive.stuck();
    if (problem !== null) return `a delivery fails again and again: ${problem}`;
  }
  return null;
}
