import { describe, expect, it } from 'vitest';
import { aggregateRecord, FIRST_SEQUENCE } from '../helpers/wire.ts';
import {
  batchOf,
  expectOutcome,
  expectOutcomeInPieces,
  faultOf,
  NOON,
  resultAside,
  resultOf,
} from './outcome.ts';
import { useRig } from './rig.ts';
import {
  beside,
  columns,
  each,
  grouped,
  HUGE,
  huge,
  LONG,
  MINUTES,
  plain,
  record,
  TEXTS,
} from './wide.ts';

const rig = useRig();

const counts = [
  { who: 'a', events: 2 },
  { who: 'b', events: 1 },
  { who: 'x', events: 2 },
];

describe('a result over DynamoDB’s 400 KB', () => {
  const EXTREMES = grouped(
    each((name) => `"${name}" ${LONG}`),
    each((name) => `MAX(s."${name}")`),
  );

  it('a MAX of texts: the record that brings the last one is set aside, the others count', async () => {
    const job = await rig.open(EXTREMES);
    const batch = batchOf([record('a'), record('x'), huge('x'), record('b'), record('a')]);
    const names = expect.stringMatching(/ x in job-\d+-results cannot be stored/);
    await expectOutcomeInPieces(job, batch, {
      rows: { COUNTS: counts, OUT_: ['a', 'b', 'x'].map(plain) },
      faults: [resultAside(2, 'TOO_LARGE', 'BIG', names)],
    });
  });

  it('a good record of the same row is counted or set aside, never both', async () => {
    const most = each((name) => `MAX(s."${name}")`);
    const types = each((name) => `"${name}" ${LONG}`);
    const job = await rig.open(grouped(`"events" BIGINT, ${types}`, `COUNT(*), ${most}`));
    const batch = batchOf([huge('x'), record('b'), record('x'), record('x')]);
    expect(await job.send(batch)).toEqual({ batchItemFailures: [] });
    // A write of the second record was lost: Lambda delivers again from there on.
    const rest = { Records: batch.Records!.slice(1) };
    expect(await job.send(rest)).toEqual({ batchItemFailures: [] });
    const row = (await job.rows('OUT_')).find(({ who }) => who === 'x');
    const aside = Object.keys(job.faults()).length;
    expect(Number(row?.events ?? 0) + aside).toBe(3);
  });

  it('a row that is stored stays as it is', async () => {
    const job = await rig.open(EXTREMES);
    const before = batchOf([record('x')], { firstSequence: FIRST_SEQUENCE - 5n });
    await expectOutcomeInPieces(job, before, {
      rows: { OUT_: [plain('x')] },
      faults: [],
    });
    const after = batchOf([record('a'), huge('x'), record('b')]);
    await expectOutcomeInPieces(job, after, {
      rows: { OUT_: ['a', 'b', 'x'].map(plain) },
      faults: [resultAside(1, 'TOO_LARGE', 'BIG', expect.stringContaining('cannot be stored'))],
    });
  });

  const ROWS = beside(`
    CREATE STREAM "OUT_" ("who" VARCHAR(4000), ${each((name) => `"${name}" ${LONG}`)});
    CREATE PUMP "BIG" AS INSERT INTO "OUT_"
    SELECT STREAM s."who", ${each((name) => `s."${name}"`)} FROM "SOURCE_SQL_STREAM_001" AS s;`);

  it('a row of a record: that record is set aside for it', async () => {
    const job = await rig.open(ROWS);
    const batch = batchOf([record('a'), huge('x'), record('x'), record('b'), record('a')]);
    await expectOutcomeInPieces(job, batch, {
      rows: { COUNTS: counts, OUT_: ['a', 'x', 'b', 'a'].map(plain) },
      faults: [
        resultAside(
          1,
          'TOO_LARGE',
          'BIG',
          expect.stringContaining('cannot be stored'),
          identityOf(batch.Records![1]!, 0),
        ),
      ],
    });
  });

  it('rows of an aggregate: the fault names each by its sub-sequence number', async () => {
    const job = await rig.open(ROWS);
    const users = [record('a'), huge('x'), record('b'), huge('x'), record('a')];
    const batch = batchOf([aggregateRecord(users)]);
    const fault = (subSequenceNumber: number) =>
      faultOf('TOO_LARGE', {
        subSequenceNumber,
        pump: 'BIG',
        message: expect.stringContaining('cannot be stored'),
      });
    await expectOutcomeInPieces(job, batch, {
      rows: { COUNTS: counts, OUT_: ['a', 'b', 'a'].map(plain) },
      faults: [1, 3].map((sub) => ({
        record: 0,
        result: resultOf('BIG', identityOf(batch.Records![0]!, sub)),
        faults: [fault(sub)],
      })),
    });
  });

  it('two rows of one record: both are named', async () => {
    const job = await rig.open(EXTREMES);
    const batch = batchOf([record('a'), aggregateRecord([huge('x'), record('b'), huge('y')])]);
    const fault = (subSequenceNumber: number, who: string) =>
      faultOf('TOO_LARGE', {
        subSequenceNumber,
        pump: 'BIG',
        message: expect.stringContaining(` ${who} in `),
      });
    await expectOutcomeInPieces(job, batch, {
      rows: { OUT_: ['a', 'b'].map(plain) },
      faults: [
        { record: 1, result: resultOf('BIG', 'x'), faults: [fault(0, 'x')] },
        { record: 1, result: resultOf('BIG', 'y'), faults: [fault(2, 'y')] },
      ],
    });
  });

  it('a top list: a fault names it, that of another window goes on', async () => {
    const job = await rig.open({
      columns,
      sql: `
        CREATE STREAM "TOP_" ("who" VARCHAR(1024), "events" BIGINT);
        CREATE PUMP "TOP_PUMP" AS INSERT INTO "TOP_"
        SELECT STREAM t.ITEM, t.ITEM_COUNT FROM TABLE(TOP_K_ITEMS_TUMBLING(
          CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"), 'who', 1000, 60)) AS t;`,
    });
    const long = (name: number) => record(`${name}`.padEnd(1000, 'z'));
    const many = Array.from({ length: 9 }, (_, i) =>
      aggregateRecord(Array.from({ length: 50 }, (_, j) => long(50 * i + j))),
    );
    const batch = batchOf([...many, { ...record('a'), arrival: NOON + 60_000 }]);
    const names = expect.stringMatching(/ top in job-\d+-state cannot be stored/);
    await expectOutcome(job, batch, {
      rows: { TOP_: [{ who: 'a', events: 1 }] },
      faults: [resultAside(0, 'TOO_LARGE', 'TOP_PUMP', names, 'top')],
    });
  });

  it('a result of results: its input stays, the others go on', async () => {
    const job = await rig.open({
      columns,
      sql: `
        CREATE STREAM "INNER_" ("who" VARCHAR(4000), "t" ${LONG});
        CREATE PUMP "INNER_PUMP" AS INSERT INTO "INNER_"
        SELECT STREAM s."who", MAX(s."t0") FROM "SOURCE_SQL_STREAM_001" AS s
        GROUP BY s."who", ${MINUTES};
        CREATE STREAM "OUTER_" ("first" VARCHAR(1), "t" ${LONG});
        CREATE PUMP "OUTER_PUMP" AS INSERT INTO "OUTER_"
        SELECT STREAM SUBSTRING(i."who" FROM 1 FOR 1), MIN(i."t") FROM "INNER_" AS i
        GROUP BY SUBSTRING(i."who" FROM 1 FOR 1), STEP(i.ROWTIME BY INTERVAL '1' MINUTE);`,
    });
    // The outer row keeps what each inner row brings to it.
    const big = TEXTS.map((name) => record(`x${name}`, { t0: HUGE }));
    const batch = batchOf([record('a1'), ...big, record('b'), record('a2')]);
    const inner = [
      ...['a1', 'b', 'a2'].map((who) => ({ who, t: 't' })),
      ...TEXTS.map((name) => ({ who: `x${name}`, t: HUGE })),
    ];
    const names = expect.stringMatching(/ x in job-\d+-results cannot be stored/);
    await expectOutcome(job, batch, {
      rows: { INNER_: inner, OUTER_: ['a', 'b'].map((first) => ({ first, t: 't' })) },
      // The rows of the inner one carry the end of their minute.
      faults: [resultAside(1, 'TOO_LARGE', 'OUTER_PUMP', names, 'x', '2026-05-02T12:01:00Z')],
    });
  });
});

/** The key of the row that a record gives: shard, sequence number, user record and row in it. */
function identityOf({ eventID }: { eventID: string }, sub: number): string {
  return `${eventID}.${sub}.0`;
}
