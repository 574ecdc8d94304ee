/** By the names of AWS's errors: what each says of a call, beside what nobody foresaw. */
export type Refusal =
  /** Too many calls just now, of this stream or of the account. */
  | 'throttled'
  /** The stream is not ACTIVE. */
  | 'in-use'
  /** The calls of a day or the shards of the account are used up. */
  | 'limit'
  /** No such stream, or no such shard any more. */
  | 'gone'
  /** The stream is not as it was when the plan was made. */
  | 'refused';

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ResourceInUseException: 'in-use',
  LimitExceededException: 'limit',
  ResourceNotFoundException: 'gone',
  InvalidArgumentException: 'refused',
  ValidationException: 'refused',
};

/** Null for what is no answer of AWS to be expected, such as a missing permission. */
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof Error)) return null;
  return isThrottling(error) ? 'throttled' : (REFUSALS[error.name] ?? null);
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html lists them by service. */
const THROTTLING = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'ProvisionedThroughputExceededException',
]);

export function isThrottling(error: Error): boolean {
  const { $retryable } = error as { readonly $retryable?: { readonly throttling?: boolean } };
  return THROTTLING.has(error.name) || $retryable?.throttling === true;
}
