import type { StreamRecord } from './types.ts';

export type Outcome =
  | { readonly kind: 'success' }
  /** The first `done` records are processed, all from there on come again. */
  | { readonly kind: 'partial'; readonly done: number }
  | { readonly kind: 'failure'; readonly reason: string };

export interface ResponseRules {
  readonly reportBatchItemFailures: boolean;
  readonly windowed: boolean;
}

/**
 * Reads a function's answer as Lambda does:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 * The lowest reported sequence number is the checkpoint; an identifier that names no record of the
 * batch fails all of it; an answer without identifiers, whatever else it holds, is a success.
 * With a tumbling window the answer must have `state`.
 */
export function readResponse(
  response: unknown,
  records: readonly StreamRecord[],
  rules: ResponseRules,
): Outcome {
  if (rules.windowed && property(response, 'state') === undefined) {
    return { kind: 'failure', reason: 'the answer to a tumbling-window invoke has no `state`' };
  }
  if (!rules.reportBatchItemFailures) return { kind: 'success' };
  const failures = property(response, 'batchItemFailures') ?? [];
  if (!Array.isArray(failures)) {
    return { kind: 'failure', reason: '`batchItemFailures` is not a list' };
  }
  if (failures.length === 0) return { kind: 'success' };

  const indexOf = new Map(records.map((record, index) => [record.sequenceNumber, index]));
  let lowest = records.length;
  for (const failure of failures) {
    const identifier = property(failure, 'itemIdentifier');
    const index = typeof identifier === 'string' ? indexOf.get(identifier) : undefined;
    if (index === undefined) {
      return { kind: 'failure', reason: 'an `itemIdentifier` names no record of the batch' };
    }
    lowest = Math.min(lowest, index);
  }
  return { kind: 'partial', done: lowest };
}

/** A property of an object, or undefined for everything that is no object or lacks it. */
export function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Record<string, unknown>)[name];
}
