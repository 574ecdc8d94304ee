import { type KinesisClient, ListShardsCommand, type Shard } from '@aws-sdk/client-kinesis';
import { streamAddress } from './stream-address.ts';

/** All shards of a stream (name or ARN), closed ones included, over all pages. */
export async function listShards(client: KinesisClient, stream: string): Promise<Shard[]> {
  const shards: Shard[] = [];
  let token: string | undefined;
  do {
    const request = token === undefined ? streamAddress(stream) : { NextToken: token };
    const answer = await client.send(new ListShardsCommand(request));
    shards.push(...(answer.Shards ?? []));
    token = answer.NextToken;
  } while (token !== undefined);
  return shards;
}
