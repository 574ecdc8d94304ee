import type { Range } from '../../functions/aggregate/windowed/state.ts';
import type { MappingEvent, MappingSettings, StreamSource } from '../../local/mapping/types.ts';
import type { VirtualClock } from '../../local/mapping/virtual-clock.ts';
import type { Application } from '../../shared/config/application.ts';
import type { FaultStore, FaultyRecord } from '../../shared/consume/faults.ts';
import type { Attributes, Store } from '../../shared/results/store.ts';
import { aggregateCode } from './aggregate.ts';
import { isStrict } from './applications.ts';
import { createNetwork, type Network } from './client.ts';
import { createClock } from './clock.ts';
import { chooseConsumer } from './consumers/choose.ts';
import type { Consumer } from './consumers/consumer.ts';
import { contestedBy, longEpoch } from './contested.ts';
import { createFaultLog, type FaultLog } from './fault-log.ts';
import type { Fault } from './faults.ts';
import { isLimited, requireFull, requireRoom, unlessRefused } from './full.ts';
import type { Code } from './invocation.ts';
import { createLambda, type Lambda } from './lambda.ts';
import { createModel, type Model } from './model.ts';
import type { Factors } from './places.ts';
import { createPrefixCheck } from './prefix.ts';
import { MOST_SHARDS, type Script, shardName, writeScript } from './producer.ts';
import { createRandom, type Random } from './random.ts';
import { createRereader } from './reread.ts';
import { START, TABLES } from './settings.ts';
import { createStream, type Stream } from './stream.ts';
import { type Checkpoints, createSubscription, type Subscription } from './subscription.ts';
import { createTables, type TableModel, type Watch } from './tables.ts';
import { told } from './told.ts';
import { Broken, type Violation } from './violation.ts';
import { withGarbledData } from './wire.ts';

/** From a few groups to more than there ever are. */
const SEAL_BYTES = [400, 400, 1_500, 6_000, 1_000_000];

/** What a guard's absence does around the function; see guards.ts. */
export interface Weakness {
  readonly store?: (store: Store) => Store;
  readonly source?: (source: StreamSource) => StreamSource;
  readonly event?: (event: MappingEvent) => MappingEvent;
  readonly answer?: (answer: unknown, event: MappingEvent) => unknown;
  readonly settings?: Partial<MappingSettings>;
  readonly wholeRange?: boolean;
  /** Hears of the world's clock. */
  readonly clock?: (now: () => number) => void;
  /** How long consumers go on when all seems drained. */
  readonly graceMs?: number;
  readonly faultStore?: (store: FaultStore) => FaultStore;
}

/** All parts of one simulated world. */
export interface World {
  readonly clock: VirtualClock;
  readonly faults: ReadonlySet<Fault>;
  readonly script: Script;
  readonly model: Model;
  readonly tables: TableModel;
  readonly stream: Stream;
  readonly network: Network;
  readonly lambda: Lambda;
  readonly log: FaultLog;
  /** What reads the stream beside the application; null in most worlds. */
  readonly consumer: Consumer | null;
  /** Takes what the function sets aside, under watch. */
  readonly setAside: (record: FaultyRecord) => void;
  readonly random: (part: string) => Random;
  readonly subscribe: (application: Application) => Subscription;
  readonly join: (consumer: Consumer) => Subscription;
  /** Fresh tables that nobody watches. */
  readonly emptyTables: () => TableModel;
  /** Runs `work` until it ends or something is broken; gives what was. */
  readonly run: (work: () => Promise<void>) => Promise<Violation | null>;
}

