import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRangeCheck, type Reread } from '../../functions/aggregate/windowed/reread.ts';
import { createGapCloser, type GapsAnswer } from '../../functions/redrive/gaps.ts';
import { readGapsRequest } from '../../functions/redrive/request.ts';
import { toEvent } from '../../local/mapping/event.ts';
import { type MappingSettings, NotInvoked } from '../../local/mapping/types.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import type { Row } from '../../shared/sql/types.ts';
import { everyKind } from '../aggregate/every-kind.ts';
import {
  applicationOf,
  batchRows,
  consumerOf,
  memoryFaults,
  tableRows,
} from '../aggregate/harness.ts';
import { memoryStore } from '../helpers/memory-store.ts';
import { createWorld, SETTINGS as PLAIN, runMapping } from '../local/mapping-harness.ts';
import { flakyStore } from './flaky-store.ts';
import type { Step } from './gap-script.ts';
import { createGapWorld } from './gap-world.ts';

const SHARD = 'shardId-000000000000';
const plan = everyKind();
const application = applicationOf(plan);
const SETTINGS: MappingSettings = {
  ...PLAIN,
  streamArn: 'arn:aws:kinesis:eu-west-1:111122223333:stream/events',
  functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:t-aggregate-app',
  backoffMaxMs: 4_000,
};

interface Event {
  readonly who: string | null;
  readonly n: number | null;
  readonly gap: number;
  readonly behind: number;
}
/** What becomes of an invocation: */
type Fate =
  | 'sound'
  | 'notInvoked'
  | 'dies before'
  | 'dies after'
  | 'fails in part'
  | 'dies half-way';

const event: fc.Arbitrary<Event> = fc.record({
  who: fc.option(fc.constantFrom('a', 'b', 'c')),
  n: fc.option(fc.integer({ min: -5, max: 50 })),
  gap: fc.integer({ min: 0, max: 25_000 }),
  behind: fc.integer({ min: 0, max: 30_000 }),
});
const run = (fates: readonly Fate[]) =>
  fc.record({
    events: fc.array(event, { minLength: 1, maxLength: 25 }),
    batchSize: fc.integer({ min: 1, max: 6 }),
    bisect: fc.boolean(),
    retries: fc.integer({ min: 0, max: 2 }),
    fates: fc.array(fc.constantFrom(...fates), { maxLength: 40 }),
    lost: fc.infiniteStream(fc.boolean()),
  });
type Run = ReturnType<typeof run> extends fc.Arbitrary<infer T> ? T : never;

