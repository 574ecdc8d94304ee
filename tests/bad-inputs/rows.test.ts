import { describe, expect, it } from 'vitest';
import { aggregateRecord, FIRST_SEQUENCE } from '../helpers/wire.ts';
import { batchOf, expectOutcomeInPieces, faultOf, NOON, type Sent, setAside } from './outcome.ts';
import { useRig } from './rig.ts';

const rig = useRig();

const MINUTES = "STEP(s.ROWTIME BY INTERVAL '1' MINUTE)";
const COUNTING = `
  CREATE STREAM "COUNTS" ("who" VARCHAR(64), "events" BIGINT);
  CREATE PUMP "COUNTING" AS INSERT INTO "COUNTS"
  SELECT STREAM s."who", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s."who", ${MINUTES};`;
const columns = {
  ...{ who: 'VARCHAR(64)', t: 'VARCHAR(64)', n: 'INTEGER', d: 'INTEGER' },
  ...{ ms: 'BIGINT', x: 'DOUBLE' },
};

function record(who: string, more: object = {}): Sent {
  return { data: { who, t: '5', n: 6, d: 2, ms: NOON, x: 0, ...more } };
}

const counts = [
  { who: 'a', events: 2 },
  { who: 'x', events: 1 },
];

describe('a row that one pump cannot take is set aside for it; the other pump counts it', () => {
  it.each<[string, string, string, unknown, object, RegExp]>([
    ['division by zero', 's."n" / s."d"', 'INTEGER', 3, { d: 0 }, /^DIVISION_BY_ZERO: /],
    ['MOD by zero', 'MOD(s."n", s."d")', 'INTEGER', 0, { d: 0 }, /^DIVISION_BY_ZERO: /],
    ['a product past INTEGER', 's."n" * s."d"', 'INTEGER', 12, { n: 2 ** 30 }, /^OVERFLOW: /],
    ['EXP past all doubles', 'EXP(s."x")', 'DOUBLE', 1, { x: 1000 }, /^OVERFLOW: /],
    ['a root of -1', 'SQRT(s."d" + 2)', 'DOUBLE', 2, { d: -3 }, /^DOMAIN: /],
    ['a logarithm of 0', 'LN(s."d" - 1)', 'DOUBLE', 0, { d: 1 }, /^DOMAIN: /],
    ['a CAST of a word', 'CAST(s."t" AS INTEGER)', 'INTEGER', 5, { t: 'five' }, /^CAST: /],
    ['a CAST out of range', 'CAST(s."n" AS TINYINT)', 'TINYINT', 6, { n: 128 }, /^OVERFLOW: /],
    [
      'a time past the year 9999',
      `TIMESTAMP_TO_CHAR('yyyy', TO_TIMESTAMP(s."ms"))`,
      'VARCHAR(30)',
      '2026',
      { ms: 2 ** 53 - 1 },
      /year|time|range/i,
    ],
    [
      'an interval past the year 9999',
      `TIMESTAMP_TO_CHAR('dd', TO_TIMESTAMP(s."ms") + INTERVAL '1' DAY)`,
      'VARCHAR(30)',
      '03',
      { ms: 253_402_300_799_999 },
      /year|time|range/i,
    ],
    ['a text too long', `s."t" || '-' || s."t"`, 'VARCHAR(8)', '5-5', { t: 'abcd' }, /^TOO_LONG: /],
  ])('%s', async (_, expression, type, value, more, message) => {
    const sql = `
      CREATE STREAM "LOOKED" ("who" VARCHAR(64), "value" ${type});
      CREATE PUMP "LOOKING" AS INSERT INTO "LOOKED"
      SELECT STREAM s."who", ${expression} FROM "SOURCE_SQL_STREAM_001" AS s; ${COUNTING}`;
    const job = await rig.open({ columns, sql });
    const batch = batchOf([record('a'), record('x', more), record('a')]);
    const looked = [
      { who: 'a', value },
      { who: 'a', value },
    ];
    const told = { pump: 'LOOKING', message: expect.stringMatching(message) };
    await expectOutcomeInPieces(job, batch, {
      rows: { LOOKED: looked, COUNTS: counts },
      faults: [setAside(1, 'ROW_ERROR', told)],
    });
  });
});

