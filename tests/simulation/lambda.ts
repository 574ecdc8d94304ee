import { createRedriver } from '../../functions/redrive/redriver.ts';
import { type MappingEvent, NotInvoked } from '../../local/mapping/types.ts';
import type { VirtualClock } from '../../local/mapping/virtual-clock.ts';
import type { Application } from '../../shared/config/application.ts';
import type { FaultArchive } from '../../shared/consume/fault-archives.ts';
import type { ShardRanges } from '../../shared/consume/shard-ranges.ts';
import { type Network, refusedFate } from './client.ts';
import type { Fault } from './faults.ts';
import { graphOf } from './graph.ts';
import type { Code, Invocation } from './invocation.ts';
import type { Random } from './random.ts';
import { TABLES } from './settings.ts';
import { Broken } from './violation.ts';

/** Of an invocation: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LONGEST_MS = 15 * 60_000 - 120_000;

/** The Lambda service: the real function in sandboxes that may die at any moment. */
export interface Lambda {
  readonly invoke: (code: Code, event: MappingEvent) => Promise<unknown>;
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
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly faults: ReadonlySet<Fault>;
  readonly network: Network;
  readonly archive: FaultArchive;
  readonly ranges: ShardRanges;
}

interface Sandbox {
  readonly code: Code;
  readonly handle: ReturnType<Code['start']>;
  invocation: Invocation;
}

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
  const deployed = (code: Code): Code => {
    const { before } = code;
    if (before === null) return code;
    const isWarm = idle.some((sandbox) => sandbox.code === before);
    const isOld = !isMended || (clock.now() < staleUntil && isWarm && random.chance(0.3));
    return isOld ? before : code;
  };
  let staleUntil = 0;
  const is = (fault: Fault, chance: number): boolean =>
    !calm && faults.has(fault) && random.chance(chance);

  const open = (code: Code): Sandbox => {
    const at = idle.findIndex((sandbox) => sandbox.code === code);
    if (at >= 0) return idle.splice(at, 1)[0]!;
    const handle = code.start(() => sandbox.invocation);
    const sandbox: Sandbox = { code, handle, invocation: IDLE };
    return sandbox;
  };

  /** One run in a sandbox of its own. */
  const run = (
    code: Code,
    event: MappingEvent,
    how: Partial<Invocation>,
  ): { invocation: Invocation; answer: Promise<unknown> } => {
    const sandbox = open(deployed(code));
    const born = generation;
    const refused = is('partial', 0.2) ? refusedFate(random) : null;
    const job = { event, code: sandbox.code };
    const invocation = { ...IDLE, id: ++count, refused, epoch: network.epoch(), job, ...how };
    sandbox.invocation = invocation;
    const died = new Promise<never>((_, reject) => running.set(invocation, reject));
    const answer = Promise.race([sandbox.handle(event), died]);
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

  const invoke = async (code: Code, event: MappingEvent): Promise<unknown> => {
    const once = (how: Partial<Invocation> = {}) => run(code, event, how);
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
      const first = run(code, partOf(event, Records), {}).answer;
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
        store: network.store(() => invocation),
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
