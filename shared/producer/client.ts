import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface ClientOptions {
  /** Default: of the environment. */
  readonly region?: string;
  /** Instead of AWS's own, such as that of an emulator. */
  readonly endpoint?: string;
}

/**
 * A client as a producer needs it. It does not retry by itself: the SDK would send a whole request
 * again, behind the producer's back, which keeps order and counts what may have come twice. It
 * speaks HTTP/1.1, for emulators; requests of hundreds of records gain nothing from HTTP/2.
 */
export function producerClient({ region, endpoint }: ClientOptions = {}): KinesisClient {
  return new KinesisClient({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 3_000 }),
  });
}
