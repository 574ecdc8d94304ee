import type { ClientOptions } from '../producer/client.ts';
import type { ProducerOptions } from '../producer/producer.ts';

/** Options of the transport, as a user gives them to pino: plain data, since they go to a worker thread. */
export interface TransportOptions
  extends ClientOptions,
    Pick<
      ProducerOptions,
      'stream' | 'aggregation' | 'lingerMs' | 'recordTtlMs' | 'bufferBytes' | 'maxRecordBytes'
    > {
  /** Field of the log line whose value is the partition key, such as `requestId`. Without it, or where a line lacks it: random. */
  readonly partitionKeyField?: string;
  /** When the buffer is full: 'drop' new lines and count them, or 'wait', which holds up the application's logging. */
  readonly whenFull?: 'drop' | 'wait';
  /** How long the end of the application may take for what is still to be sent, milliseconds. */
  readonly closeMs?: number;
}

const KNOWN = new Set([
  ...['stream', 'region', 'endpoint', 'partitionKeyField', 'whenFull', 'closeMs'],
  ...['aggregation', 'lingerMs', 'recordTtlMs', 'bufferBytes', 'maxRecordBytes'],
  // Added by pino itself.
  ...['pinoWillSendConfig', 'levels', '$context'],
]);

/** Long enough for an outage: how many lines it holds is for bufferBytes to say. */
const RECORD_TTL_MS = 10 * 60_000;
/** pino ends the worker of an application that exits after 10 s. */
const CLOSE_MS = 8_000;
const CLOSE_MAX_MS = 9_000;

/** Checks the options that are the transport's own (the producer checks the others) and fills in defaults. Throws RangeError. */
export function readTransportOptions(given: TransportOptions) {
  const { region, endpoint, partitionKeyField = null, whenFull = 'drop', ...rest } = given;
  const { closeMs = CLOSE_MS, recordTtlMs = RECORD_TTL_MS, ...more } = rest;
  const problems = Object.keys(given)
    .filter((name) => !KNOWN.has(name))
    .map((name) => `there is no option ${name}`);
  if (!['drop', 'wait'].includes(whenFull)) {
    problems.push(`whenFull must be 'drop' or 'wait', and is '${whenFull}'`);
  }
  if (!(closeMs >= 0 && closeMs <= CLOSE_MAX_MS)) {
    problems.push(`closeMs must be from 0 to ${CLOSE_MAX_MS}, and is ${closeMs}`);
  }
  if (partitionKeyField !== null && typeof partitionKeyField !== 'string') {
    problems.push('partitionKeyField must be the name of a field');
  }
  if (problems.length > 0) throw new RangeError(`Kinesis transport: ${problems.join('; ')}`);
  const { stream, aggregation, lingerMs, bufferBytes, maxRecordBytes } = more;
  return {
    client: { ...(region && { region }), ...(endpoint && { endpoint }) },
    producer: {
      ...{ stream, recordTtlMs },
      ...(aggregation !== undefined && { aggregation }),
      ...(lingerMs !== undefined && { lingerMs }),
      ...(bufferBytes !== undefined && { bufferBytes }),
      ...(maxRecordBytes !== undefined && { maxRecordBytes }),
    },
    ...{ partitionKeyField, whenFull, closeMs },
  };
}
