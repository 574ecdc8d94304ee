import { createDispatcher } from '../../functions/aggregate/dispatch.ts';
import { liveGeneration } from '../../functions/aggregate/live-generation.ts';
import { createRulesIn, epochsOf } from '../../functions/aggregate/rules.ts';
import type { Reread } from '../../functions/aggregate/windowed/reread.ts';
import type { Range } from '../../functions/aggregate/windowed/state.ts';
import { createRedriver } from '../../functions/redrive/redriver.ts';
import { type MappingEvent, NotInvoked } from '../../local/mapping/types.ts';
import type { VirtualClock } from '../../local/mapping/virtual-clock.ts';
import type { Application } from '../../shared/config/application.ts';
import type { FaultArchive } from '../../shared/consume/fault-archives.ts';
import type { FaultStore } from '../../shared/consume/faults.ts';
import type { ShardRanges } from '../../shared/consume/shard-ranges.ts';
import type { KinesisBatch, KinesisRecord } from '../../shared/records/event.ts';
import type { Epochs } from '../../shared/results/epochs.ts';
import type { Store } from '../../shared/results/store.ts';
import { strictOf } from './applications.ts';
import { type Invocation, type Network, refusedFate } from './client.ts';
import type { Fault } from './faults.ts';
import { graphOf } from './graph.ts';
import type { Random } from './random.ts';
import { Broken } from './violation.ts';

export const TABLES = { prefix: 't-', state: 't-state' };
const REREAD_RECORDS = 7;
/** Of an invocation: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LONGEST_MS = 15 * 60_000 - 120_000;

/** The Lambda service: the real function in sandboxes that may die at any moment. */
export interface Lambda {
  readonly invoke: (application: Application, event: MappingEvent) => Promise<unknown>;
  /** Kills all that runs; new sandboxes from now on. */
  readonly replace: () => void;
  /** Invocations whose caller may have given them up already. */
  readonly running: () => number;
  readonly invocations: () => number;
  readonly calm: (on: boolean) => void;
  /** From now on new invocations run the mended schema. */
  readonly deploy: () => void;
  /** Brings back what was set aside, once through; false: it was killed on the way. */
  readonly redrive: (application: Application) => Promise<boolean>;
}

interface Ports {
  /** The application that has the pointer. Another program of its name goes without one. */
  readonly pointed: Application;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly faults: ReadonlySet<Fault>;
  readonly network: Network;
  readonly archive: FaultArchive;
  readonly ranges: ShardRanges;
  /** The records of a range, as the stream has them now. */
  readonly reread: (shardId: string, range: Range) => readonly KinesisRecord[];
  readonly sealBytes: number;
  /** For guards: what stands between the function and its store, and around its answers. */
  readonly wrapStore: (store: Store) => Store;
  readonly wrapFaults: (store: FaultStore) => FaultStore;
}

interface Sandbox {
  readonly application: Application;
  readonly consume: (event: KinesisBatch) => Promise<unknown>;
  invocation: Invocation;
}

/** Where rules are never replaced. */
export const ONE_EPOCH: Epochs = {
  enter: async () => 1,
  pass: async () => true,
};

const IDLE: Invocation = {
  ...{ id: 0, dead: false, lateMs: 0, slow: 1, refused: null, epoch: 0, job: 'redrive' },
};

