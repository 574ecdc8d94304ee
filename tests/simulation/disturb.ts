import type { Application } from '../../shared/config/application.ts';
import type { Action } from './producer.ts';
import type { Rebuild } from './rebuild.ts';
import { FROM_START, type Subscription } from './subscription.ts';
import type { World } from './world.ts';

/** The consumers of a world, and what its operators and its bad luck do to them. */
export interface Disturbed {
  readonly subscriptions: () => readonly Subscription[];
  /** Starts the consumers beside a producer that plays `actions`. */
  readonly begin: (actions: readonly Action[]) => Promise<void>;
  /** Starts them again where they have stopped. */
  readonly resume: () => void;
  readonly stop: () => Promise<void>;
}

export function disturb(
  world: World,
  application: Application,
  changed: Application,
  rebuild: Rebuild | null,
): Disturbed {
  const { clock, faults, tables, lambda, network, log } = world;
  const random = world.random('disturb');
  /** Of the application and of its changed program. */
  const own = [world.subscribe(application)];
  const beside = world.consumer === null ? [] : [world.join(world.consumer)];
  const all = (): Subscription[] => [...own, ...beside];
  let others: (() => Promise<void>)[] = [];
  let shift = 0;

  const stopAll = async (): Promise<void> => {
    const stopping = [...all().map(({ stop }) => stop()), ...others.map((stop) => stop())];
    others = [];
    await Promise.all(stopping);
  };
  /** Trouble comes to one of the application's, and to what reads beside it. */
  const meet = async (trouble: (subscription: Subscription) => Promise<void>): Promise<void> => {
    await Promise.all([random.pick(own), ...beside].map(trouble));
  };
  const startAgain = async (subscription: Subscription, earlier: boolean): Promise<void> => {
    await subscription.stop();
    const now = subscription.progress();
    subscription.start(earlier ? subscription.earlier(clock.now()) : now);
  };
  const restore = async (): Promise<void> => {
    const time = clock.now();
    const backup = tables.backup();
    await clock.sleep(random.whole(10_000, 90_000));
    // Restored tables are new ones: what the old invocations still send goes nowhere.
    const stopping = stopAll();
    rebuild?.kill();
    lambda.replace();
    network.nextEpoch();
    await stopping;
    // The state may be newer than the results made from it, never older: docs/exactly-once.md.
    // A rebuild's record lies in the state, and tells what the results hold.
    tables.restore(backup, rebuild === null ? random.pick(['', 't-results']) : '');
    log.reopen();
    if (rebuild !== null) {
      // Nor does one that began meanwhile know the restored tables.
      rebuild.kill();
      network.nextEpoch();
    }
    for (const subscription of all()) {
      subscription.forget(time);
      const { earlier, settled } = subscription;
      subscription.start(random.chance(0.5) ? earlier(time) : settled(time));
    }
  };
  const kinds = {
    rewind: () => meet((subscription) => startAgain(subscription, true)),
    reconfigured: async () => {
      await meet((subscription) => startAgain(subscription, false));
      lambda.replace();
    },
    pollers: () =>
      meet(async ({ second, earlier }) => {
        const stop = second(earlier(clock.now()));
        others.push(stop);
        void clock.sleep(random.whole(5_000, 60_000)).then(stop);
      }),
    restored: restore,
    'state-ahead': () =>
      meet(async (subscription) => {
        await subscription.stop();
        subscription.start(subscription.stateAhead());
      }),
    switched: () =>
      meet(async (subscription) => {
        await subscription.stop();
        subscription.switchMode();
        subscription.start(subscription.settled(clock.now()));
      }),
  };
  const enabled = (Object.keys(kinds) as (keyof typeof kinds)[]).filter((kind) => faults.has(kind));

  const trouble = async (until: number): Promise<void> => {
    if (enabled.length === 0) return;
    for (;;) {
      await clock.sleep(random.whole(5_000, 60_000));
      if (clock.now() >= until) return;
      await kinds[random.pick(enabled)]();
    }
  };
  /** The mended schema is deployed; then faults come back, half or whole, once or often. */
  const mending = async (until: number): Promise<void> => {
    if (!faults.has('mended')) return;
    await clock.sleep(random.whole(0, until - clock.now()));
    lambda.deploy();
    while (clock.now() < until) {
      await clock.sleep(random.whole(1_000, 40_000));
      const twice = random.chance(0.3) ? lambda.redrive(application) : null;
      await lambda.redrive(application);
      await twice;
    }
  };
  const sweep = async (): Promise<void> => {
    const mine = ++shift;
    while (faults.has('ttl') && mine === shift) {
      tables.expire(clock.now(), () => random.chance(0.5));
      await clock.sleep(random.whole(5_000, 20_000));
    }
  };

  return {
    subscriptions: all,
    begin: async (actions) => {
      const now = clock.now();
      const until = actions.at(-1)?.time ?? now;
      if (faults.has('backlog')) await clock.sleep(random.whole(0, until - now));
      for (const subscription of all()) subscription.start(FROM_START);
      void sweep();
      const joining = async (): Promise<void> => {
        if (!faults.has('program') || faults.has('mended')) return;
        await clock.sleep(random.whole(0, until - clock.now()));
        const second = world.subscribe(changed);
        second.start(FROM_START);
        own.push(second);
      };
      const rebuilding = rebuild?.play(random.whole(now, now + (until - now) / 6));
      await Promise.all([trouble(until), joining(), mending(until)]);
      void rebuilding;
    },
    resume: () => {
      void sweep();
      for (const subscription of all()) subscription.start(subscription.progress());
    },
    stop: async () => {
      shift++;
      await stopAll();
    },
  };
}
