import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { EncodedRecord } from '../kpl/encode.ts';
import { type Failure, recordFailure, requestFailure } from './failures.ts';
import { streamAddress } from './stream-address.ts';

/** What became of one Kinesis record. */
export type Answer =
  | { readonly kind: 'arrived'; readonly shardId: string; readonly sequenceNumber: string }
  | Failure;

export interface Answers {
  /** In the order of the records. */
  readonly answers: readonly Answer[];
  /** The client has sent the request more than once by itself. */
  readonly isRepeated: boolean;
}

/** Sends one PutRecords request. Never rejects: whatever goes wrong is an answer for each record. */
export async function putRecords(
  client: KinesisClient,
  stream: string,
  records: readonly EncodedRecord[],
  abortSignal: AbortSignal,
): Promise<Answers> {
  const Records = records.map(({ data, partitionKey, explicitHashKey }) => ({
    Data: data,
    PartitionKey: partitionKey,
    ...(explicitHashKey !== undefined && { ExplicitHashKey: explicitHashKey }),
  }));
  try {
    const command = new PutRecordsCommand({ ...streamAddress(stream), Records });
    const result = await client.send(command, { abortSignal });
    const answers = records.map((_, i): Answer => {
      const { ShardId, SequenceNumber, ErrorCode, ErrorMessage } = result.Records?.[i] ?? {};
      if (ShardId && SequenceNumber) {
        return { kind: 'arrived', shardId: ShardId, sequenceNumber: SequenceNumber };
      }
      return recordFailure(ErrorCode, ErrorMessage);
    });
    return { answers, isRepeated: (result.$metadata.attempts ?? 1) > 1 };
  } catch (error) {
    const failure = requestFailure(error);
    return { answers: records.map(() => failure), isRepeated: false };
  }
}
