import { NOON, type Sent } from './outcome.ts';
import type { JobOptions } from './rig.ts';

/** Counts and sums by person, minute by minute of the events' own time. */
export const COUNTS: JobOptions = {
  columns: {
    at: 'TIMESTAMP',
    who: 'VARCHAR(64)',
    n: 'INTEGER',
    price: 'DECIMAL(5,2)',
    x: 'DOUBLE',
    ok: 'BOOLEAN',
  },
  sql: `
    CREATE OR REPLACE STREAM "COUNTS" (
      "minute" TIMESTAMP, "who" VARCHAR(64), "events" BIGINT, "total" BIGINT,
      "price" DECIMAL(15,2), "x" DOUBLE, "oks" BIGINT);
    CREATE OR REPLACE PUMP "COUNTS_PUMP" AS INSERT INTO "COUNTS"
    SELECT STREAM STEP(s."at" BY INTERVAL '1' MINUTE), s."who", COUNT(*), SUM(s."n"),
           SUM(s."price"), SUM(s."x"), COUNT(s."ok")
    FROM "SOURCE_SQL_STREAM_001" AS s
    GROUP BY s."who", STEP(s."at" BY INTERVAL '1' MINUTE), STEP(s.ROWTIME BY INTERVAL '1' MINUTE);`,
};

export const MINUTE = new Date(NOON).toISOString();

/** An event of the minute in which the records arrive. */
export function event(who: string, more: object = {}): Sent {
  return { data: { at: MINUTE, who, n: 1, ...more } };
}

/** A row of COUNTS for events that are made by `event`. */
export function counted(who: string, events: number, more: object = {}): object {
  return { minute: MINUTE, who, events, total: events, oks: 0, ...more };
}
