import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { EncodedRecord } from '../kpl/encode.ts';
import { backOffMs } from '../producer/back-off.ts';
import { producerClient } from '../producer/client.ts';
import { putRecords } from '../producer/put-records.ts';
import { REQUEST_RECORDS } from '../producer/settings.ts';

/** Of one PutRecords request, keys included; PutRecords takes 10 MiB. */
const REQUEST_BYTES = 5 * 2 ** 20;
/** How long the answer to one request is waited for. */
const ANSWER_MS = 6_000;

export interface PutBack {
  /** Name or ARN. */
  readonly stream: string;
  /** Best one that does not retry by itself. Default: such a one, of the environment. */
  readonly client?: KinesisClient;
}

/**
 * Puts records into the stream until `deadline` (of performance.now()), with back-off, only those
 * again that failed. Gives for each whether it is in the stream; one that is not may be there all
 * the same, where an answer was lost. Never rejects.
 */
export async function putBack(
  { client: given, stream }: PutBack,
  records: readonly EncodedRecord[],
  deadline: number,
): Promise<readonly boolean[]> {
  const client = given ?? sharedClient();
  const arrived = records.map(() => false);
  let waiting = records.map((_, i) => i);
  let most = REQUEST_RECORDS;
  for (let failures = 0; waiting.length > 0; ) {
    const pauseMs = failures === 0 ? 0 : backOffMs(failures);
    const leftMs = deadline - performance.now() - pauseMs;
    if (leftMs <= 0) break;
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const sent = firstRequest(waiting, records, most);
    const signal = AbortSignal.timeout(Math.ceil(Math.min(ANSWER_MS, leftMs)));
    const batch = sent.map((i) => records[i]!);
    const { answers } = await putRecords(client, stream, batch, signal);
    for (const [at, { kind }] of answers.entries()) arrived[sent[at]!] = kind === 'arrived';
    const again = sent.filter((_, at) => answers[at]!.kind === 'again');
    failures = again.length > 0 ? failures + 1 : 0;
    const rest = waiting.slice(sent.length);
    // A record at fault, such as one beyond the stream's limit, takes its request with it.
    const isInvalid = answers[0]!.kind === 'invalid';
    waiting = isInvalid && sent.length > 1 ? waiting : [...again, ...rest];
    if (isInvalid) most = 1;
  }
  return arrived;
}

/** What goes together: at least one record, then as many as a request takes. */
function firstRequest(
  waiting: readonly number[],
  records: readonly EncodedRecord[],
  most: number,
): readonly number[] {
  let bytes = 0;
  const end = waiting.findIndex((index, position) => {
    const { data, partitionKey } = records[index]!;
    bytes += data.length + Buffer.byteLength(partitionKey);
    return position > 0 && (position >= most || bytes > REQUEST_BYTES);
  });
  return end < 0 ? waiting : waiting.slice(0, end);
}

let kept: KinesisClient | undefined;

function sharedClient(): KinesisClient {
  kept ??= producerClient();
  return kept;
}
