import type { VirtualClock } from '../../local/mapping/virtual-clock.ts';
import type { FaultArchive } from '../../shared/consume/fault-archives.ts';
import type { FaultStore, FaultyRecord } from '../../shared/consume/faults.ts';
import type { ItemKey, Store } from '../../shared/results/store.ts';
import type { Fault } from './faults.ts';
import type { Invocation } from './invocation.ts';
import type { Random } from './random.ts';
import type { TableModel } from './tables.ts';

/** The way between the function and its tables: latency, lost requests, lost answers, refusals. */
export interface Network {
  readonly store: (invocation: () => Invocation) => Store;
  readonly faultStore: (invocation: () => Invocation) => FaultStore;
  /** Any other request that reads. */
  readonly ask: <T>(invocation: () => Invocation, answer: () => T) => Promise<T>;
  readonly archive: (invocation: () => Invocation, archive: FaultArchive) => FaultArchive;
  /** Requests that may still land. */
  readonly inFlight: () => number;
  /** While on, nothing goes wrong. */
  readonly calm: (on: boolean) => void;
  /** The tables of earlier invocations are gone. */
  readonly nextEpoch: () => void;
  readonly epoch: () => number;
  /** Whether trouble of this kind comes now. */
  readonly happens: (fault: Fault, chance: number) => boolean;
  /** Whose request is being applied at this moment; null: nobody's. */
  readonly applying: () => Invocation | null;
}

interface Ports {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly faults: ReadonlySet<Fault>;
  readonly tables: TableModel;
  readonly setAside: (record: FaultyRecord) => void;
}

/** Tries of the SDK's client. */
const ATTEMPTS = 3;
/** Items share their fate by the hash of their key. */
const FATES = 5;

export function createNetwork({ clock, random, faults, tables, setAside }: Ports): Network {
  let inFlight = 0;
  let calm = false;
  let epoch = 0;
  let applying: Invocation | null = null;
  const hot = { item: -1, until: 0 };
  const happens = (fault: Fault, chance: number): boolean =>
    !calm && faults.has(fault) && random.chance(chance);

  /** Resolves when a request arrives; never where it is lost. */
  const arrive = async (invocation: Invocation): Promise<void> => {
    await clock.sleep(random.whole(1, 20) * invocation.slow);
    if (!invocation.dead) return;
    if (random.chance(0.5)) await lost();
    await clock.sleep(random.whole(0, invocation.lateMs));
  };
  const lost = (): Promise<never> => {
    inFlight--;
    return new Promise(() => {});
  };

  const send = async <T>(
    invocation: Invocation,
    fate: number,
    isWrite: boolean,
    apply: () => T | Promise<T>,
  ): Promise<T> => {
    // What a dead process wants to do next is never done.
    if (invocation.dead) return new Promise(() => {});
    for (let attempt = 1; ; attempt++) {
      inFlight++;
      await arrive(invocation);
      if (invocation.epoch !== epoch) return lost();
      const failure = failureOf(invocation, fate, isWrite);
      // It has landed, whatever comes of it.
      inFlight--;
      applying = invocation;
      const answer = failure === null || failure.applied ? { is: apply() } : null;
      applying = null;
      const unanswered = failure === null && happens('unanswered', 0.08);
      await clock.sleep((unanswered ? random.whole(50, 3_000) : 1) * invocation.slow);
      if (invocation.dead) return new Promise(() => {});
      if (failure === null && !unanswered) return answer!.is;
      if (attempt === ATTEMPTS) {
        if (failure !== null) throw failure.error;
        throw new Error('TimeoutError: no answer');
      }
    }
  };

  const failureOf = (invocation: Invocation, fate: number, isWrite: boolean) => {
    if (calm) return null;
    if (happens('throttled', 0.01)) Object.assign(hot, { item: fate, until: clock.now() + 20_000 });
    if (hot.item === fate && clock.now() < hot.until && random.chance(0.8)) {
      return { applied: false, error: new Error('ThrottlingException') };
    }
    if (isWrite && invocation.refused === fate) {
      return { applied: false, error: new Error('InternalServerError: refused') };
    }
    if (!happens('unavailable', 0.08)) return null;
    return { applied: random.chance(0.5), error: new Error('InternalServerError') };
  };

  return {
    store: (of) => ({
      read: (key) => send(of(), fateOf(key), false, () => tables.read(key)),
      update: (update) => send(of(), fateOf(update.key), true, () => tables.update(update)),
      put: (key, item, condition) =>
        send(of(), fateOf(key), true, () => tables.put(key, item, condition)),
    }),
    faultStore: (of) => ({
      put: (record) =>
        send(of(), -2, false, () => {
          if (happens('fault-store', 0.3)) throw new Error('SlowDown: try again');
          setAside(record);
        }),
    }),
    ask: (of, answer) => send(of(), -3, false, answer),
    archive: (of, archive) => ({
      list: (...asked) => send(of(), -2, false, () => archive.list(...asked)),
      read: (...asked) => send(of(), -2, false, () => archive.read(...asked)),
      replace: (...asked) => send(of(), -2, false, () => archive.replace(...asked)),
      close: (...asked) => send(of(), -2, false, () => archive.close(...asked)),
    }),
    inFlight: () => inFlight,
    calm: (on) => {
      calm = on;
    },
    nextEpoch: () => {
      epoch++;
    },
    epoch: () => epoch,
    happens,
    applying: () => applying,
  };
}

function fateOf({ pk, sk }: ItemKey): number {
  // Name, window and the end of the sort key are enough to tell items apart.
  return (pk.charCodeAt(4) + pk.length + sk.length + sk.charCodeAt(sk.length - 1)) % FATES;
}

export function refusedFate(random: Random): number {
  return random.whole(0, FATES - 1);
}