beforeAll(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterAll(() => vi.restoreAllMocks());

/** A mapping that gives batches up, and what its on-failure records bring back. */
async function deliverAndClose(given: Run, settings: Partial<MappingSettings>, isSettled: boolean) {
  const { events, batchSize, bisect, retries, fates, lost } = given;
  const world = createWorld([SHARD]);
  const { clock, stream } = world;
  const store = memoryStore();
  const faults = memoryFaults();
  const luck = lost[Symbol.iterator]();
  let isFlaky = false;
  const flaky = flakyStore(store, () => isFlaky && luck.next().value === true);
  const consume = consumerOf(application, flaky, faults, clock.now);
  const rows: Row[] = [];
  const fate = fates[Symbol.iterator]();
  const all = { ...SETTINGS, batchSize, bisectBatchOnFunctionError: bisect };
  await runMapping(
    world,
    { ...all, maximumRetryAttempts: retries, ...settings },
    async ({ event: delivered }, n) => {
      const own = isSettled && n === 1 ? 'sound' : (fate.next().value ?? 'sound');
      if (own === 'notInvoked') throw new NotInvoked('throttled');
      if (own === 'dies before') throw new Error(own);
      isFlaky = own === 'fails in part' || own === 'dies half-way';
      const answer = await consume(delivered);
      if (own.startsWith('dies')) throw new Error(own);
      return answer;
    },
    600_000,
    async () => {
      // Well behind the first record it is certain who was reading.
      const first = isSettled ? [{ who: null, n: null, gap: 0, behind: 0 }] : [];
      for (const [i, { who, n, gap, behind }] of [...first, ...events].entries()) {
        await clock.sleep(isSettled && i === 1 ? 120_000 : gap);
        const at = clock.now() - behind;
        stream.put(SHARD, Buffer.from(JSON.stringify({ at, who, n })));
        rows.push([clock.now(), at, who, n]);
      }
    },
  );
  const reread: Reread = async function* (shardId, range) {
    const kept = stream.records(shardId).filter(({ sequenceNumber: at }) => at >= range.first);
    yield createRangeCheck(shardId, range).take(toEvent(shardId, kept, SETTINGS, null).Records);
  };
  const { now } = clock;
  const close = createGapCloser(
    {
      ...{ application, graph: arrange(plan), store },
      tables: { prefix: 't-', state: 't-state' },
    },
    { faults, reread, stream: 'events', ranges: null, now },
  );
  const feed = async (event: object): Promise<GapsAnswer> => {
    if (world.dropped.length === 0) return { ...NOTHING };
    return close(readGapsRequest({ onFailure: world.dropped, ...event }, 'app')!);
  };
  const replay = () =>
    consumerOf(
      application,
      store,
      faults,
      clock.now,
    )(toEvent(SHARD, stream.records(SHARD), SETTINGS, null));
  return { rows, store, dropped: world.dropped, feed, replay };
}

const NOTHING: GapsAnswer = { application: 'app', dryRun: false, gaps: [], next: null };

const isClosed = ({ gaps }: GapsAnswer): boolean =>
  gaps.every(({ open }) => Object.keys(open).length === 0);

type Done = Awaited<ReturnType<typeof deliverAndClose>>;

function expectExact({ store, rows }: Done): void {
  for (const name of Object.keys(application.outputs)) {
    expect(tableRows(store.dump(), name), name).toEqual(batchRows(plan, rows, name));
  }
}

async function expectSettled({ store, feed, replay }: Done, isReplayed: boolean) {
  const before = store.dump();
  await feed({ dryRun: false, neverDelivered: true });
  expect(store.dump()).toEqual(before);
  if (!isReplayed) return;
  expect((await replay()).batchItemFailures).toEqual([]);
  // Who has read a shard is no result.
  const epochs = `t-state/app.epochs/${SHARD}`;
  expect({ ...store.dump(), [epochs]: null }).toEqual({ ...before, [epochs]: null });
}

describe('batches that a mapping gave up', () => {
  it('too old before any invocation: nothing of them is in the tables, all of it comes in, once', async () => {
    let gaps = 0;
    await fc.assert(
      fc.asyncProperty(run(['sound', ...Array(5).fill('notInvoked')]), async (given) => {
        const done = await deliverAndClose(given, { maximumRecordAgeMs: 5_000 }, true);
        const before = done.store.dump();
        const dry = await done.feed({ neverDelivered: true });
        expect(done.store.dump()).toEqual(before);
        expect(dry.gaps.length).toBe(done.dropped.length);
        expect(isClosed(await done.feed({ dryRun: false, neverDelivered: true }))).toBe(true);
        expectExact(done);
        await expectSettled(done, true);
        gaps += done.dropped.length;
      }),
      { numRuns: 60 },
    );
    expect(gaps).toBeGreaterThan(10);
  });

  it('tried before: closed exactly, or told that results cannot tell', async () => {
    const counts = { closed: 0, tried: 0, uncertain: 0 };
    const fates: Fate[] = [
      'sound',
      'notInvoked',
      'dies before',
      'dies after',
      'fails in part',
      'dies half-way',
    ];
    await fc.assert(
      fc.asyncProperty(run(fates), fc.boolean(), fc.boolean(), async (given, ages, isSettled) => {
        const done = await deliverAndClose(
          given,
          ages ? { maximumRecordAgeMs: 5_000 } : {},
          isSettled,
        );
        const dry = await done.feed({ neverDelivered: true });
        const answer = await done.feed({ dryRun: false, neverDelivered: true });
        expect(isClosed(dry)).toBe(isClosed(answer));
        if (isClosed(answer)) {
          expectExact(done);
          counts.closed += done.dropped.length;
          const tried = done.dropped.filter((one) => one.requestContext.approximateInvokeCount > 0);
          counts.tried += tried.length;
        } else {
          for (const { open } of answer.gaps) {
            expect(['', 'UNCERTAIN']).toContain(Object.keys(open).join());
          }
          expectNothingTwice(done);
          counts.uncertain++;
        }
        await expectSettled(done, isClosed(answer));
      }),
      { numRuns: 150 },
    );
    expect(counts.tried).toBeGreaterThan(10);
    expect(counts.uncertain).toBeGreaterThan(10);
  });
});

/** Rows in tables that cannot tell are at most those of the events. */
function expectNothingTwice({ store, rows }: Done): void {
  // ADDED_OUT counts in its third column.
  const sum = (texts: readonly string[]) =>
    texts.reduce((total, text) => total + Number(JSON.parse(text).c2.N), 0);
  expect(sum(tableRows(store.dump(), 'ADDED_OUT'))).toBeLessThanOrEqual(
    sum(batchRows(plan, rows, 'ADDED_OUT')),
  );
}

describe('who has read a batch that was given up', () => {
  const a = { who: 'a', gap: 0, behind: 0 };
  type Deliver = Extract<Step, { kind: 'deliver' }>;
  const done: Deliver = {
    ...{ kind: 'deliver', size: 1, tries: [] },
    hasPayload: false,
    givesUp: false,
  };
  const givenUp: Deliver = { ...done, givesUp: true };
  const wait: Step = { kind: 'wait', ms: 120_000 };
  const rebuild = (meanwhile: Deliver): Step => ({ kind: 'rebuild', size: 5, meanwhile });

  /** What closing says behind these steps, and how many of the events are counted then. */
  const closed = async (steps: readonly Step[], events: readonly (typeof a | null)[]) => {
    const world = createGapWorld({ events, begin: events.indexOf(a), luck: [] });
    for (const step of steps) await world.take(step);
    const { gaps } = await world.close();
    return {
      open: gaps.flatMap(({ open }) => Object.keys(open)),
      counted: world.tables().ADDED_OUT!.map((row) => Number(JSON.parse(row).c2.N)),
    };
  };

  it('is not told by one who read again from before it and ended: others go on under his epoch', async () => {
    const readAgain: Step = { kind: 'read again', share: 0.1, size: 1 };
    const steps = [givenUp, wait, readAgain, done];
    expect(await closed(steps, [null, a, a])).toEqual({ open: ['UNCERTAIN'], counted: [1] });
  });

  it('is a rebuild that began since', async () => {
    const steps = [done, givenUp, wait, rebuild(done), done];
    expect(await closed(steps, [a, a, a, a])).toEqual({ open: [], counted: [4] });
  });

  it('may be a rebuild that had begun, whatever has come to the function itself', async () => {
    const steps = [done, rebuild(givenUp), done];
    expect(await closed(steps, [a, a, a])).toEqual({ open: ['UNCERTAIN'], counted: [3] });
  });
});
