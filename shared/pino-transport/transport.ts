import { setImmediate } from 'node:timers/promises';
import build from 'pino-abstract-transport';
import { createProducer, type Producer, producerClient } from '../producer/producer.ts';
import { createLosses, type Losses } from './losses.ts';
import { readTransportOptions, type TransportOptions } from './options.ts';
import { partitionKeyOf } from './partition-key.ts';

export type { TransportOptions } from './options.ts';

/**
 * A pino transport that puts each log line into a Kinesis stream as one user record:
 * `pino({ transport: { target: …, options: { stream: 'logs', partitionKeyField: 'requestId' } } })`.
 * pino runs it in a worker thread. A line that cannot be delivered never reaches the application:
 * it is counted and told on standard error. Throws RangeError for options that are wrong.
 */
export default function kinesisTransport(options: TransportOptions) {
  const { client: clientOptions, producer: own, closeMs, ...how } = readTransportOptions(options);
  const client = producerClient(clientOptions);
  const stop = new AbortController();
  const losses = createLosses(own.stream);
  const producer = createProducer({
    ...{ ...own, client, signal: stop.signal },
    onFailure: ({ name, message }) => losses.add(`${name}: ${message}`),
  });
  const keyOf = partitionKeyOf(how.partitionKeyField);
  const stream = build((source) => forward(source, producer, losses, keyOf, how.whenFull), {
    // Lines as they are: what is no JSON is sent, too.
    parse: 'lines',
    parseLine: () => ({}),
    metadata: false,
    async close() {
      const late = setTimeout(() => stop.abort(), closeMs);
      await producer.close();
      clearTimeout(late);
      losses.end();
      client.destroy();
    },
  });
  // For the flush of pino's logger, which comes behind the lines that it has written.
  const flush = async (): Promise<void> => {
    while (stream.readableLength > 0) await setImmediate();
    await producer.flush();
  };
  return Object.assign(stream, { flush });
}

async function forward(
  source: AsyncIterable<string>,
  producer: Producer,
  losses: Losses,
  keyOf: (line: string) => string,
  whenFull: 'drop' | 'wait',
): Promise<void> {
  for await (const line of source) {
    if (line === '') continue;
    if (whenFull === 'wait') await producer.ready();
    else if (!producer.hasRoom()) {
      losses.add('BufferFull: Kinesis does not take them as fast as they come');
      continue;
    }
    void producer.put({ partitionKey: keyOf(line), data: line });
  }
}
