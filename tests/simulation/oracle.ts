import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { decimal } from './events.ts';
import { minuteOf, type SourceRow } from './model.ts';
import { LATENESS, MINUTE, SKEW, TOP_K } from './program.ts';

/** Rows of an output as texts `window {columns}`, sorted. */
export type Outputs = Readonly<Record<string, readonly string[]>>;

/** Batch SQL over all accepted events, in one pass, by another engine: SQLite. */
export interface Oracle {
  readonly outputs: (rows: readonly SourceRow[], factor: number) => Outputs;
  /** The items of consumers/upsert.ts as texts, sorted. */
  readonly upserted: (rows: readonly SourceRow[]) => readonly string[];
}

const NOW = `arrival - arrival % ${MINUTE}`;
const THEN = `at - at % ${MINUTE}`;
const ON_TIME = `at IS NOT NULL AND at <= arrival + ${SKEW} AND arrival <= ${THEN} + ${MINUTE + LATENESS}`;
const AHEAD = `SELECT ${NOW} AS w, who, COUNT(*) AS calls, SUM(n * :factor) AS score FROM e GROUP BY 1, 2 HAVING SUM(n * :factor) > 0`;
const SHARDS = `SELECT ${NOW} AS w, shard, COUNT(*) AS calls FROM e GROUP BY 1, 2`;

/**
 * `w` is the window; `units` are amounts in units of 1/10,000. The minute of what reads results is
 * the one behind theirs: their ROWTIME is the end of their minute.
 */
const QUERIES: Readonly<Record<string, string>> = {
  TOTALS: `SELECT ${THEN} AS w, ${THEN} AS minute, who, COUNT(*) AS calls, COUNT(amount) AS priced, SUM(amount) AS "units amount" FROM e WHERE ${ON_TIME} GROUP BY 1, who`,
  EXTREMES: `SELECT ${NOW} AS w, ${NOW} AS minute, who, MIN(amount) AS "units low", MAX(amount) AS "units high", SUM(amount) AS "sum mean", COUNT(amount) AS "count mean", COUNT(*) AS calls FROM e GROUP BY 1, who`,
  AHEAD: `SELECT w, w AS minute, who, calls, score FROM (${AHEAD})`,
  CROWD: `SELECT w + ${MINUTE} AS w, w + ${MINUTE} AS minute, COUNT(*) AS people, SUM(score) AS score, MAX(score) AS best FROM (${AHEAD}) GROUP BY 1`,
  SHARDS: `SELECT w, w AS minute, shard, calls FROM (${SHARDS})`,
  PER_MINUTE: `SELECT w + ${MINUTE} AS w, w + ${MINUTE} AS minute, COUNT(*) AS shards, SUM(calls) AS calls, MAX(calls) AS most FROM (${SHARDS}) GROUP BY 1`,
  TOP_ITEMS: `SELECT w, place AS rank, item, calls FROM (SELECT ${NOW} AS w, item, COUNT(*) AS calls, ROW_NUMBER() OVER (PARTITION BY ${NOW} ORDER BY COUNT(*) DESC, item) AS place FROM e WHERE item IS NOT NULL GROUP BY 1, item) WHERE place <= ${TOP_K}`,
  ACTIVE: `SELECT ${NOW} AS w, COUNT(DISTINCT who) AS people FROM e WHERE who IS NOT NULL GROUP BY 1`,
  ROWS_OUT: `SELECT ${NOW} AS w, item, amount AS "units amount", 1000 / n AS share FROM e WHERE item = 'apple' AND (n IS NULL OR n <> 0)`,
  MIXED: `SELECT ${THEN} AS w, ${THEN} AS minute, item AS name, COUNT(*) AS calls FROM e WHERE ${ON_TIME} GROUP BY 1, item UNION ALL SELECT ${THEN}, ${THEN}, who, COUNT(*) FROM e WHERE ${ON_TIME} AND n > 0 GROUP BY 1, who`,
};

/** Of those with the same version the one with the greatest text is shown, as JSON has it. */
const UPSERTED = `
  SELECT item, at, who, n, amount AS "units amount", low AS "units low", most, rows AS _n FROM (
    SELECT item, at, who, n, SUM(amount) OVER own AS amount, MIN(amount) OVER own AS low,
      MAX(n) OVER own AS most, COUNT(*) OVER own AS rows, ROW_NUMBER() OVER (PARTITION BY item
        ORDER BY at DESC, json_array(CAST(at AS TEXT), who, CAST(n AS TEXT)) DESC) AS place
    FROM e WHERE item IS NOT NULL AND at IS NOT NULL WINDOW own AS (PARTITION BY item))
  WHERE place = 1`;

/** One database for all seeds of a process. */
export function openOracle(): Oracle {
  const db = new DatabaseSync(':memory:');
  db.exec(
    'CREATE TABLE e (shard TEXT, arrival INTEGER, at INTEGER, who TEXT, item TEXT, amount INTEGER, n INTEGER)',
  );
  const insert = db.prepare('INSERT INTO e VALUES (?, ?, ?, ?, ?, ?, ?)');
  const queries = Object.entries(QUERIES).map(([name, sql]) => [name, db.prepare(sql)] as const);
  const upserted = db.prepare(UPSERTED);
  let held: readonly SourceRow[] | null = null;

  const load = (rows: readonly SourceRow[]): void => {
    if (rows === held) return;
    held = rows;
    db.exec('BEGIN; DELETE FROM e');
    for (const { shardId, arrival, event } of rows) {
      const { at, who, item, amount, n } = event;
      insert.run(shardId, arrival, at, who, item, amount, n);
    }
    db.exec('COMMIT');
  };
  return {
    outputs: (rows, factor) => {
      load(rows);
      return Object.fromEntries(
        queries.map(([name, query]) => {
          const found = QUERIES[name]!.includes(':factor') ? all(query, { factor }) : all(query);
          return [name, found.map(rowText).sort()];
        }),
      );
    },
    upserted: (rows) => {
      load(rows);
      return all(upserted).map(columnsText).sort();
    },
  };
}

type Row = Record<string, number | string | null>;

function all(query: StatementSync, parameters: Record<string, number> = {}): Row[] {
  return query.all(parameters) as Row[];
}

function rowText({ w, ...row }: Row): string {
  return `${minuteOf(Number(w))} ${columnsText(row)}`;
}

function columnsText(row: Row): string {
  const columns: Record<string, string> = {};
  for (const [name, value] of Object.entries(row)) {
    if (value === null || name.startsWith('count ')) continue;
    if (name === 'minute') columns.minute = new Date(Number(value)).toISOString();
    else if (name.startsWith('units ')) columns[name.slice(6)] = decimal(BigInt(value));
    else if (name === 'sum mean') {
      columns.mean = String(Number(decimal(BigInt(value))) / Number(row['count mean']));
    } else columns[name] = String(value);
  }
  return sortedText(columns);
}

export function outputText(window: string, columns: Readonly<Record<string, unknown>>): string {
  return `${window} ${sortedText(columns)}`;
}

export function sortedText(columns: Readonly<Record<string, unknown>>): string {
  const sorted = Object.entries(columns).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}
