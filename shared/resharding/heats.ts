import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { errorDetails, log } from '../observe/log.ts';
import type { Attributes, Condition, ItemKey } from '../results/store.ts';
import { type Heat, mergeHeats } from '../scaling/heat.ts';
import { decodeHeat, encodeHeat } from '../scaling/heat-codec.ts';

/** The attribute that holds what `encodeHeat` gives. */
export const HEAT = 'heat';

/** The partition key under which the heats of a stream lie. */
export function heatsOf(stream: string): string {
  return `heat#${stream}`;
}

/** Where a reader of one shard keeps what it has seen of it, in the state table. */
export function heatKey(table: string, stream: string, shardId: string): ItemKey {
  return { table, pk: heatsOf(stream), sk: shardId };
}

/** A closed shard's heat is kept for twelve half-lives: less than a thousandth of it is left then. */
const KEPT_MS = 60 * 60_000;

/** The item of a shard, with its expiry; `heat.at` is when it is written. */
export function heatItem(heat: Heat): Attributes {
  const expires = Math.ceil((heat.at + KEPT_MS) / 1_000);
  return { [HEAT]: { B: encodeHeat(heat) }, expires: { N: String(expires) } };
}

/** That nobody has written an item since it was so: its expiry moves with every write. */
export function unchanged(item: Attributes | null): Condition {
  const value = item?.expires;
  if (value === undefined) return { kind: 'without', attribute: 'expires' };
  return { kind: 'equals', attribute: 'expires', value };
}

/** Whether an item holds the heat of another: written before, if only the answer was lost. */
export function isSameHeat(item: Attributes | null, other: Attributes): boolean {
  const [one, two] = [item?.[HEAT]?.B, other[HEAT]?.B];
  return one !== undefined && two !== undefined && Buffer.compare(one, two) === 0;
}

/**
 * The heat in an item; null if there is none. One that cannot be read (from another version of the
 * functions, while they are deployed) is logged and taken for none.
 */
export function storedHeat(item: Attributes | null, { pk, sk }: Pick<ItemKey, 'pk' | 'sk'>) {
  const bytes = item?.[HEAT]?.B;
  if (bytes === undefined) return null;
  try {
    return decodeHeat(bytes);
  } catch (error) {
    log('warn', 'the heat of a shard cannot be read', { pk, sk, ...errorDetails(error) });
    return null;
  }
}

/**
 * The heat of a stream: that of all its shards together, closed ones too, as their keys go on in
 * their children. Null if nobody has kept any.
 */
export async function readHeats(
  client: DynamoDBClient,
  table: string,
  stream: string,
  now: number,
): Promise<Heat | null> {
  const heats: Heat[] = [];
  const pages = paginateQuery(
    { client },
    {
      TableName: table,
      KeyConditionExpression: 'pk = :stream',
      ExpressionAttributeValues: { ':stream': { S: heatsOf(stream) } },
    },
  );
  for await (const { Items = [] } of pages) {
    for (const item of Items) {
      const heat = storedHeat(item, { pk: heatsOf(stream), sk: item.sk?.S ?? '' });
      if (heat !== null) heats.push(heat);
    }
  }
  return heats.length === 0 ? null : mergeHeats(heats, now);
}
