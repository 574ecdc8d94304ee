import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { KinesisStreamBatchResponse } from 'aws-lambda';
import { afterAll, beforeAll, vi } from 'vitest';
import { createConsumer } from '../../functions/aggregate/consumer.ts';
import { createTable, type LocalDynamodb, startDynamodb } from '../../local/dynamodb.ts';
import { readTables, type TableRow } from '../../local/tables.ts';
import type { Application } from '../../shared/config/application.ts';
import { toColumn, type WrittenColumn } from '../../shared/config/columns.ts';
import { openFaultStore } from '../../shared/consume/fault-stores.ts';
import type { FaultyRecord } from '../../shared/consume/faults.ts';
import type { ShardRanges } from '../../shared/consume/shard-ranges.ts';
import type { KinesisBatch } from '../../shared/records/event.ts';
import type { MappedColumn } from '../../shared/records/types.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { checkProgram } from '../../shared/sql/check/check.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import type { Plan } from '../../shared/sql/plan.ts';

export interface JobOptions {
  readonly sql: string;
  /** As streams.yml has them: the type alone, or with a path. */
  readonly columns: Readonly<Record<string, string | WrittenColumn>>;
  readonly format?: Application['stream']['format'];
  readonly compression?: 'gzip';
  readonly latenessMs?: number | null;
  readonly skewMs?: number;
  readonly ranges?: ShardRanges;
  /** Another way to the tables. */
  readonly client?: DynamoDBClient;
}

/** One application over tables and a fault folder of its own. */
export interface Job {
  readonly application: Application;
  readonly send: (event: KinesisBatch) => Promise<KinesisStreamBatchResponse>;
  readonly rows: (output: string) => Promise<readonly TableRow['columns'][]>;
  /** What lies in the fault store, by its place in it. */
  readonly faults: () => Record<string, FaultyRecord>;
  readonly faultFolder: string;
  readonly tables: readonly string[];
  /** All there is: every item of both tables, every object of the fault store, as text. */
  readonly everything: () => Promise<string>;
}

export interface Rig {
  readonly dynamodb: () => LocalDynamodb;
  readonly open: (options: JobOptions) => Promise<Job>;
  /** The lines that were logged since the file began. */
  readonly logged: readonly string[];
}

/** One dynalite and one folder for all tests of a file. */
export function useRig(): Rig {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bad-inputs-'));
  const lines: string[] = [];
  let dynamodb: LocalDynamodb | null = null;
  let jobs = 0;
  beforeAll(async () => {
    vi.spyOn(console, 'log').mockImplementation((line) => lines.push(String(line)));
    dynamodb = await startDynamodb({ tables: [] });
  });
  afterAll(async () => {
    await dynamodb?.stop();
    rmSync(folder, { recursive: true });
    vi.restoreAllMocks();
  });
  return {
    dynamodb: () => dynamodb!,
    logged: lines,
    open: async (options) => {
      jobs += 1;
      const faultFolder = join(folder, `job-${jobs}`);
      mkdirSync(faultFolder);
      const tables = { prefix: `job-${jobs}-`, state: `job-${jobs}-state` };
      const names = [`${tables.prefix}results`, tables.state];
      const { client } = dynamodb!;
      for (const name of names) await createTable(client, name);
      const application = applicationOf(options);
      const graph = arrange(application.plan);
      const store = dynamoStore(options.client ?? client);
      const faultStore = openFaultStore(pathToFileURL(faultFolder).href);
      const services = {
        faults: faultStore,
        ranges: options.ranges ?? null,
        generation: async () => '',
      };
      return {
        application,
        send: createConsumer({ application, graph, tables, store }, services),
        rows: async (output) => {
          const read = await readTables(client, tables.prefix, [application]);
          return read
            .get(application.name)!
            .get(output)!
            .map(({ columns }) => columns);
        },
        faults: () => readFaults(faultFolder),
        faultFolder,
        tables: names,
        everything: async () => {
          const items = await Promise.all(names.map((name) => itemsOf(client, name)));
          return JSON.stringify([items, readFaults(faultFolder)], null, 1);
        },
      };
    },
  };
}

/** As the function gets it: by way of the JSON in its bundle. */
function applicationOf(options: JobOptions): Application {
  const plan = planOf(options);
  const outputs = Object.values(plan.streams)
    .filter(({ declared }) => declared)
    .map(({ name }) => [name, { table: 'results', keepMs: null, spread: 4 }]);
  const { format = 'json', latenessMs = 3_600_000, skewMs = 300_000 } = options;
  const producer = options.ranges === undefined ? 'other' : 'kpl';
  const application: Application = {
    name: 'app',
    stream: {
      name: 'clicks',
      format,
      ...(options.compression ? { compression: options.compression } : {}),
      producer,
      retentionMs: 86_400_000,
    },
    columns: columnsOf(options),
    plan,
    latenessMs,
    skewMs,
    outputs: Object.fromEntries(outputs),
  };
  return JSON.parse(JSON.stringify(application));
}

function planOf(options: JobOptions): Plan {
  const columns = columnsOf(options);
  const sources = [{ name: 'SOURCE_SQL_STREAM_001', columns }];
  const { plan, errors, refused } = checkProgram(options.sql, { sources });
  if (plan === null) throw new Error(JSON.stringify([...errors, ...refused]));
  return plan;
}

function columnsOf({ columns, format = 'json' }: JobOptions): MappedColumn[] {
  return Object.entries(columns).map(([name, column]) => {
    const written = typeof column === 'string' ? { type: column } : column;
    const mapped = toColumn(name, written, format);
    if (mapped === null) throw new Error(`${name} has no SQL type`);
    return mapped;
  });
}

function readFaults(folder: string): Record<string, FaultyRecord> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
  return Object.fromEntries(
    paths.map((path) => [relative(folder, path), JSON.parse(readFileSync(path, 'utf8'))]),
  );
}

async function itemsOf(client: DynamoDBClient, table: string): Promise<string[]> {
  const items: string[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table })) {
    for (const item of Items) {
      items.push(JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))));
    }
  }
  return items.sort();
}
