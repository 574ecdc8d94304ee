/** What a failed call means for the records in it. */
export interface Failure {
  /** `again`: a later try may succeed. `invalid`: one of the records is at fault. `never`: no try will succeed. */
  readonly kind: 'again' | 'invalid' | 'never';
  readonly error: Error;
  readonly isThrottle: boolean;
  /** The records may be in the stream all the same. */
  readonly mayHaveArrived: boolean;
}

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html#API_PutRecords_Errors */
const NEVER = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'UnrecognizedClientException',
]);
const INVALID = new Set([
  'InvalidArgumentException',
  'ValidationException',
  'SerializationException',
]);
const THROTTLES = new Set([
  'ProvisionedThroughputExceededException',
  'LimitExceededException',
  'KMSThrottlingException',
  'ThrottlingException',
]);
/** Nothing has left this machine. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CredentialsProviderError']);

/** Judges what the SDK has thrown for a request. */
export function requestFailure(thrown: unknown): Failure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const isThrottle = THROTTLES.has(error.name);
  if (NEVER.has(error.name) || error.message === 'Region is missing') {
    return { kind: 'never', error, isThrottle, mayHaveArrived: false };
  }
  const { code = '', $metadata } = error as NodeJS.ErrnoException & Metadata;
  // A client that retries by itself shows only its last answer: an earlier one may have been lost.
  const isRepeated = ($metadata?.attempts ?? 1) > 1;
  if (INVALID.has(error.name)) {
    return { kind: 'invalid', error, isThrottle, mayHaveArrived: isRepeated };
  }
  const status = $metadata?.httpStatusCode ?? 0;
  const isRefused = status >= 400 && status < 500;
  const isSent = !NOT_SENT.has(code) && !NOT_SENT.has(error.name);
  return { kind: 'again', error, isThrottle, mayHaveArrived: isRepeated || (isSent && !isRefused) };
}

/** Judges the error code that the answer has for one record. */
export function recordFailure(code: string | undefined, message: string | undefined): Failure {
  const error = new Error(message ?? 'Kinesis gave no answer for the record');
  error.name = code ?? 'NoAnswer';
  const isThrottle = THROTTLES.has(error.name);
  return { kind: 'again', error, isThrottle, mayHaveArrived: !isThrottle };
}

interface Metadata {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
}
