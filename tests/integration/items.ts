import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { ServiceTable } from '../../infra/service.ts';
import type { FaultyRecord } from '../../shared/consume/faults.ts';
import { heatsOf } from '../../shared/resharding/heats.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** Every item of some tables, with fences, revisions, expiry and all, by `table pk sk`. */
export type Items = ReadonlyMap<string, Attributes>;

/** Rows of each output as texts `window {columns}`, sorted. */
export type Outputs = Readonly<Record<string, readonly string[]>>;

export async function scan(
  client: DynamoDBClient,
  tables: readonly ServiceTable[],
): Promise<Items> {
  const items = new Map<string, Attributes>();
  for (const { name, physicalName } of tables) {
    for await (const { Items = [] } of paginateScan({ client }, { TableName: physicalName })) {
      for (const item of Items) items.set(`${name} ${item.pk!.S} ${item.sk!.S}`, item);
    }
  }
  return items;
}

/**
 * Two equal texts, two equal tables: all attributes as DynamoDB sends them. But for the pointer, which
 * says where each side sets its faults aside; heat, which is a sample; epochs, which tell when who has
 * read; and the revision of a top list, which counts its changes.
 */
export function itemTexts(items: Items): string[] {
  return [...items]
    .filter(([, { pk, sk }]) => sk!.S !== 'live' && !isOfTheWay(pk!.S!))
    .map(([id, item]) => `${id} ${wireText(withoutRevision(item))}`)
    .sort();
}

function isOfTheWay(pk: string): boolean {
  return pk.startsWith(heatsOf('')) || pk.includes('.epochs');
}

function withoutRevision(item: Attributes): Attributes {
  const revision = item._top === undefined ? item.rows && '_rev' : '_n';
  return Object.fromEntries(Object.entries(item).filter(([name]) => name !== revision));
}

/** The rows of the results as a reader finds them, columns and expiry still in DynamoDB's JSON. */
export function outputsOf(items: Items): Outputs {
  const outputs: Record<string, string[]> = {};
  for (const [id, item] of items) {
    // pk is application.OUTPUT@generation#window#slot
    const [, output, window] = /^results [^.]+\.([^@]+)@[^#]+#([^#]+)#/.exec(id) ?? [];
    if (output === undefined || window === undefined || item._gone !== undefined) continue;
    const { expires } = item;
    const listed = item.rows?.L?.map(({ M }, i) => ({ ...M, rank: { N: String(i + 1) } }));
    const rows = (listed ?? [item]).map((row) => (expires ? { ...row, expires } : row));
    outputs[output] ??= [];
    outputs[output].push(...rows.map((row) => rowText(window, visible(row))));
  }
  for (const rows of Object.values(outputs)) rows.sort();
  return outputs;
}

export function rowText(window: string, columns: Attributes): string {
  return `${window} ${wireText(columns)}`;
}

/** What lies in a folder of faults. */
export function readFaults(folder: string): FaultyRecord[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

/** Without the keys and the functions' own. */
function visible({ pk, sk, ...item }: Attributes): Attributes {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !name.startsWith('_')));
}

/** JSON with the attributes in the order of their names, and binary as hexadecimal digits. */
function wireText(item: Attributes): string {
  const names = Object.keys(item).sort();
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, item[name]!])), (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  );
}