export function createWorld(
  seed: number,
  faults: ReadonlySet<Fault>,
  factors: Factors,
  starts: readonly number[],
  weakness: Weakness,
  pointed: Application,
): World {
  const random = (part: string): Random => createRandom(seed, part);
  const clock = createClock(START);
  weakness.clock?.(clock.now);
  const script = writeScript(random('events'), faults, starts);
  const model = createModel();
  let violation: Violation | null = null;
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const note = (error: unknown): void => {
    if (!(error instanceof Broken)) throw error;
    violation ??= error.violation;
    end();
  };
  /** A check inside the function's own calls: it must not take what is broken for a lost request. */
  const watched = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof Broken) note(error);
      throw error;
    }
  };

  const epochsOf = (shardId: string): Attributes | null =>
    tables.read({ table: TABLES.state, pk: 'app.epochs', sk: shardId });
  const isMended = (version: string): boolean => !isStrict(version);
  const log = createFaultLog(isStrict);
  const limited = isLimited(faults) ? unlessRefused(log.refusals) : null;
  const holds = faults.has('mended') ? contestedBy(epochsOf, isMended) : limited;
  const check = createPrefixCheck(model, factors, holds);
  const judge: Watch = (key, before, after, wasExpired) =>
    key.table === consumer?.table
      ? consumer.judge(key, before, after)
      : check(key, before, after, clock.now(), wasExpired);
  const tables: TableModel = createTables(
    (key, before, after, wasExpired) =>
      // The pointer, a rebuild's record, and what is known of readers hold no results.
      key.pk === 'app' || key.pk.startsWith('app.epochs')
        ? undefined
        : watched(() =>
            told({ clock, model, by: network.applying(), before }, () =>
              judge(key, before, after, wasExpired),
            ),
          ),
    limited === null ? undefined : requireRoom,
  );
  if (faults.has('mended') && random('epochs').chance(0.5)) {
    for (let shard = 0; shard < MOST_SHARDS; shard++) tables.put(...longEpoch(shardName(shard)));
  }
  const setAside: World['setAside'] = (record) =>
    watched(() => {
      if (record.application === consumer?.name) return consumer.setAside(record);
      if (limited !== null) requireFull(record, tables.dump());
      log.put(record);
    });
  const stream = createStream(clock, random('stream'), faults, script, (...put) => {
    model.put(...put);
    consumer?.put(...put);
  });
  const network = createNetwork({
    clock,
    random: random('network'),
    faults,
    tables,
    setAside,
  });
  const reread = createRereader(clock, faults, stream);
  const whole = { start: 0n, end: 2n ** 128n - 1n };
  const ranges = weakness.wholeRange ? async () => whole : stream.ranges;
  /** The network as functions see it. */
  const reach: Network = {
    ...network,
    store: (of) => (weakness.store ?? same)(network.store(of)),
    faultStore: (of) => (weakness.faultStore ?? same)(network.faultStore(of)),
  };
  const lambda = createLambda({
    clock,
    random: random('lambda'),
    faults,
    network: reach,
    archive: log.archive,
    ranges,
  });
  const aggregate = {
    ...{ pointed, clock, faults, network: reach, ranges },
    reread: (shardId: string, range: Range) => watched(() => reread(shardId, range)),
    sealBytes: random('seal').pick(SEAL_BYTES),
  };

  const invoke =
    (code: Code) =>
    async (event: MappingEvent, checkpoints: Checkpoints): Promise<unknown> => {
      const shardId = event.shardId ?? event.Records[0]!.eventID.split(':')[0]!;
      watched(() => stream.checkOrder(shardId, checkpoints));
      const sent = weakness.event?.(event) ?? event;
      const answer = await lambda.invoke(code, withGarbledData(sent, stream.garbled));
      // What Lambda keeps of a state is its JSON.
      const kept = event.window === undefined ? answer : JSON.parse(JSON.stringify(answer));
      return weakness.answer?.(kept, event) ?? kept;
    };
  const emptyTables = (): TableModel => createTables(() => {});
  const consumer: Consumer | null = chooseConsumer(random('consumer'), {
    ...{ clock, random: random('beside'), stream, model, tables, network: reach, ranges },
    emptyTables,
    watched: (by, work) => watched(() => told({ clock, model, by }, work)),
  });
  let subscriptions = 0;
  const subscribeTo = (code: Code, settings: Partial<MappingSettings>): Subscription =>
    createSubscription({
      clock,
      random: random(`mapping ${++subscriptions}`),
      faults,
      source: weakness.source?.(stream.source) ?? stream.source,
      invoke: invoke(code),
      settings: { ...settings, ...weakness.settings },
    });

  const run: World['run'] = async (work) => {
    const quiet = console.log;
    console.log = () => {};
    try {
      await clock.run(Promise.race([work().catch(note), ended]));
    } finally {
      console.log = quiet;
    }
    return violation;
  };
  return {
    ...{ clock, faults, script, model, tables, stream, network, lambda, log, setAside },
    ...{ consumer, random, run, emptyTables },
    subscribe: (application) => subscribeTo(aggregateCode(application, aggregate), {}),
    join: ({ code, settings }) => subscribeTo(code, settings),
  };
}

function same<T>(thing: T): T {
  return thing;
}
