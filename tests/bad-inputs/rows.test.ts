import { describe, expect, it } from 'vitest';
import { aggregateRecord } from '../helpers/wire.ts';
import { batchOf, expectOutcomeInPieces, NOON, type Sent, setAside } from './outcome.ts';
import { type JobOptions, useRig } from './rig.ts';

const rig = useRig();

const columns = { who: 'VARCHAR(64)', n: 'INTEGER', d: 'INTEGER', ms: 'BIGINT', x: 'DOUBLE' };
const MINUTES = "STEP(s.ROWTIME BY INTERVAL '1' MINUTE)";

/** A program whose one pump looks at `expression`, and another one that just counts. */
function twoPumps(expression: string, type: string): JobOptions {
  const sql = `
    CREATE STREAM "LOOKED" ("who" VARCHAR(64), "value" ${type});
    CREATE PUMP "LOOKING" AS INSERT INTO "LOOKED"
    SELECT STREAM s."who", ${expression} FROM "SOURCE_SQL_STREAM_001" AS s;
    CREATE STREAM "COUNTS" ("who" VARCHAR(64), "events" BIGINT);
    CREATE PUMP "COUNTING" AS INSERT INTO "COUNTS"
    SELECT STREAM s."who", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s."who", ${MINUTES};`;
  return { columns, sql };
}

const fine = { n: 6, d: 2, ms: NOON, x: 1 };
const record = (who: string, more: object = {}): Sent => ({ data: { ...fine, who, ...more } });
const counts = { COUNTS: [{ who: 'a', events: 2 }, { who: 'x', events: 1 }] };

describe('a row that one pump cannot take: it is set aside for that pump, the other one counts it', () => {
  it.each<[string, string, string, object, unknown, RegExp]>([
    ['division by zero', 's."n" / s."d"', 'INTEGER', { d: 0 }, 3, /^DIVISION_BY_ZERO: /],
    ['MOD by zero', 'MOD(s."n", s."d")', 'INTEGER', { d: 0 }, 0, /^DIVISION_BY_ZERO: /],
    ['a product past INTEGER', 's."n" * s."d"', 'INTEGER', { n: 2 ** 30 }, 12, /^OVERFLOW: /],
    ['a DOUBLE past all numbers', 'EXP(s."x" * 1000)', 'DOUBLE', { x: 1 }, null, /^OVERFLOW: /],
    ['a root of a negative number', 'SQRT(s."d")', 'DOUBLE', { d: -1 }, 1.4142135623730951, /^DOMAIN: /],
    ['a logarithm of zero', 'LN(s."d" - 1)', 'DOUBLE', { d: 1 }, 0, /^DOMAIN: /],
    ['a CAST of text', 'CAST(s."who" AS INTEGER)', 'INTEGER', {}, null, /^CAST: /],
    ['a time past the year 9999', 'TO_TIMESTAMP(s."ms")', 'TIMESTAMP', { ms: 2 ** 53 - 1 }, new Date(NOON).toISOString(), /\w/],
    ['a time past it by an interval', `TO_TIMESTAMP(s."ms") + INTERVAL '1' DAY`, 'TIMESTAMP', { ms: 253_402_300_799_999 }, new Date(NOON + 86_400_000).toISOString(), /\w/],
    ['a text too long behind ||', `s."who" || '-' || s."who"`, 'VARCHAR(8)', { who: 'wanderer' }, 'a-a', /^TOO_LONG: /],
  ])('%s', async (_, expression, type, more, value, message) => {
    const job = await rig.open(twoPumps(expression, type));
    const bad = record('x', more);
    const who = (bad.data as { who: string }).who;
    // Where every row would fail, only the good rows' CAST or EXP is taken away.
    const good = value === null ? [] : [{ who: 'a', value }, { who: 'a', value }];
    const all = [record('a'), bad, record('a')];
    const sent = value === null ? [bad] : all;
    const rows = { LOOKED: good, COUNTS: value === null ? [{ who, events: 1 }] : counts.COUNTS.map((row) => (row.who === 'x' ? { ...row, who } : row)) };
    await expectOutcomeInPieces(job, batchOf(sent), {
      rows,
      faults: [setAside(sent.indexOf(bad), 'ROW_ERROR', { pump: 'LOOKING', message: expect.stringMatching(message) })],
    });
  });
});
