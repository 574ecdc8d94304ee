import type { FirehoseEvent, FirehoseResponse } from '../../shared/firehose/event.ts';

export const ARRIVAL = Date.UTC(2026, 4, 2, 23, 59, 58, 123);

export interface EventOptions {
  /** Producers put to Firehose itself: there is no stream. */
  readonly direct?: boolean;
  readonly arrival?: number;
}

/**
 * An event as Firehose sends it to a transformer
 * (https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html): arrival in milliseconds.
 */
export function firehoseEvent(
  data: readonly (Uint8Array | string)[],
  { direct = false, arrival = ARRIVAL }: EventOptions = {},
): FirehoseEvent {
  return {
    invocationId: '0c5c1d6a-6d2b-4c1e-9a53-6d3a7f3c9a11',
    deliveryStreamArn: 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/sluice-dev-archive',
    ...(!direct && {
      sourceKinesisStreamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/sluice-dev-audit',
    }),
    region: 'eu-west-1',
    records: data.map((bytes, i) => ({
      recordId: String(49590338271490256608559692538361571095921575989136588898n + BigInt(i)),
      approximateArrivalTimestamp: arrival + i,
      data: Buffer.from(bytes).toString('base64'),
      ...(!direct && {
        kinesisRecordMetadata: {
          shardId: 'shardId-000000000000' as const,
          partitionKey: `key-${i}`,
          approximateArrivalTimestamp: arrival + i,
          sequenceNumber: String(
            49590338271490256608559692538361571095921575989136588898n + BigInt(i),
          ),
          subsequenceNumber: '',
        },
      }),
    })),
  };
}

export const MINUTES = { getRemainingTimeInMillis: () => 300_000 };

/** What came of each record: its text, or the result that it has in its place. */
export function textsOf({ records }: FirehoseResponse): string[] {
  return records.map(({ result, data }) =>
    result === 'Ok' ? Buffer.from(data ?? '', 'base64').toString() : result,
  );
}

/** Runs `work` and gives what it wrote to the log, line by line, parsed. */
export async function logOf(work: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(line);
  try {
    await work();
  } finally {
    console.log = log;
  }
  return lines.map((line) => JSON.parse(line));
}
