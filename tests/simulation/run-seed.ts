import { pointerKey, readPointer } from '../../functions/aggregate/pointer.ts';
import { APPLICATIONS } from './applications.ts';
import { disturb } from './disturb.ts';
import type { Fault } from './faults.ts';
import { LIMITED } from './full.ts';
import { factorsOf, namesOf } from './names.ts';
import { type Outputs, openOracle } from './oracle.ts';
import { checkAmendments, compareOutputs, readOutputs } from './outputs.ts';
import { createRebuild } from './rebuild.ts';
import { checkReplay, checkSchedules } from './replay.ts';
import { START, TABLES } from './settings.ts';
import type { Subscription } from './subscription.ts';
import { Broken, type Violation } from './violation.ts';
import { createWorld, type Weakness, type World } from './world.ts';

const HOUR = 3_600_000;
/** Virtual time and invocations that a sound world needs to get over what is left. */
const DRAIN_MS = 30 * 60_000;
const DRAIN_INVOCATIONS = 2_000;

const [APPLICATION, CHANGED] = APPLICATIONS;
const NAMES = APPLICATIONS.map((application) => namesOf(application));
const FACTORS = factorsOf(APPLICATIONS);
const oracle = openOracle();

export interface Outcome {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly violation: Violation | null;
  /** How much there was of what. */
  readonly counts: {
    readonly records: number;
    readonly rows: number;
    readonly invocations: number;
  };
}

/** Runs the world of one seed to its end, or to the first thing that is wrong. */
export async function runSeed(
  seed: number,
  faults: ReadonlySet<Fault>,
  weakness: Weakness = {},
): Promise<Outcome> {
  const starts = startsOf(seed, faults);
  const world = createWorld(seed, faults, FACTORS, starts, weakness, APPLICATION);
  const violation = await world.run(() => live(world, starts, weakness.graceMs ?? 0));
  const records = [...world.model.shards.values()].reduce((sum, shard) => sum + shard.records, 0);
  const counts = {
    records,
    rows: world.model.rows.length,
    invocations: world.lambda.invocations(),
  };
  return { seed, faults: [...faults], violation, counts };
}

/** When the parts of the script begin: with `ttl` a second one, hours or days later. */
function startsOf(seed: number, faults: ReadonlySet<Fault>): number[] {
  if (!faults.has('ttl')) return [START];
  const hours = [2, 20, 30, 24 * 5][Math.abs(seed) % 4]!;
  return [START, START + hours * HOUR];
}

async function live(world: World, starts: readonly number[], graceMs: number): Promise<void> {
  const { clock, script, stream } = world;
  const { faults } = world;
  // A mended application is another one under the same name: nobody points at it.
  const isRebuilt = faults.has('rebuild') && !faults.has('mended');
  const rebuild = isRebuilt ? createRebuild(world, APPLICATION) : null;
  const disturbed = disturb(world, APPLICATION, CHANGED, rebuild);
  for (const [part, actions] of script.parts.entries()) {
    await clock.sleep(starts[part]! - clock.now());
    const producing = stream.play(actions);
    if (part === 0) await disturbed.begin(actions);
    else disturbed.resume();
    await producing;
    calm(world, true);
    // Later on records have left the stream that the old rows are made of.
    if (part === 0) await rebuild?.finish();
    await drain(world, disturbed.subscriptions());
    await redriveAll(world);
    await clock.sleep(graceMs);
    await disturbed.stop();
    await settle(world);
    await redriveAll(world);
    calm(world, false);
  }
  await judge(world);
}

/** Beside the consumers, and once more when all is quiet. */
async function redriveAll({ faults, lambda }: World): Promise<void> {
  if (!faults.has('mended')) return;
  await lambda.redrive(APPLICATION);
}

function calm({ lambda, network, stream }: World, on: boolean): void {
  for (const part of [lambda, network, stream]) part.calm(on);
}

/** Waits until every record is done. */
async function drain(world: World, subscriptions: readonly Subscription[]): Promise<void> {
  const { clock, stream, lambda } = world;
  const limit = clock.now() + DRAIN_MS;
  const most = lambda.invocations() + DRAIN_INVOCATIONS;
  const isDrained = (): boolean =>
    subscriptions.every((subscription) => {
      const { checkpoints, windows } = subscription.progress();
      return windows.size === 0 && stream.isDrained(checkpoints);
    });
  while (!isDrained()) {
    await clock.sleep(1_000);
    if (clock.now() <= limit && lambda.invocations() <= most) continue;
    throw new Broken({ invariant: 'drain', message: 'records are delivered again without end' });
  }
}

/** Waits for what is still on its way: old invocations, requests of dead ones. */
async function settle({ clock, lambda, network }: World): Promise<void> {
  const limit = clock.now() + DRAIN_MS;
  while (lambda.running() + network.inFlight() > 0) {
    await clock.sleep(1_000);
    if (clock.now() <= limit) continue;
    throw new Broken({ invariant: 'drain', message: 'an invocation goes on without end' });
  }
}

/** The invariants of the end. */
async function judge(world: World): Promise<void> {
  const { model, tables, log, setAside, consumer, stream, faults, clock } = world;
  const { salt } = readPointer(tables.read(pointerKey(APPLICATION, TABLES)));
  for (const [index, application] of APPLICATIONS.entries()) {
    if (application === CHANGED && (!faults.has('program') || faults.has('mended'))) continue;
    const isRebuilt = application === APPLICATION && salt !== '';
    const names = isRebuilt ? namesOf(application, salt) : NAMES[index]!;
    const actual = readOutputs(tables.dump(), names.outputs);
    compareOutputs(actual, expectedOutputs(world, index + 1), model);
    checkAmendments(tables.dump(), names);
  }
  log.check(model);
  await consumer?.check(oracle);
  await checkReplay({
    application: APPLICATION,
    salt,
    stream,
    tables,
    setAside,
    model,
    now: clock.now(),
    isRedriven: faults.has('mended'),
  });
  const empty = world.emptyTables();
  const random = world.random('second');
  const isRedriven = faults.has('mended');
  // Which rows a full item has taken depends on the schedule.
  const left = log.refusals.any() ? [LIMITED] : [];
  await checkSchedules(APPLICATION, salt, stream, tables, empty, random, isRedriven, left);
}

/** What SQLite makes of the accepted events, without rows for which there was no room. */
function expectedOutputs({ model, log }: World, factor: number): Outputs {
  const outputs = oracle.outputs(model.rows, factor);
  if (!log.refusals.any()) return outputs;
  const taken = model.rows.filter((row) => !log.refusals.of(row));
  return { ...outputs, [LIMITED]: oracle.outputs(taken, factor)[LIMITED]! };
}
