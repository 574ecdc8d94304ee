import { describe, expect, it } from 'vitest';
import { batchOf, expectOutcomeInPieces, resultAside, setAside } from './outcome.ts';
import { useRig } from './rig.ts';
import { beside, grouped, MINUTES, record } from './wide.ts';

const rig = useRig();

describe('a number past what DynamoDB holds', () => {
  const SUMS = grouped('"total" DOUBLE', 'SUM(s."x")');
  const total = (who: string, events: number) => ({ who, total: events });

  it.each([1e17, 1e25, -1e300])(
    'the value %d: no sum can hold it, the others of its row can',
    async (x) => {
      const job = await rig.open(SUMS);
      const batch = batchOf([record('a'), record('x', { x }), record('x'), record('a')]);
      const message = expect.stringContaining('10^17');
      await expectOutcomeInPieces(job, batch, {
        rows: { OUT_: [total('a', 2), total('x', 1)] },
        faults: [setAside(1, 'ROW_ERROR', { pump: 'BIG', message })],
      });
    },
  );

  it.each([[[9e16, 9e16]], [[9e16, 1e-5, 2]], [[0.1, 0.2, -0.3]]])(
    'what DynamoDB adds up, %j: counted, once',
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
      expect(aside).toEqual([]);
      expect(Number(row!.total)).toBeCloseTo(
        counted.reduce((sum, x) => sum + x, 0),
        9,
      );
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
      expect(Object.values(job.faults()).map(({ result }) => result?.pump)).toEqual([pump]);
    }
    expect(await job.rows('OUT_')).toEqual([{ who: 'a', most: 1 }]);
  });
});
