import { startFill } from '../../cli/rebuild/fill.ts';
import { openNotebook, type RebuildRecord, recordKey } from '../../cli/rebuild/record.ts';
import { takeOver } from '../../cli/rebuild/take-over.ts';
import { createConsumer } from '../../functions/aggregate/consumer.ts';
import { namesOf, pointerKey, programOf, readPointer } from '../../functions/aggregate/pointer.ts';
import { createRulesIn } from '../../functions/aggregate/rules.ts';
import type { StreamSource } from '../../local/mapping/types.ts';
import type { Application } from '../../shared/config/application.ts';
import type { KinesisBatch } from '../../shared/records/event.ts';
import { ONE_EPOCH } from './aggregate.ts';
import { graphOf } from './graph.ts';
import type { Invocation } from './invocation.ts';
import { TABLES } from './settings.ts';
import { Broken } from './violation.ts';
import { withGarbledData } from './wire.ts';
import type { World } from './world.ts';

/** Somebody who runs `sluice rebuild --switch` again and again until it has switched. */
export interface Rebuild {
  /** Runs it from `time` on, with all that may happen to it, until trouble is over. */
  readonly play: (time: number) => Promise<void>;
  /** Runs it to its end, undisturbed. */
  readonly finish: () => Promise<void>;
  /** Its process dies. */
  readonly kill: () => void;
}

/** Runs that a sound world needs at most, once nothing goes wrong any more. */
const MOST_RUNS = 10;

export function createRebuild(world: World, application: Application): Rebuild {
  const { clock, network, stream, tables } = world;
  const random = world.random('rebuild');
  const graph = graphOf(application);
  const key = pointerKey(application, TABLES);
  const program = programOf(application);
  let runs = 0;
  let isOver = false;
  let killed: () => void = () => {};
  const kill = (): void => killed();
  const live = (): string => readPointer(tables.read(key)).salt;

  /** The stream over a line that takes up to `ms` for each way. */
  const slowly = (source: StreamSource, ms: number): StreamSource => ({
    ...source,
    getRecords: async (...asked) => {
      await clock.sleep(random.whole(0, ms));
      const read = await source.getRecords(...asked);
      await clock.sleep(random.whole(0, ms));
      return read;
    },
  });

  /** One process, from its start to its end or death; true: it has seen the switch. */
  const run = async (invocation: Invocation, stop: AbortController): Promise<boolean> => {
    const name = `run ${++runs}`;
    const store = network.store(() => invocation);
    const faults = network.faultStore(() => invocation);
    const notebook = await openNotebook(store, recordKey('app', TABLES.state), name);
    const found = notebook.record();
    const { salt: from } = readPointer(await store.read(key));
    if (found !== null && found.salt === from) return true;
    const record = found ?? freshRecord(from, name, program, clock.now());
    await notebook.save(record);
    const { salt } = record;
    const context = { application, graph, tables: TABLES, store };
    const rules = createRulesIn(context, () => ONE_EPOCH);
    const generation = async () => salt;
    const consume = createConsumer(context, { faults, ranges: stream.ranges, generation, rules });
    const fill = startFill(
      {
        source: slowly(stream.source, random.pick([0, 20_000, 20_000, 60_000])),
        consume: (event) => consume(withGarbledData(event as KinesisBatch, stream.garbled)),
        clock,
        paceMs: random.pick([500, 2_000, 20_000]),
        onProgress: () => {},
      },
      record.shards,
    );
    const saving = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await clock.sleep(random.whole(1_000, 10_000), stop.signal);
        await notebook.save({ ...record, shards: fill.shards(), upTo: fill.upTo() });
      }
    };
    saving().catch((error: unknown) => stop.abort(error));
    const outputs = namesOf(application, graph, salt);
    const change = { from, salt, program, outputs, attempt: name, settleMs: 2_000 };
    try {
      await fill.reach(clock.now(), stop.signal);
      // The generations are compared.
      await clock.sleep(random.whole(0, 5_000), stop.signal);
      stop.signal.throwIfAborted();
      return await takeOver({ store, clock, key, ...change }, fill, stop.signal);
    } finally {
      // Not waited for: what a dead process has begun never ends.
      void fill.stop();
      stop.abort(new Error('over'));
    }
  };

  /** A run that may die on the way; false: it did, failed, or has to be repeated. */
  const attempt = async (dies: boolean): Promise<boolean> => {
    const invocation: Invocation = {
      ...{ id: 0, dead: false, refused: null, epoch: network.epoch(), job: 'rebuild' },
      // Far from the tables, at times.
      slow: random.pick([1, 1, 1, 300]),
      lateMs: random.whole(0, 120_000),
    };
    const stop = new AbortController();
    const death = new Promise<false>((resolve) => {
      killed = () => {
        invocation.dead = true;
        stop.abort(new Error('killed'));
        resolve(false);
      };
    });
    const mine = killed;
    if (dies) void clock.sleep(random.whole(1_000, 60_000)).then(() => mine());
    return Promise.race([run(invocation, stop).catch(lost), death]);
  };

  return {
    kill,
    play: async (time) => {
      await clock.sleep(time - clock.now());
      while (!isOver && !(await attempt(random.chance(0.3)))) {
        // Somebody else begins before the first has noticed anything.
        if (random.chance(0.3)) void attempt(random.chance(0.5));
        await clock.sleep(random.whole(500, 5_000));
      }
    },
    finish: async () => {
      isOver = true;
      kill();
      for (let turn = 0; live() === ''; turn++) {
        if (turn === MOST_RUNS) {
          throw new Broken({ invariant: 'drain', message: 'a rebuild does not come to its end' });
        }
        await attempt(false);
        await clock.sleep(1_000);
      }
    },
  };
}

function freshRecord(from: string, name: string, program: string, now: number): RebuildRecord {
  return {
    ...{ from, program, salt: `salt of ${name}`, phase: 'filling', archive: 'none', begun: now },
    ...{ switched: null, upTo: null, shards: new Map(), names: [], oldNames: [] },
  };
}

/** Failed requests, and another run that has taken over: somebody runs the command again. */
function lost(error: unknown): false {
  if (error instanceof Broken) throw error;
  return false;
}
