import { describe, expect, it } from 'vitest';
import { aggregateRecord, FIRST_SEQUENCE } from '../helpers/wire.ts';
import {
  batchOf,
  expectOutcome,
  expectOutcomeInPieces,
  faultOf,
  NOON,
  resultAside,
  type Sent,
  setAside,
} from './outcome.ts';
import { type JobOptions, useRig } from './rig.ts';

const rig = useRig();

const MINUTES = "STEP(s.ROWTIME BY INTERVAL '1' MINUTE)";
const LONG = 'VARCHAR(65535)';
/** Seven of the longest texts are more than an item's 400 KB. */
const TEXTS = ['t0', 't1', 't2', 't3', 't4', 't5', 't6'];
const HUGE = 'z'.repeat(65_535);
const columns = { who: 'VARCHAR(4000)', x: 'DOUBLE', n: 'BIGINT', ...texts(LONG) };

const record = (who: string, more: object = {}): Sent => ({
  data: { who, x: 1, n: 1, ...texts('t'), ...more },
});
const huge = (who: string): Sent => record(who, texts(HUGE));
const plain = (who: string): object => ({ who, ...texts('t') });

function texts(text: string): Record<string, string> {
  return Object.fromEntries(TEXTS.map((name) => [name, text]));
}

const each = (write: (name: string) => string): string => TEXTS.map(write).join(', ');

/** COUNTS beside another pump. */
function beside(sql: string): JobOptions {
  const counting = `
    CREATE STREAM "COUNTS" ("who" VARCHAR(4000), "events" BIGINT);
    CREATE PUMP "COUNTING" AS INSERT INTO "COUNTS"
    SELECT STREAM s."who", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s."who", ${MINUTES};`;
  return { columns, sql: counting + sql };
}

const grouped = (type: string, value: string): JobOptions =>
  beside(`
    CREATE STREAM "OUT_" ("who" VARCHAR(4000), ${type});
    CREATE PUMP "BIG" AS INSERT INTO "OUT_"
    SELECT STREAM s."who", ${value} FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s."who", ${MINUTES};`);

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
      faults: [resultAside(1, 'TOO_LARGE', 'BIG', expect.stringContaining('cannot be stored'))],
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
      faults: [{ record: 0, result: 'BIG', faults: [fault(1), fault(3)] }],
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
      faults: [{ record: 1, result: 'BIG', faults: [fault(0, 'x'), fault(2, 'y')] }],
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
      faults: [resultAside(0, 'TOO_LARGE', 'TOP_PUMP', names)],
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
      faults: [resultAside(1, 'TOO_LARGE', 'OUTER_PUMP', names)],
    });
  });
});

