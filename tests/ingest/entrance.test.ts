import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFunctions } from '../../infra/build.ts';
import { ingestFunction } from '../../infra/functions/ingest.ts';
import { emulatorEnvironment, kinesisClient } from '../../local/clients.ts';
import { type Entrance, startEntrance } from '../../local/entrance.ts';
import { generateApache } from '../../local/generate/apache.ts';
import { generateCloudTrail } from '../../local/generate/cloudtrail.ts';
import { startKinesis } from '../../local/kinesis.ts';
import { createRuntime } from '../../local/runtime.ts';
import { parseStreams } from '../../shared/config/streams.ts';
import { readStream } from '../producer/stream.ts';

const STREAMS = `streams:
  calls: { shards: 2, format: cloudtrail, producer: kpl, ingest: { key: $.sourceIPAddress } }
  lines: { shards: 2, format: apache, producer: kpl, ingest: { key: "header:X-Host" } }
applications:
  any:
    stream: calls
    sql: any.sql
    schema: { eventName: VARCHAR(64) }
    outputs: { ANY: { table: results } }
`;

const folder = mkdtempSync(join(tmpdir(), 'sluice-entrance-'));
const stops: (() => Promise<void>)[] = [];
let entrance: Entrance;
let endpoint: string;
let port: number;

beforeAll(async () => {
  const streams = Object.values(parseStreams(STREAMS).config!.streams);
  const names = streams.map(({ name }) => ({ name: `sluice-local-${name}`, shards: 2 }));
  const kinesis = await startKinesis({ streams: names });
  stops.push(kinesis.stop);
  endpoint = kinesis.endpoint;
  const functions = streams.flatMap((stream) => ingestFunction(stream, 'sluice-local-'));
  await buildFunctions(functions, folder);
  const routes = functions.map((fn) => {
    const runtime = createRuntime({
      functionName: fn.physicalName,
      folder: join(folder, fn.name),
      environment: {
        ...fn.environment,
        ...emulatorEnvironment({ kinesis: endpoint, dynamodb: '' }),
      },
      timeoutMs: fn.timeoutSeconds * 1000,
      memoryMb: fn.memoryMb,
    });
    stops.push(runtime.stop);
    return [fn.name.replace('ingest-', ''), (event: unknown) => runtime.invoke(event)] as const;
  });
  entrance = await startEntrance({ routes: Object.fromEntries(routes) });
  port = Number(new URL(entrance.url).port);
  stops.push(entrance.stop);
});

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  rmSync(folder, { recursive: true });
});

/** The real file beside the project, or events that are made up where it is not there. */
function records(file: string, made: () => Iterable<{ data: string | Uint8Array }>): string[] {
  const url = new URL(`../../../shared/data/${file}`, import.meta.url);
  const text = existsSync(url)
    ? gunzipSync(readFileSync(url)).toString()
    : [...made()].map(({ data }) => Buffer.from(data).toString()).join('\n');
  return text.split('\n').filter((line) => line !== '');
}

const OPTIONS = { seed: 1, start: Date.UTC(2026, 0), interval: 10, count: 2_000 };

describe('files posted to the packaged functions arrive whole', () => {
  it.each([
    [
      'CloudTrail, gzipped NDJSON',
      'calls',
      () => records('cloudtrail/events.ndjson.gz', () => sound(generateCloudTrail(OPTIONS))),
      { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
    ],
    [
      'access logs, lines of text',
      'lines',
      () => records('weblogs/access.log.gz', () => sound(generateApache(OPTIONS))),
      { 'content-type': 'text/plain; charset=utf-8', 'x-host': 'web-1' },
    ],
  ] as const)('%s', async (_, stream, read, headers) => {
    const all = read();
    expect(all.length).toBeGreaterThan(1_000);
    for (let from = 0; from < all.length; from += 700) {
      const text = all.slice(from, from + 700).join('\n');
      const body = 'content-encoding' in headers ? gzipSync(text) : text;
      const answer = await fetch(`${entrance.url}/${stream}`, { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ accepted: Math.min(700, all.length - from) });
    }
    const client = kinesisClient(endpoint);
    const { users, records: kinesisRecords } = await readStream(client, `sluice-local-${stream}`);
    client.destroy();
    expect(users.map(({ data }) => data.toString()).sort()).toEqual([...all].sort());
    expect(kinesisRecords.length).toBeLessThan(all.length / 10);
    const key =
      stream === 'lines' ? () => 'web-1' : (text: string) => JSON.parse(text).sourceIPAddress;
    for (const { partitionKey, data } of users) expect(partitionKey).toBe(key(data.toString()));
  });
});

/** Without those that are spoiled on purpose. */
function* sound<T extends { fault: unknown }>(events: Iterable<T>): Generator<T> {
  for (const event of events) if (event.fault === null) yield event;
}

describe('what the API answers by itself', () => {
  it.each([
    ['GET', '/calls', 404],
    ['POST', '/nothing', 404],
    ['POST', '/', 404],
    ['POST', '/__proto__', 404],
  ])('%s %s: %i', async (method, path, status) => {
    const answer = await fetch(`${entrance.url}${path}`, { method });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ message: 'Not Found' });
  });

  it('413 past 10 MiB', async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const post = request({ port, path: '/calls', method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      post.on('error', reject);
      post.end(Buffer.alloc(10 * 2 ** 20 + 1, ' '));
    });
    expect(status).toBe(413);
  });
});
