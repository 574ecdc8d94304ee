import fc from 'fast-check';
import { beforeAll, describe, expect, vi } from 'vitest';
import { faultKey } from '../../shared/consume/faults.ts';
import { userRecords } from '../../shared/records/event.ts';
import type { MappedColumn } from '../../shared/records/types.ts';
import type { Attributes, ItemKey, Store } from '../../shared/results/store.ts';
import { checkProgram } from '../../shared/sql/check/check.ts';
import type { Plan } from '../../shared/sql/plan.ts';
import { applicationOf, consumerOf, memoryFaults } from '../aggregate/harness.ts';
import { memoryStore } from '../helpers/memory-store.ts';
import { eventOf, puts } from './batches.ts';
import { bytes, damaged, jsonText } from './payloads.ts';
import { always } from './runs.ts';

/** Every row of every record, then two ways of counting them: by arrival and by event time. */
const SQL = `
CREATE STREAM "ROWS_" ("who" VARCHAR(256), "sent_by" VARCHAR(256), "later" TIMESTAMP);
CREATE PUMP "ROWS_PUMP" AS INSERT INTO "ROWS_"
SELECT STREAM s."who", s.PARTITION_KEY, s."at" + INTERVAL '1' DAY FROM "SOURCE_SQL_STREAM_001" AS s;
CREATE STREAM "COUNTS" ("who" VARCHAR(256), "sent_by" VARCHAR(256), "events" BIGINT, "sum" DOUBLE);
CREATE PUMP "COUNTS_PUMP" AS INSERT INTO "COUNTS"
SELECT STREAM s."who", s.PARTITION_KEY, COUNT(*), SUM(s."x")
FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY s."who", s.PARTITION_KEY, STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
CREATE STREAM "TIMES" ("hour" TIMESTAMP, "events" BIGINT, "first" TIMESTAMP, "mean" DOUBLE, "most" BIGINT);
CREATE PUMP "TIMES_PUMP" AS INSERT INTO "TIMES"
SELECT STREAM STEP(s."at" BY INTERVAL '1' HOUR), COUNT(*), MIN(s."at"), AVG(s."x"), MAX(s."n")
FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY STEP(s."at" BY INTERVAL '1' HOUR), STEP(s.ROWTIME BY INTERVAL '1' HOUR);`;

const COLUMNS: readonly MappedColumn[] = [
  { name: 'who', type: { name: 'VARCHAR', length: 256 }, path: '$.who' },
  { name: 'n', type: { name: 'BIGINT' }, path: '$.n' },
  { name: 'x', type: { name: 'DOUBLE' }, path: '$.x' },
  { name: 'at', type: { name: 'TIMESTAMP' }, path: '$.at' },
];
const plan = planOf();
const GOOD = [
  '{"who":"a","n":1,"x":0.1}',
  '{"who":"b","x":1e-7,"at":"2024-01-02T03:04:05Z"}',
  '{}',
];

const data = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...GOOD).map((text) => Buffer.from(text)) },
  { weight: 4, arbitrary: damaged(jsonText(COLUMNS.map(({ name }) => name))) },
  { weight: 1, arbitrary: bytes },
);

describe('the aggregate function', () => {
  beforeAll(() => {
    vi.spyOn(console, 'log').mockImplementation(() => {});
  });

  const settings = fc.record({
    latenessMs: fc.constantFrom(null, 0, 3_600_000),
    skewMs: fc.constantFrom(300_000, Number.MAX_SAFE_INTEGER),
  });
  always(
    'every user record is a row or a fault, its neighbours count, a repeat changes nothing',
    fc.asyncProperty(puts(data), settings, async (list, times) => {
      const event = eventOf(list);
      const store = memoryStore();
      const faults = memoryFaults();
      const application = applicationOf(plan, { columns: COLUMNS, ...times });
      const consume = consumerOf(application, withinLimits(store), faults);
      expect(await consume(event)).toEqual({ batchItemFailures: [] });

      const items = store.dump();
      const aside = [...faults.objects.values()].flatMap((object) =>
        object.faults.map((fault) => ({ ...fault, sequenceNumber: object.sequenceNumber })),
      );
      let rows = 0;
      for (const { sequenceNumber, subSequenceNumber: sub, fault, data: sent } of userRecords(
        event,
      )) {
        const isRow = Object.keys(items).some((id) => id.endsWith(`:${sequenceNumber}.${sub}.0`));
        const own = aside.filter(
          (one) => one.sequenceNumber === sequenceNumber && one.subSequenceNumber === sub,
        );
        const isAside = own.some(({ pump }) => pump === undefined || pump === 'ROWS_PUMP');
        expect([isRow, isAside]).toEqual([!isAside, !isRow]);
        if (fault === null && GOOD.includes(sent.toString())) expect(isRow).toBe(true);
        if (own.every(({ pump }) => pump !== undefined)) rows++;
      }
      expect(total(items, 'COUNTS') + refused(aside, 'COUNTS_PUMP')).toBe(rows);
      expect(total(items, 'TIMES') + refused(aside, 'TIMES_PUMP')).toBe(rows);
      expect([...faults.objects.keys()].sort()).toEqual(
        [...faults.objects.values()].map(faultKey).sort(),
      );

      const before = JSON.stringify([items, [...faults.objects]]);
      for (const record of event.Records) await consume({ Records: [record] });
      await consume(event);
      expect(JSON.stringify([store.dump(), [...faults.objects]])).toBe(before);
    }),
  );
});

function planOf(): Plan {
  const sources = [{ name: 'SOURCE_SQL_STREAM_001', columns: COLUMNS }];
  const { plan: made, errors, refused: not } = checkProgram(SQL, { sources });
  if (made === null) throw new Error(JSON.stringify([...errors, ...not]));
  return made;
}

/** The events in all items of an output. */
function total(items: Record<string, Attributes>, stream: string): number {
  return Object.entries(items)
    .filter(([id]) => id.startsWith(`t-results/app.${stream}@`))
    .reduce((sum, [, item]) => sum + Number(item.events!.N), 0);
}

function refused(aside: readonly { pump?: string }[], pump: string): number {
  return aside.filter((fault) => fault.pump === pump).length;
}

/** What DynamoDB asks of keys and times, and the store in memory does not. */
function withinLimits(store: Store): Store {
  const check = ({ pk, sk }: ItemKey, item: Attributes = {}): void => {
    expect(Buffer.byteLength(pk)).toBeLessThanOrEqual(2048);
    expect(Buffer.byteLength(sk)).toBeGreaterThanOrEqual(1);
    expect(Buffer.byteLength(sk)).toBeLessThanOrEqual(1024);
    for (const [name, value] of Object.entries(item)) {
      expect(value.N ?? '0', name).toMatch(/^-?\d+(\.\d+)?(e[+-]\d+)?$/);
    }
  };
  return {
    read: store.read,
    update: (update) => {
      check(update.key, update.set);
      return store.update(update);
    },
    put: (key, item, condition) => {
      check(key, item);
      return store.put(key, item, condition);
    },
  };
}