describe('a number past what DynamoDB holds', () => {
  const SUMS = grouped('"total" DOUBLE', 'SUM(s."x")');
  const total = (who: string, events: number) => ({ who, total: events });

  it.each([1e38, -1e300])(
    'the value %d: no sum can hold it, the others of its row can',
    async (x) => {
      const job = await rig.open(SUMS);
      const batch = batchOf([record('a'), record('x', { x }), record('x'), record('a')]);
      const message = expect.stringContaining('38 digits');
      await expectOutcomeInPieces(job, batch, {
        rows: { OUT_: [total('a', 2), total('x', 1)] },
        faults: [setAside(1, 'ROW_ERROR', { pump: 'BIG', message })],
      });
    },
  );

  it.each([
    ['whole digits', 6e37, 6e37],
    ['decimal places', 6e37, 1e-5],
  ])('a sum past 38 digits by its %s: a fault names the row', async (_, first, second) => {
    const job = await rig.open(grouped('"total" DOUBLE, "least" DOUBLE', 'SUM(s."x"), MIN(s."n")'));
    const row = (who: string, sum: number | string) => ({ who, total: sum, least: 1 });
    const batch = batchOf([
      record('a'),
      record('x', { x: first }),
      record('x', { x: second }),
      record('a'),
    ]);
    const names = expect.stringMatching(/ x in job-\d+-results cannot be stored.*38 digits/);
    await expectOutcomeInPieces(job, batch, {
      rows: { OUT_: [row('a', 2), row('x', `6${'0'.repeat(37)}`)] },
      faults: [resultAside(2, 'TOO_LARGE', 'BIG', names)],
    });
  });

  it.each([[[6e19, 6e19]], [[6e37, 6e37]], [[9e37, 1e-5, 2]]])(
    'what DynamoDB adds up, %j: counted or set aside, never both',
    async (values) => {
      const job = await rig.open(SUMS);
      const batch = batchOf(values.map((x) => record('x', { x })));
      for (const one of batch.Records!) {
        expect(await job.send({ Records: [one] })).toEqual({ batchItemFailures: [] });
      }
      const before = await job.everything();
      expect(await job.send(batch)).toEqual({ batchItemFailures: [] });
      expect(await job.everything()).toBe(before);
      const aside = Object.values(job.faults()).map(({ sequenceNumber }) => sequenceNumber);
      const counted = values.filter(
        (_, i) => !aside.includes(batch.Records![i]!.kinesis.sequenceNumber),
      );
      const [row] = await job.rows('OUT_');
      expect(Number(row!.total)).toBe(counted.reduce((sum, x) => sum + x, 0));
    },
  );

  it('an extreme', async () => {
    const job = await rig.open(grouped('"most" DOUBLE', 'MAX(s."x")'));
    const batch = batchOf([record('a'), record('x', { x: 1e300 }), record('b'), record('a')]);
    await expectOutcomeInPieces(job, batch, {
      rows: {
        OUT_: [
          { who: 'a', most: 1 },
          { who: 'b', most: 1 },
        ],
      },
      faults: [resultAside(1, 'TOO_LARGE', 'BIG', expect.stringMatching(/ x in /))],
    });
  });

  it('whole numbers of 64 bits are added up exactly', async () => {
    const job = await rig.open(grouped('"total" BIGINT', 'SUM(s."n")'));
    const most = { data: '{"who":"x","n":9223372036854775807}' };
    await expectOutcomeInPieces(job, batchOf([record('a'), most, most, record('a')]), {
      rows: {
        OUT_: [
          { who: 'a', total: 2 },
          { who: 'x', total: '18446744073709551614' },
        ],
      },
      faults: [],
    });
  });
});

describe('a group key that DynamoDB would not take', () => {
  const COUNTS = beside('');
  const events = (who: string, n: number) => ({ who, events: n });

  it('over 1,024 bytes: stored under a shorter one, and equal beginnings stay two rows', async () => {
    const job = await rig.open(COUNTS);
    // More of them than partitions over which a window is spread.
    const long = Array.from({ length: 6 }, (_, i) => `${'k'.repeat(2000)}${i}`);
    const wide = ['é'.repeat(600), '😀'.repeat(300)];
    const people = ['a', ...long, ...wide, ...long];
    await expectOutcomeInPieces(job, batchOf(people.map((who) => record(who))), {
      rows: {
        COUNTS: [
          ...['a', ...wide].map((who) => events(who, 1)),
          ...long.map((who) => events(who, 2)),
        ],
      },
      faults: [],
    });
  });

  it('empty, NULL, or made like the marks for these', async () => {
    const job = await rig.open(COUNTS);
    const nobody = { data: { who: null } };
    const texts = ['', '\\E', '\\N', '*', '|', '\u0000', '\u2028'];
    await expectOutcomeInPieces(job, batchOf([...texts.map((who) => record(who)), nobody]), {
      rows: { COUNTS: [...texts.map((who) => events(who, 1)), { events: 1 }] },
      faults: [],
    });
  });

  it('a pump of a long name sets aside too', async () => {
    const pump = '山'.repeat(128);
    const sql = `
      CREATE STREAM "OUT_" ("who" VARCHAR(4000), "most" DOUBLE);
      CREATE PUMP "${pump}" AS INSERT INTO "OUT_"
      SELECT STREAM s."who", MAX(s."x") FROM "SOURCE_SQL_STREAM_001" AS s
      GROUP BY s."who", ${MINUTES};`;
    const job = await rig.open(beside(sql));
    const batch = batchOf([record('a'), record('x', { x: 1e300 }), record('a')]);
    for (let tries = 0; tries < 2; tries++) {
      expect(await job.send(batch)).toEqual({ batchItemFailures: [] });
      expect(Object.values(job.faults()).map(({ result }) => result)).toEqual([pump]);
    }
    expect(await job.rows('OUT_')).toEqual([{ who: 'a', most: 1 }]);
  });
});
