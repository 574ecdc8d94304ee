import { DatabaseSync } from 'node:sqlite';
import type { ReadRecord } from '../../shared/records/event.ts';

/**
 * The account-activity tables by another engine: SQLite over the records of the stream, parsed by
 * JSON.parse. Rows as sorted JSON of their columns.
 */
export function accountActivity(records: readonly ReadRecord[]): Record<string, string[]> {
  const db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE calls (arrival, at, address, service, api, who, error)');
  const insert = db.prepare('INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?)');
  db.exec('BEGIN');
  for (const { arrival, data } of records) {
    const event = JSON.parse(data.toString());
    const { userName, arn } = event.userIdentity ?? {};
    const at = Date.parse(event.eventTime);
    const who = userName ?? arn ?? 'unknown';
    const { sourceIPAddress, eventSource, eventName, errorCode } = event;
    insert.run(
      arrival,
      at,
      sourceIPAddress ?? null,
      eventSource,
      eventName,
      who,
      errorCode ?? null,
    );
  }
  db.exec('COMMIT');
  const iso = (ms: string): string =>
    `strftime('%Y-%m-%dT%H:%M:%S', ${ms} / 1000, 'unixepoch') || printf('.%03dZ', ${ms} % 1000)`;
  const minute = iso('(at - at % 60000)');
  const queries: Record<string, string> = {
    CALLS_PER_ADDRESS: `SELECT ${minute} AS "minute", address AS "address", COUNT(*) AS "calls", COUNT(error) AS "failures" FROM calls GROUP BY 1, 2`,
    CALLS_PER_SERVICE: `SELECT ${minute} AS "minute", service AS "service", COUNT(*) AS "calls", COUNT(error) AS "failures" FROM calls GROUP BY 1, 2`,
    CALLS_PER_API: `SELECT ${minute} AS "minute", service AS "service", api AS "api", COUNT(*) AS "calls" FROM calls GROUP BY 1, 2, 3`,
    CALLS_PER_USER: `SELECT ${minute} AS "minute", who AS "user", COUNT(*) AS "calls", ${iso('MIN(at)')} AS "first", ${iso('MAX(at)')} AS "last" FROM calls GROUP BY at - at % 60000, who`,
    FAILURES: `SELECT ${minute} AS "minute", error AS "errorCode", service AS "service", COUNT(*) AS "failures" FROM calls WHERE error IS NOT NULL GROUP BY 1, 2, 3`,
    TOP_API_CALLS: `SELECT "api", "calls" FROM (
        SELECT service || ':' || api AS "api", COUNT(*) AS "calls",
               ROW_NUMBER() OVER (PARTITION BY arrival - arrival % 60000 ORDER BY COUNT(*) DESC, service || ':' || api) AS place
        FROM calls GROUP BY arrival - arrival % 60000, service || ':' || api) WHERE place <= 10`,
    ACTIVE_USERS: `SELECT COUNT(DISTINCT who) AS "users" FROM calls GROUP BY arrival - arrival % 60000`,
  };
  return Object.fromEntries(
    Object.entries(queries).map(([stream, sql]) => [
      stream,
      db.prepare(sql).all().map(rowText).sort(),
    ]),
  );
}

/** Columns in the order of their names; NULL columns are left out, as the tables leave them out. */
export function rowText(row: object): string {
  const columns = Object.entries(row).filter(([, value]) => value !== null);
  return JSON.stringify(Object.fromEntries(columns.sort(([a], [b]) => (a < b ? -1 : 1))));
}
