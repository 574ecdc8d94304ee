import type { Sent } from './outcome.ts';
import type { JobOptions } from './rig.ts';

export const MINUTES = "STEP(s.ROWTIME BY INTERVAL '1' MINUTE)";
export const LONG = 'VARCHAR(65535)';
/** Seven of the longest texts are more than an item's 400 KB. */
export const TEXTS = ['t0', 't1', 't2', 't3', 't4', 't5', 't6'];
export const HUGE = 'z'.repeat(65_535);
export const columns = { who: 'VARCHAR(4000)', x: 'DOUBLE', n: 'BIGINT', ...texts(LONG) };

export const record = (who: string, more: object = {}): Sent => ({
  data: { who, x: 1, n: 1, ...texts('t'), ...more },
});
export const huge = (who: string): Sent => record(who, texts(HUGE));
export const plain = (who: string): object => ({ who, ...texts('t') });

export function texts(text: string): Record<string, string> {
  return Object.fromEntries(TEXTS.map((name) => [name, text]));
}

export const each = (write: (name: string) => string): string => TEXTS.map(write).join(', ');

/** COUNTS beside another pump. */
export function beside(sql: string): JobOptions {
  const counting = `
    CREATE STREAM "COUNTS" ("who" VARCHAR(4000), "events" BIGINT);
    CREATE PUMP "COUNTING" AS INSERT INTO "COUNTS"
    SELECT STREAM s."who", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s."who", ${MINUTES};`;
  return { columns, sql: counting + sql };
}

export const grouped = (type: string, value: string): JobOptions =>
  beside(`
    CREATE STREAM "OUT_" ("who" VARCHAR(4000), ${type});
    CREATE PUMP "BIG" AS INSERT INTO "OUT_"
    SELECT STREAM s."who", ${value} FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s."who", ${MINUTES};`);
