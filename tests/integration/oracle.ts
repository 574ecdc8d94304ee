import { DatabaseSync } from 'node:sqlite';
import type { Application } from '../../shared/config/application.ts';
import type { ReadRecord } from '../../shared/records/event.ts';
import { type Outputs, rowText } from './items.ts';

/** What should stand in the tables and with the faults. */
export interface Expected {
  readonly outputs: Outputs;
  /** User records that at least one pump cannot take: `shard/sequence number/sub-sequence number`, sorted. */
  readonly faults: readonly string[];
}

const MINUTE = 60_000;
const THEN = `at - at % ${MINUTE}`;
const NOW = `arrival - arrival % ${MINUTE}`;
const API = `service || ':' || api`;

/** `w` is the window; what begins with "time " is milliseconds. */
const QUERIES: Readonly<Record<string, string>> = {
  CALLS_PER_ADDRESS: `SELECT ${THEN} AS w, ${THEN} AS "time minute", address, COUNT(*) AS calls, COUNT(error) AS failures FROM on_time GROUP BY 1, address`,
  CALLS_PER_SERVICE: `SELECT ${THEN} AS w, ${THEN} AS "time minute", service, COUNT(*) AS calls, COUNT(error) AS failures FROM on_time GROUP BY 1, service`,
  CALLS_PER_API: `SELECT ${THEN} AS w, ${THEN} AS "time minute", service, api, COUNT(*) AS calls FROM on_time GROUP BY 1, service, api`,
  CALLS_PER_USER: `SELECT ${THEN} AS w, ${THEN} AS "time minute", who AS user, COUNT(*) AS calls, MIN(at) AS "time first", MAX(at) AS "time last" FROM on_time GROUP BY 1, who`,
  FAILURES: `SELECT ${THEN} AS w, ${THEN} AS "time minute", error AS errorCode, service, COUNT(*) AS failures FROM on_time WHERE error IS NOT NULL GROUP BY 1, error, service`,
  TOP_API_CALLS: `SELECT w, place AS rank, api, calls FROM (
      SELECT ${NOW} AS w, ${API} AS api, COUNT(*) AS calls,
             ROW_NUMBER() OVER (PARTITION BY ${NOW} ORDER BY COUNT(*) DESC, ${API}) AS place
      FROM calls GROUP BY 1, ${API}) WHERE place <= 10`,
  ACTIVE_USERS: `SELECT ${NOW} AS w, COUNT(DISTINCT who) AS users FROM calls GROUP BY 1`,
};

/** The account-activity tables by another engine: SQLite over the user records of the stream, parsed by JSON.parse. */
export function accountActivity(
  records: readonly ReadRecord[],
  application: Application,
): Expected {
  const { latenessMs, skewMs } = application;
  const db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE calls (id, arrival, at, address, service, api, who, error)');
  const insert = db.prepare('INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const unread: string[] = [];
  db.exec('BEGIN');
  for (const { shardId, sequenceNumber, subSequenceNumber, arrival, data } of records) {
    const id = `${shardId}/${sequenceNumber}/${subSequenceNumber}`;
    const event = readEvent(data);
    if (event === null) unread.push(id);
    else insert.run(id, arrival, ...event);
  }
  db.exec('COMMIT');
  const late = latenessMs === null ? 'FALSE' : `arrival > ${THEN} + ${MINUTE + latenessMs}`;
  db.exec(
    `CREATE VIEW on_time AS SELECT * FROM calls WHERE at <= arrival + ${skewMs} AND NOT ${late}`,
  );
  const refused = db.prepare('SELECT id FROM calls EXCEPT SELECT id FROM on_time').all() as Row[];
  const outputs = Object.entries(QUERIES).map(([name, sql]) => {
    const rows = db.prepare(sql).all() as Row[];
    return [name, rows.map((row) => toText(row, keptMs(application, name))).sort()] as const;
  });
  db.close();
  return {
    outputs: Object.fromEntries(outputs.filter(([, rows]) => rows.length > 0)),
    faults: [...unread, ...refused.map(({ id }) => String(id))].sort(),
  };
}

type Row = Record<string, number | string | null>;

/** The columns of `calls` behind its arrival; null where the record is no event at all. */
function readEvent(data: Buffer): (number | string | null)[] | null {
  let event: Record<string, string | undefined> & { userIdentity?: Record<string, string> };
  try {
    event = JSON.parse(data.toString());
  } catch {
    return null;
  }
  const { eventTime, sourceIPAddress, eventSource, eventName, errorCode } = event;
  const at = eventTime === undefined ? null : Date.parse(eventTime);
  if (Number.isNaN(at)) return null;
  const { userName, arn } = event.userIdentity ?? {};
  const who = userName ?? arn ?? 'unknown';
  return [at, sourceIPAddress, eventSource, eventName, who, errorCode].map((v) => v ?? null);
}

/** NULL columns are left out, as the tables leave them out. */
function toText({ w, ...row }: Row, kept: number | null): string {
  const columns = Object.entries(row).flatMap(([name, value]) => {
    if (value === null) return [];
    if (name.startsWith('time ')) return [[name.slice(5), { S: iso(Number(value)) }]];
    return [[name, typeof value === 'number' ? { N: String(value) } : { S: value }]];
  });
  if (kept !== null) columns.push(['expires', { N: String((Number(w) + MINUTE + kept) / 1000) }]);
  return rowText(iso(Number(w)).replace('.000Z', 'Z'), Object.fromEntries(columns));
}

/** How long behind its window a row stays: as asked for, and longer than a record may touch it. */
function keptMs({ outputs, latenessMs, stream }: Application, name: string): number | null {
  const { keepMs } = outputs[name]!;
  if (keepMs === null || latenessMs === null) return keepMs;
  return Math.max(keepMs, latenessMs + stream.retentionMs + 3 * 86_400_000);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
