import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { pointerKey, readPointer } from '../functions/aggregate/pointer.ts';
import type { Application } from '../shared/config/application.ts';
import { STATE_TABLE } from '../shared/config/streams.ts';
import { dynamoStore } from '../shared/results/dynamodb.ts';

/** One row of an output, its columns as they stand in DynamoDB; a missing column is NULL. */
export interface TableRow {
  /** Start of its window, ISO 8601. */
  readonly window: string;
  readonly columns: Readonly<Record<string, string | number | boolean>>;
}

/** application -> output -> rows, by window, then in the order of their sort keys or ranks. */
export type Tables = ReadonlyMap<string, ReadonlyMap<string, readonly TableRow[]>>;

interface Found extends TableRow {
  readonly order: string;
}

/**
 * Reads all outputs of the applications, of the generation that is live. `prefix` stands before the
 * logical table names.
 */
export async function readTables(
  client: DynamoDBClient,
  prefix: string,
  applications: readonly Application[],
): Promise<Tables> {
  const found = new Map(
    applications.map(({ name, outputs }) => [
      name,
      new Map(Object.keys(outputs).map((output) => [output, [] as Found[]])),
    ]),
  );
  const names = applications.flatMap(({ outputs }) => Object.values(outputs));
  const live = await liveNames(client, prefix, applications);
  for (const table of new Set(names.map((output) => `${prefix}${output.table}`))) {
    for await (const page of paginateScan({ client }, { TableName: table })) {
      for (const item of page.Items ?? []) collect(item, found, live);
    }
  }
  for (const outputs of found.values()) for (const rows of outputs.values()) rows.sort(byOrder);
  return found;
}

/** By application, what the pointer says; null where no function has run, so that nothing was rebuilt. */
async function liveNames(
  client: DynamoDBClient,
  prefix: string,
  applications: readonly Application[],
): Promise<Map<string, ReadonlySet<string> | null>> {
  const { read } = dynamoStore(client);
  const tables = { prefix, state: `${prefix}${STATE_TABLE}` };
  const live = new Map<string, ReadonlySet<string> | null>();
  for (const application of applications) {
    const { outputs } = readPointer(await read(pointerKey(application, tables)));
    live.set(application.name, outputs === null ? null : new Set(Object.values(outputs)));
  }
  return live;
}

/** pk is application.OUTPUT@generation#window#slot; attributes with _ are the functions' own. */
function collect(
  item: Record<string, AttributeValue>,
  found: Map<string, Map<string, Found[]>>,
  live: ReadonlyMap<string, ReadonlySet<string> | null>,
) {
  const [name = '', window = ''] = item.pk!.S!.split('#');
  const names = live.get(name.slice(0, name.indexOf('.')));
  if (names && !names.has(name)) return;
  const dot = name.indexOf('.');
  const output = name.slice(dot + 1, name.lastIndexOf('@'));
  const rows = found.get(name.slice(0, dot))?.get(output);
  if (rows === undefined || item._gone !== undefined) return;
  const list = item.rows?.L;
  if (list === undefined) {
    rows.push({ window, columns: toColumns(item), order: item.sk!.S! });
    return;
  }
  list.forEach((row, rank) => {
    const order = `${item.sk!.S!} ${String(rank).padStart(4, '0')}`;
    rows.push({ window, columns: toColumns(row.M ?? {}), order });
  });
}

function toColumns(item: Record<string, AttributeValue>): TableRow['columns'] {
  const columns: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(item)) {
    if (name.startsWith('_') || name === 'pk' || name === 'sk' || name === 'expires') continue;
    if (value.N !== undefined) columns[name] = toNumber(value.N);
    else if (value.S !== undefined) columns[name] = value.S;
    else if (value.BOOL !== undefined) columns[name] = value.BOOL;
    else if (value.B !== undefined) columns[name] = Buffer.from(value.B).toString('hex');
  }
  return columns;
}

/** What a JavaScript number cannot hold exactly stays text. */
function toNumber(text: string): number | string {
  const value = Number(text);
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? text : value;
}

function byOrder(a: Found, b: Found): number {
  if (a.window !== b.window) return a.window < b.window ? -1 : 1;
  return a.order < b.order ? -1 : a.order > b.order ? 1 : 0;
}
