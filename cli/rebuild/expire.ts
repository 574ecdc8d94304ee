import {
  type AttributeValue,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { eachLimit } from '../../shared/consume/each-limit.ts';
import type { Scan } from './compare.ts';
import { nameOf } from './figures.ts';

/** Writes in flight at a time: few beside those of the functions. */
const WIDTH = 16;

/**
 * Gives all items of some generations a TTL, `expires` in seconds since 1970, where they have none
 * or a later one. Reads each table once; called again it does what is left. Gives how many it changed.
 */
export async function expire(
  client: DynamoDBClient,
  scan: Scan,
  tables: readonly string[],
  names: readonly string[],
  expires: number,
  onProgress: (items: number, expired: number) => void,
): Promise<number> {
  const known = new Set(names);
  let items = 0;
  let expired = 0;
  for (const table of tables) {
    for await (const page of scan(table)) {
      const old = page.filter(
        (item) => known.has(nameOf(item)) && !(Number(item.expires?.N ?? Infinity) <= expires),
      );
      await eachLimit(old, WIDTH, async ({ pk, sk }) => {
        if (await shorten(client, table, { pk: pk!, sk: sk! }, expires)) expired++;
      });
      items += page.length;
      onProgress(items, expired);
    }
  }
  return expired;
}

/** False: it is gone already, or goes sooner. */
async function shorten(
  client: DynamoDBClient,
  table: string,
  key: Record<'pk' | 'sk', AttributeValue>,
  expires: number,
): Promise<boolean> {
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: key,
        UpdateExpression: 'SET #expires = :expires',
        // Never makes an item that TTL has just removed.
        ConditionExpression:
          'attribute_exists(pk) AND (attribute_not_exists(#expires) OR #expires > :expires)',
        ExpressionAttributeNames: { '#expires': 'expires' },
        ExpressionAttributeValues: { ':expires': { N: String(expires) } },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}
