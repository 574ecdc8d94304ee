/** Why a put() was rejected. `retryable`: putting the record again may succeed. */
export class ProducerError extends Error {
  override readonly name: string = 'ProducerError';
  readonly retryable: boolean = true;
}

/** The record was not taken: more waits to be sent than the buffer holds twice over. */
export class BufferFull extends ProducerError {
  override readonly name = 'BufferFull';
}

/** put() after close(). */
export class ProducerClosed extends ProducerError {
  override readonly name = 'ProducerClosed';
  override readonly retryable = false;
}

/** The record was taken and is given up. */
export class DeliveryError extends ProducerError {
  override readonly name: string = 'DeliveryError';
  /** How often it was sent. */
  readonly attempts: number;
  /** True if it may be in the stream all the same: an answer was lost. False: it is not. */
  readonly mayHaveArrived: boolean;
  constructor(message: string, { attempts, mayHaveArrived }: Tries, cause?: unknown) {
    super(message, { cause });
    this.attempts = attempts;
    this.mayHaveArrived = mayHaveArrived;
  }
}

export interface Tries {
  readonly attempts: number;
  readonly mayHaveArrived: boolean;
}

/** The record's time to live has passed; `cause` is why the last try failed, if there was one. */
export class RecordExpired extends DeliveryError {
  override readonly name = 'RecordExpired';
}

/** Kinesis refuses it and no retry would help (no such stream, no permission, invalid): see `cause`. */
export class PutRefused extends DeliveryError {
  override readonly name = 'PutRefused';
  override readonly retryable = false;
}

/** The producer's AbortSignal was aborted before the record was delivered. */
export class PutAborted extends DeliveryError {
  override readonly name = 'PutAborted';
}

/** The stream's shards cannot be listed, so nothing can be placed: see `cause`. */
export class StreamUnavailable extends DeliveryError {
  override readonly name = 'StreamUnavailable';
}
