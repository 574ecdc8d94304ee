import { deaggregateSync } from 'aws-kinesis-agg';
import type { NewUserRecord } from '../../shared/kpl/encode.ts';

/** Takes an aggregate apart with aws-kinesis-agg, checksums verified. Throws what it reports. */
export function peerDecode(data: Buffer): NewUserRecord[] {
  const record = {
    kinesisSchemaVersion: '1.0',
    partitionKey: 'a',
    sequenceNumber: '49545115243490985018280067714973144582180062593244200961',
    approximateArrivalTimestamp: 1_700_000_000,
    data: data.toString('base64'),
  };
  let result: NewUserRecord[] = [];
  deaggregateSync(record, true, (error, users) => {
    if (error || users === undefined) throw error;
    result = users.map(({ partitionKey, explicitPartitionKey, data }) => ({
      partitionKey,
      ...(explicitPartitionKey === undefined ? {} : { explicitHashKey: explicitPartitionKey }),
      data: Buffer.from(data, 'base64'),
    }));
  });
  return result;
}
