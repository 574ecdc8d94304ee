/** A user record that Kinesis would refuse; sending it again cannot help. */
export class InvalidUserRecord extends Error {
  override readonly name = 'InvalidUserRecord';
  readonly reason: InvalidReason;
  readonly retryable = false;
  constructor(reason: InvalidReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

export type InvalidReason = 'PARTITION_KEY' | 'EXPLICIT_HASH_KEY' | 'TOO_LARGE';
