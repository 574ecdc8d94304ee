import { formatBatches } from './formats.ts';

type Batch = readonly Buffer[];

/**
 * Batches as Firehose hands them to a transformer (arrival in milliseconds): each format from the
 * stream that the delivery reads; CloudTrail also put to Firehose directly, and damaged.
 */
export function firehoseEvents(
  noon: number,
  batches: Readonly<Record<'cloudtrail' | 'apache', Batch>>,
): Readonly<Record<string, object>> {
  const { cloudtrail } = batches;
  const json = [Buffer.from('{ "id": 12345678901234567890, "price": 12.50 }'), Buffer.from('{}')];
  const streams = Object.entries({ ...batches, json, ...formatBatches(noon) });
  const [first] = cloudtrail as [Buffer];
  const damaged = [first.subarray(0, 80), Buffer.from('{"user":"ann"}'), Buffer.of(0xff), first];
  return {
    ...Object.fromEntries(
      streams.map(([name, batch]) => [name, transformEvent(noon, batch, name)]),
    ),
    'cloudtrail-direct': transformEvent(noon, cloudtrail),
    'cloudtrail-damaged': transformEvent(noon, damaged, 'cloudtrail'),
  };
}

/** An event of such records, a second apart; `stream`: that which the delivery reads, if any. */
export function transformEvent(noon: number, batch: Batch, stream?: string): object {
  const first = 49650000000000000000000000000000000000000000000000000002n;
  const arn = (service: string, what: string) =>
    `arn:aws:${service}:eu-west-1:123456789012:${what}`;
  return {
    invocationId: '00000000-0000-4000-8000-000000000001',
    deliveryStreamArn: arn('firehose', 'deliverystream/sluice-dev-sample'),
    ...(stream && { sourceKinesisStreamArn: arn('kinesis', `stream/sluice-dev-${stream}`) }),
    region: 'eu-west-1',
    records: batch.map((data, i) => {
      const sequenceNumber = String(first + BigInt(i) * 1_000_003n);
      const approximateArrivalTimestamp = noon + 60_000 + i * 1000 + 123;
      const metadata = {
        shardId: 'shardId-000000000000',
        partitionKey: `key-${i}`,
        approximateArrivalTimestamp,
        sequenceNumber,
        subsequenceNumber: '',
      };
      return {
        recordId: `${sequenceNumber}000000`,
        approximateArrivalTimestamp,
        data: data.toString('base64'),
        ...(stream && { kinesisRecordMetadata: metadata }),
      };
    }),
  };
}
