import type { KinesisBatch } from '../../../shared/records/event.ts';

/** A record with some bytes of data. */
export function plain(partitionKey: string, bytes: number) {
  return { partitionKey, data: Buffer.alloc(bytes, 'x') };
}

const FIRST = 49590338271490256608559692538361571095921575989136588898n;

/** A batch of a shard, its sequence numbers from `first` on. */
export function eventOf(
  records: readonly { readonly partitionKey: string; readonly data: Buffer }[],
  first = FIRST,
  shardId = 'shardId-000000000000',
): KinesisBatch {
  return {
    Records: records.map(({ partitionKey, data }, i) => ({
      eventID: `${shardId}:${first + BigInt(i)}`,
      kinesis: {
        sequenceNumber: String(first + BigInt(i)),
        partitionKey,
        approximateArrivalTimestamp: 1_770_000_000 + i / 1_000,
        data: data.toString('base64'),
      },
    })),
  };
}
