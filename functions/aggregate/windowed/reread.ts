import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { KinesisRecord } from '../../../shared/records/event.ts';
import type { Range } from './state.ts';

/**
 * Gives the records of a range again, in order, in batches as an event holds them. Rejects with
 * RecordsGone when the stream does not have all of them any more.
 */
export type Reread = (shardId: string, range: Range) => AsyncIterable<readonly KinesisRecord[]>;

/** The stream has let go of records that are not in the tables: nothing can bring them back. */
export class RecordsGone extends Error {
  override readonly name = 'RecordsGone';
  readonly retryable = true;
  constructor(shardId: string, { first, last }: Range) {
    super(`${shardId} does not hold all records from ${first} to ${last} any more`);
  }
}

const BATCH_RECORDS = 1_000;
/** A shard answers five reads a second, to all who read it: streams/dev/service-sizes-and-limits.html */
const PAUSE_MS = 250;

/** Reads them from the stream. The Kinesis client is loaded with the first call: few are ever made. */
export function rereadStream(streamName: string): Reread {
  let client: KinesisClient | undefined;
  return async function* (shardId, range) {
    const { GetRecordsCommand, GetShardIteratorCommand, KinesisClient } = await import(
      '@aws-sdk/client-kinesis'
    );
    const { NodeHttpHandler } = await import('@smithy/node-http-handler');
    // Few calls in a function's life: HTTP/1.1 does, and emulators speak nothing else.
    client ??= new KinesisClient({ requestHandler: new NodeHttpHandler(), maxAttempts: 6 });
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName: streamName,
        ShardId: shardId,
        ShardIteratorType: 'AT_SEQUENCE_NUMBER',
        StartingSequenceNumber: range.first,
      }),
    );
    const check = createRangeCheck(shardId, range);
    let iterator = ShardIterator;
    while (!check.isDone()) {
      if (iterator === undefined) throw new RecordsGone(shardId, range);
      const answer = await client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: BATCH_RECORDS }),
      );
      iterator = answer.NextShardIterator;
      const records = (answer.Records ?? []).map((record): KinesisRecord => {
        const { buffer, byteOffset, byteLength } = record.Data!;
        return {
          eventID: `${shardId}:${record.SequenceNumber}`,
          kinesis: {
            sequenceNumber: record.SequenceNumber!,
            partitionKey: record.PartitionKey!,
            approximateArrivalTimestamp: record.ApproximateArrivalTimestamp!.getTime() / 1000,
            data: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
          },
        };
      });
      const wanted = check.take(records);
      if (wanted.length > 0) yield wanted;
      // Behind the last record of the stream there is none that could end the range.
      const isAtTip = records.length === 0 && answer.MillisBehindLatest === 0;
      if (isAtTip) throw new RecordsGone(shardId, range);
      if (!check.isDone()) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
}

/** Cuts what is read to the range, and sees that it begins with its first record. */
export function createRangeCheck(shardId: string, range: Range) {
  const last = BigInt(range.last);
  let begun = false;
  let done = false;
  return {
    isDone: (): boolean => done,
    /** Throws RecordsGone where what comes first is not the first of the range. */
    take: (records: readonly KinesisRecord[]): readonly KinesisRecord[] => {
      const [first] = records;
      if (first === undefined) return [];
      if (!begun && first.kinesis.sequenceNumber !== range.first) {
        throw new RecordsGone(shardId, range);
      }
      begun = true;
      const end = records.findIndex(({ kinesis }) => BigInt(kinesis.sequenceNumber) > last);
      const wanted = end < 0 ? records : records.slice(0, end);
      done = end >= 0 || BigInt(records.at(-1)!.kinesis.sequenceNumber) === last;
      return wanted;
    },
  };
}