export function createLambda(ports: Ports): Lambda {
  const { clock, random, faults, network, archive } = ports;
  const running = new Map<Invocation, (reason: Error) => void>();
  let idle: Sandbox[] = [];
  let count = 0;
  let calm = false;
  let generation = 0;
  let isMended = !faults.has('mended');
  /** The code that an invocation gets; for a while after a deployment some get a warm old sandbox. */
  const codeOf = (application: Application): Application => {
    const strict = strictOf(application);
    const isWarm = idle.some((sandbox) => sandbox.application === strict);
    const isOld = !isMended || (clock.now() < staleUntil && isWarm && random.chance(0.3));
    return isOld ? strict : application;
  };
  let staleUntil = 0;
  const is = (fault: Fault, chance: number): boolean =>
    !calm && faults.has(fault) && random.chance(chance);

  const open = (application: Application): Sandbox => {
    const at = idle.findIndex((sandbox) => sandbox.application === application);
    if (at >= 0) return idle.splice(at, 1)[0]!;
    const sandbox: Sandbox = {
      application,
      invocation: IDLE,
      consume: (event) => consume(event),
    };
    const store = ports.wrapStore(network.store(() => sandbox.invocation));
    const faultStore = network.faultStore(() => sandbox.invocation);
    const reread: Reread = async function* (shardId, range) {
      const records = await network.ask(
        () => sandbox.invocation,
        () => ports.reread(shardId, range),
      );
      for (let from = 0; from < records.length; from += REREAD_RECORDS) {
        yield records.slice(from, from + REREAD_RECORDS);
      }
    };
    const { ranges, sealBytes } = ports;
    const context = { application, graph: graphOf(application), tables: TABLES, store };
    const epochs = faults.has('mended')
      ? (...by: [string, string]) => epochsOf(context, ...by, clock.now)
      : () => ONE_EPOCH;
    const rules = createRulesIn(context, epochs);
    const generation =
      application === ports.pointed ? liveGeneration(context, 'faults', clock.now) : async () => '';
    const consume = createDispatcher(context, {
      faults: ports.wrapFaults(faultStore),
      ...{ ranges, reread, sealBytes, generation, rules },
    });
    return sandbox;
  };

  /** One run in a sandbox of its own. */
  const run = (
    application: Application,
    event: MappingEvent,
    how: Partial<Invocation>,
  ): { invocation: Invocation; answer: Promise<unknown> } => {
    const sandbox = open(codeOf(application));
    const born = generation;
    const refused = is('partial', 0.2) ? refusedFate(random) : null;
    const job = { event, application: sandbox.application };
    const invocation = { ...IDLE, id: ++count, refused, epoch: network.epoch(), job, ...how };
    sandbox.invocation = invocation;
    const died = new Promise<never>((_, reject) => running.set(invocation, reject));
    const answer = Promise.race([sandbox.consume(event), died]);
    // The code of a dead one never goes on: what is compiled in its sandbox may serve the next.
    const settled = (): void => {
      running.delete(invocation);
      if (born === generation) idle.push(sandbox);
    };
    answer.then(settled, settled);
    return { invocation, answer };
  };

  const kill = (invocation: Invocation, lateMs: number): void => {
    Object.assign(invocation, { dead: true, lateMs });
    running.get(invocation)?.(new Error('timed out'));
  };

  const invoke = async (application: Application, event: MappingEvent): Promise<unknown> => {
    const once = (how: Partial<Invocation> = {}) => run(application, event, how);
    if (is('not-invoked', 0.1)) throw new NotInvoked('throttled');
    if (is('error', 0.1)) {
      if (random.chance(0.5)) await once().answer;
      throw new Error('function error');
    }
    if (is('zombie', 0.1)) {
      const { invocation, answer } = once({ slow: random.whole(20, 400) });
      void answer.catch(() => {});
      void clock.sleep(LONGEST_MS).then(() => kill(invocation, 100));
      await clock.sleep(random.whole(1, 3_000));
      throw new Error('given up');
    }
    const deadly = is('killed', 0.12) ? 120_000 : is('timeout', 0.12) ? 100 : 0;
    if (deadly > 0) {
      const { invocation, answer } = once();
      const timeout = clock.sleep(random.whole(0, 120)).then(() => 'timeout');
      if ((await Promise.race([answer, timeout])) !== 'timeout') return answer;
      kill(invocation, deadly);
      return answer;
    }
    if (is('repeat', 0.15)) {
      const Records = event.Records.slice(0, random.whole(1, event.Records.length));
      const first = run(application, partOf(event, Records), {}).answer;
      if (random.chance(0.5)) await first;
      else void first.catch(() => {});
    }
    return once().answer;
  };

  const redrive: Lambda['redrive'] = async (application) => {
    const invocation = { ...IDLE, id: ++count, epoch: network.epoch() };
    const died = new Promise<never>((_, reject) => running.set(invocation, reject));
    const run = createRedriver(
      {
        application,
        graph: graphOf(application),
        tables: TABLES,
        store: ports.wrapStore(network.store(() => invocation)),
      },
      { archive: network.archive(() => invocation, archive), ranges: ports.ranges, now: clock.now },
    );
    const work = async (): Promise<boolean> => {
      const request = { reasons: [], from: null, to: null, shardId: null, dryRun: false };
      let next: string | null = null;
      do ({ next } = await run({ ...request, next }));
      while (next !== null);
      return true;
    };
    if (!calm && random.chance(0.4)) {
      void clock.sleep(random.whole(0, 400)).then(() => kill(invocation, 100));
    }
    try {
      return await Promise.race([work(), died]);
    } catch (error) {
      if (error instanceof Broken) throw error;
      return false;
    } finally {
      running.delete(invocation);
    }
  };

  return {
    invoke,
    redrive,
    deploy: () => {
      isMended = true;
      staleUntil = clock.now() + 20_000;
    },
    running: () => running.size,
    invocations: () => count,
    calm: (on) => {
      calm = on;
    },
    replace: () => {
      generation++;
      idle = [];
      for (const invocation of running.keys()) kill(invocation, 0);
    },
  };
}

/** The end of a window comes with the last of its records. */
function partOf(event: MappingEvent, Records: MappingEvent['Records']): MappingEvent {
  if (event.window === undefined || Records.length === event.Records.length) {
    return { ...event, Records };
  }
  return { ...event, Records, isFinalInvokeForWindow: false, isWindowTerminatedEarly: false };
}