describe('a row that a group cannot take leaves no trace in it', () => {
  it.each([
    ['in an argument', 's."who", COUNT(*), SUM(s."n" / s."d")', 's."who"'],
    ['in a filter', 's."who", COUNT(*), SUM(s."n" / 2)', 's."who"', 'WHERE s."n" / s."d" > 0'],
    ['in a group', 's."who", COUNT(*), SUM(s."n" / 2)', 's."who", s."n" / s."d"'],
  ])('%s', async (_, select, group, where = '') => {
    const sql = `
      CREATE STREAM "SUMS" ("who" VARCHAR(64), "events" BIGINT, "total" BIGINT);
      CREATE PUMP "SUMMING" AS INSERT INTO "SUMS"
      SELECT STREAM ${select} FROM "SOURCE_SQL_STREAM_001" AS s ${where}
      GROUP BY ${group}, ${MINUTES};`;
    const job = await rig.open({ columns, sql });
    const batch = batchOf([record('a'), record('a', { d: 0 }), record('b'), record('a')]);
    const rows = [
      { who: 'a', events: 2, total: 6 },
      { who: 'b', events: 1, total: 3 },
    ];
    await expectOutcomeInPieces(job, batch, {
      rows: { SUMS: rows },
      faults: [setAside(1, 'ROW_ERROR', { pump: 'SUMMING' })],
    });
  });

  it('one of an aggregate, named by its sub-sequence number', async () => {
    const sql = `
      CREATE STREAM "SUMS" ("who" VARCHAR(64), "total" BIGINT);
      CREATE PUMP "SUMMING" AS INSERT INTO "SUMS"
      SELECT STREAM s."who", SUM(s."n" / s."d") FROM "SOURCE_SQL_STREAM_001" AS s
      GROUP BY s."who", ${MINUTES}; ${COUNTING}`;
    const job = await rig.open({ columns, sql });
    const users = [record('a'), record('a', { d: 0 }), record('x', { d: 0 }), record('a')];
    const batch = batchOf([record('b'), aggregateRecord(users)]);
    const fault = (subSequenceNumber: number) =>
      faultOf('ROW_ERROR', { subSequenceNumber, pump: 'SUMMING' });
    await expectOutcomeInPieces(job, batch, {
      rows: {
        SUMS: [
          { who: 'a', total: 6 },
          { who: 'b', total: 3 },
        ],
        COUNTS: [
          { who: 'a', events: 3 },
          { who: 'b', events: 1 },
          { who: 'x', events: 1 },
        ],
      },
      faults: [{ record: 1, faults: [fault(1), fault(2)] }],
    });
  });
});

describe('a merged row that HAVING cannot take', () => {
  it('is not shown, fails nothing, and appears when it can be computed', async () => {
    const sql = `
      CREATE STREAM "RATIOS" ("who" VARCHAR(64), "events" BIGINT);
      CREATE PUMP "RATIOS_PUMP" AS INSERT INTO "RATIOS"
      SELECT STREAM s."who", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s
      GROUP BY s."who", ${MINUTES} HAVING COUNT(*) / SUM(s."d") >= 0; ${COUNTING}`;
    const job = await rig.open({ columns, sql });
    const zero = batchOf([record('a'), record('x', { d: 0 }), record('a')]);
    await expectOutcomeInPieces(job, zero, {
      rows: { RATIOS: [{ who: 'a', events: 2 }], COUNTS: counts },
      faults: [],
    });
    const more = batchOf([record('x')], { firstSequence: FIRST_SEQUENCE + 100n });
    await expectOutcomeInPieces(job, more, {
      rows: { RATIOS: counts.map(({ who }) => ({ who, events: 2 })) },
      faults: [],
    });
  });
});

describe('a merged row that a GROUP BY behind it cannot place', () => {
  it('has no part there, and stops nothing', async () => {
    const sql = `
      CREATE STREAM "PER_D" ("d" INTEGER, "events" BIGINT);
      CREATE PUMP "PER_D_PUMP" AS INSERT INTO "PER_D"
      SELECT STREAM s."d", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s."d", ${MINUTES};
      CREATE STREAM "TOTALS" ("events" BIGINT);
      CREATE PUMP "TOTALS_PUMP" AS INSERT INTO "TOTALS"
      SELECT STREAM SUM(p."events") FROM "PER_D" AS p
      GROUP BY 100 / p."d", STEP(p.ROWTIME BY INTERVAL '1' MINUTE);`;
    const job = await rig.open({ columns, sql });
    const batch = batchOf([record('a'), record('x', { d: 0 }), record('a')]);
    await expectOutcomeInPieces(job, batch, {
      rows: {
        PER_D: [
          { d: 0, events: 1 },
          { d: 2, events: 2 },
        ],
        TOTALS: [{ events: 2 }],
      },
      faults: [],
    });
  });
});
