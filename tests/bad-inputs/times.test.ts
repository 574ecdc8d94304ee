import { describe, expect, it } from 'vitest';
import { batchOf, expectOutcome, expectOutcomeInPieces, NOON, setAside } from './outcome.ts';
import { COUNTS, counted, event, MINUTE } from './programs.ts';
import { type JobOptions, useRig } from './rig.ts';

const rig = useRig();

const HOUR = 3_600_000;
const pump = 'COUNTS_PUMP';
const GOOD = [counted('a', 2), counted('b', 1)];
const iso = (ms: number): string => new Date(ms).toISOString();

describe('no event time', () => {
  it.each<[string, object]>([
    ['null', { at: null }],
    ['none', { at: undefined }],
  ])('%s', async (_, more) => {
    const job = await rig.open(COUNTS);
    const batch = batchOf([event('a'), event('x', more), event('b'), event('a')]);
    await expectOutcomeInPieces(job, batch, {
      rows: { COUNTS: GOOD },
      faults: [setAside(1, 'NO_EVENT_TIME', { pump })],
    });
  });
});

describe('an event time in the future', () => {
  it('is a fault beyond the skew, to the millisecond', async () => {
    const job = await rig.open({ ...COUNTS, skewMs: 60_000 });
    const ahead = (ms: number) => ({ ...event('x', { at: iso(NOON + ms) }), arrival: NOON });
    const batch = batchOf([event('a'), ahead(60_000), ahead(60_001), event('b'), event('a')]);
    await expectOutcomeInPieces(job, batch, {
      rows: { COUNTS: [...GOOD, counted('x', 1, { minute: iso(NOON + 60_000) })] },
      faults: [setAside(2, 'FUTURE', { pump })],
    });
  });

  it.each(['2100-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'])('%s', async (at) => {
    const job = await rig.open({ ...COUNTS, latenessMs: null });
    const batch = batchOf([event('a'), event('x', { at }), event('b'), event('a')]);
    await expectOutcomeInPieces(job, batch, {
      rows: { COUNTS: GOOD },
      faults: [setAside(1, 'FUTURE', { pump, message: expect.stringMatching(/\d s ahead/) })],
    });
  });
});

describe('a late event', () => {
  /** An event of the minute from NOON on. */
  const at = (arrival: number) => ({ ...event('x'), arrival });
  const end = NOON + 60_000;

  it('within the lateness is counted in the window of its own time, no fault', async () => {
    const job = await rig.open({ ...COUNTS, latenessMs: HOUR });
    const batch = batchOf([event('a'), event('b'), event('a'), at(end + HOUR)]);
    await expectOutcomeInPieces(job, batch, {
      rows: { COUNTS: [...GOOD, counted('x', 1)] },
      faults: [],
    });
  });

  it('is a fault a millisecond later', async () => {
    const job = await rig.open({ ...COUNTS, latenessMs: HOUR });
    const now = { at: iso(end + HOUR) };
    const batch = batchOf([
      event('a'),
      at(end + HOUR + 1),
      { ...event('b', now), arrival: end + HOUR + 2 },
      { ...at(end + HOUR + 3), data: { at: MINUTE, who: 'y' } },
    ]);
    await expectOutcomeInPieces(job, batch, {
      rows: { COUNTS: [counted('a', 1), counted('b', 1, { minute: iso(end + HOUR) })] },
      faults: [setAside(1, 'LATE', { pump }), setAside(3, 'LATE', { pump })],
    });
  });

  it('is decided by its own arrival, so that a replay days later decides the same', async () => {
    const job = await rig.open({ ...COUNTS, latenessMs: 0 });
    const batch = batchOf([at(end), at(end + 1)]);
    const replay = batchOf([at(end), at(end + 1), { ...event('z'), arrival: end + 72 * HOUR }]);
    const rows = { COUNTS: [counted('x', 1)] };
    await expectOutcome(job, batch, { rows, faults: [setAside(1, 'LATE', { pump })] });
    const faults = [setAside(1, 'LATE', { pump }), setAside(2, 'LATE', { pump })];
    await expectOutcome(job, replay, { rows, faults });
  });

  it.each(['0001-01-01T00:00:00Z', '1969-12-31T23:59:59.999Z'])(
    '%s is counted where lateness is unlimited',
    async (time) => {
      const job = await rig.open({ ...COUNTS, latenessMs: null });
      const batch = batchOf([event('a'), event('x', { at: time }), event('b'), event('a')]);
      const minute = `${time.slice(0, 16)}:00.000Z`;
      await expectOutcomeInPieces(job, batch, {
        rows: { COUNTS: [...GOOD, counted('x', 1, { minute })] },
        faults: [],
      });
    },
  );
});

describe('pumps that look at other times', () => {
  const BOTH: JobOptions = {
    ...COUNTS,
    sql: `${COUNTS.sql}
      CREATE STREAM "ARRIVALS" ("who" VARCHAR(64), "events" BIGINT);
      CREATE PUMP "ARRIVALS_PUMP" AS INSERT INTO "ARRIVALS"
      SELECT STREAM s."who", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s
      GROUP BY s."who", STEP(s.ROWTIME BY INTERVAL '1' MINUTE);`,
  };

  it('count what only one of them cannot place', async () => {
    const job = await rig.open(BOTH);
    const old = iso(NOON - 48 * HOUR);
    const batch = batchOf([
      event('a'),
      event('x', { at: null }),
      event('b'),
      event('x', { at: old }),
      event('a'),
    ]);
    const arrivals = [
      { who: 'a', events: 2 },
      { who: 'b', events: 1 },
      { who: 'x', events: 2 },
    ];
    await expectOutcomeInPieces(job, batch, {
      rows: { COUNTS: GOOD, ARRIVALS: arrivals },
      faults: [setAside(1, 'NO_EVENT_TIME', { pump }), setAside(3, 'LATE', { pump })],
    });
  });
});
