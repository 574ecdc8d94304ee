import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { Ingest } from '../../shared/config/ingest.ts';
import { errorDetails, log } from '../../shared/observe/log.ts';
import { emitMetrics } from '../../shared/observe/metrics.ts';
import { type Answer, putsAnswer, refusalAnswer } from './answer.ts';
import { readBody } from './body.ts';
import { elementReader } from './elements.ts';
import type { Put, Putter } from './putter.ts';
import { toRecords } from './records.ts';
import { Refusal } from './refusal.ts';

/** Time that is kept for the answer. */
const ANSWER_MS = 500;

/**
 * The function behind POST /<stream>. All records of a request are checked before the first is put;
 * of those that are put, the answer calls accepted what Kinesis has acknowledged, and nothing else.
 */
export function createIngest(ingest: Ingest, put: Putter) {
  const elementsOf = elementReader(ingest.key);
  return async (event: APIGatewayProxyEventV2, context: Context): Promise<Answer> => {
    const started = performance.now();
    try {
      const body = readBody(event, ingest.body, ingest.limitBytes);
      const records = toRecords(elementsOf(body), ingest, event.headers);
      const puts = await put(records, context.getRemainingTimeInMillis() - ANSWER_MS);
      const answer = putsAnswer(puts);
      report(ingest, puts, body.bytes.length, performance.now() - started);
      return answer;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      emitMetrics({ Stream: ingest.stream }, { Requests: 1, RefusedRequests: 1 });
      return refusalAnswer(error);
    }
  };
}

function report({ stream }: Ingest, puts: readonly Put[], bytes: number, ms: number): void {
  const failed = puts.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  if (failed.length > 0) {
    log('error', 'records were not accepted', {
      stream,
      records: failed.length,
      ...errorDetails(failed[0]),
    });
  }
  emitMetrics(
    { Stream: stream },
    {
      Requests: 1,
      AcceptedRecords: puts.length - failed.length,
      FailedRecords: failed.length,
      Bytes: bytes,
      IngestMs: Math.round(ms * 10) / 10,
    },
  );
}
