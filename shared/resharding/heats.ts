import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { errorDetails, log } from '../observe/log.ts';
import type { ItemKey } from '../results/store.ts';
import { type Heat, mergeHeats } from '../scaling/heat.ts';
import { decodeHeat } from '../scaling/heat-codec.ts';

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

/**
 * The heat of a stream: that of all its shards together, closed ones too, as their keys go on in
 * their children. Null if nobody has kept any. One that cannot be read (from another version of the
 * functions, while they are deployed) is left out and logged.
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
    for (const { sk, heat } of Items) {
      try {
        if (heat?.B) heats.push(decodeHeat(heat.B));
      } catch (error) {
        log('warn', 'the heat of a shard cannot be read', {
          stream,
          shardId: sk?.S,
          ...errorDetails(error),
        });
      }
    }
  }
  return heats.length === 0 ? null : mergeHeats(heats, now);
}
