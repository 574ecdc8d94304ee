import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutRecordCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { afterEach, describe, expect, it } from 'vitest';
import { kinesisClient } from '../../local/clients.ts';
import { startDynamodb } from '../../local/dynamodb.ts';
import { startKinesis } from '../../local/kinesis.ts';
import { startMapping } from '../../local/mapping/mapping.ts';
import type { MappingEvent } from '../../local/mapping/types.ts';
import { freePorts } from '../../local/ports.ts';
import { realClock } from '../../local/real-clock.ts';
import { kinesisSource } from '../../local/source.ts';
import { SETTINGS } from './mapping-harness.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Takes a port, as some other program would. */
async function occupy(): Promise<number> {
  const [port] = await freePorts([0]);
  const server = createServer().listen(port);
  await once(server, 'listening');
  stops.push(() => new Promise((resolve) => server.close(() => resolve())));
  return port!;
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('emulators', () => {
  it('a busy port is worked around; stop leaves no process', async () => {
    const port = await occupy();
    const kinesis = await startKinesis({ streams: [{ name: 'orders', shards: 1 }], port });
    stops.push(kinesis.stop);
    expect(kinesis.port).not.toBe(port);
    expect(alive(kinesis.pid)).toBe(true);
    await kinesis.stop();
    expect(alive(kinesis.pid)).toBe(false);

    const dynamodb = await startDynamodb({ tables: ['results'], port });
    stops.push(dynamodb.stop);
    expect(dynamodb.port).not.toBe(port);
    const Key = { pk: { S: 'a' }, sk: { S: 'b' } };
    const { client } = dynamodb;
    await client.send(
      new PutItemCommand({ TableName: 'results', Item: { ...Key, n: { N: '1' } } }),
    );
    const { Item } = await client.send(new GetItemCommand({ TableName: 'results', Key }));
    expect(Item).toEqual({ ...Key, n: { N: '1' } });
  });

  it('Kinesis ends with its parent, even when that is killed', async () => {
    const module = new URL('../../local/kinesis.ts', import.meta.url).href;
    const script = `
      const { startKinesis } = await import(${JSON.stringify(module)});
      const { pid } = await startKinesis({ streams: [] });
      console.log(pid);
      setInterval(() => {}, 1000);`;
    const args = ['--input-type=module', '-e', script];
    const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(alive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => alive(pid), { timeout: 10_000 }).toBe(false);
  });

  it('the mapping reads kinesis-local, through a split', async () => {
    const kinesis = await startKinesis({ streams: [{ name: 'orders', shards: 1 }] });
    stops.push(kinesis.stop);
    const client = kinesisClient(kinesis.endpoint);
    stops.push(async () => client.destroy());
    const put = (text: string, partitionKey: string) =>
      client.send(
        new PutRecordCommand({
          StreamName: 'orders',
          Data: Buffer.from(text),
          PartitionKey: partitionKey,
        }),
      );
    const seen: string[] = [];
    const mapping = startMapping({
      source: kinesisSource(client, 'orders'),
      clock: realClock,
      settings: { ...SETTINGS, pollMs: 100, discoverMs: 500 },
      invoke: async (event: MappingEvent) => {
        for (const { kinesis } of event.Records) {
          expect(Math.abs(kinesis.approximateArrivalTimestamp * 1000 - Date.now())).toBeLessThan(
            60_000,
          );
          seen.push(Buffer.from(kinesis.data, 'base64').toString());
        }
        return {};
      },
    });
    stops.push(mapping.stop);
    await put('before', 'a');
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['before']);
    const ShardToSplit = 'shardId-000000000000';
    const half = String(2n ** 127n);
    const split = { StreamName: 'orders', ShardToSplit, NewStartingHashKey: half };
    await client.send(new SplitShardCommand(split));
    await expect.poll(() => mapping.ended.has(ShardToSplit), { timeout: 20_000 }).toBe(true);
    for (const key of 'abcdefgh') await put(key, key);
    await expect.poll(() => seen.slice(1).sort().join(''), { timeout: 20_000 }).toBe('abcdefgh');
    expect(mapping.checkpoints.size).toBe(3);
  });
});
