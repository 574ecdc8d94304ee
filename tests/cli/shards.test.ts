import { join } from 'node:path';
import { CreateStreamCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { shards as command } from '../../cli/shards/command.ts';
import { emulatorEnvironment, kinesisClient } from '../../local/clients.ts';
import { type LocalCloudWatch, startCloudWatch } from '../../local/cloudwatch.ts';
import { type LocalDynamodb, startDynamodb } from '../../local/dynamodb.ts';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import { hashKeyOf } from '../../shared/kpl/hash-key.ts';
import { heatItem, heatKey } from '../../shared/resharding/heats.ts';
import { openShards } from '../../shared/resharding/stream.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { addToHeat, emptyHeat } from '../../shared/scaling/heat.ts';
import { inOrder } from '../../shared/scaling/ring.ts';
import { MINUTE } from '../scaling/arbitrary.ts';
import { capture, folder, run, sluice } from './run.ts';

const STREAMS = `streams:
  even: { shards: 1, format: json, scaling: { max: 8 } }
  skewed: { shards: 2, format: json, scaling: { min: 2, max: 8, target: 0.7 } }
  plain: { shards: 1, format: json }
  tap: { shards: 1, format: json }
`;
const HOT = 'the one and only';
/** Records a second of 100 bytes. */
const LOADS: Record<string, number> = { 'sluice-dev-even': 1_600, 'sluice-dev-skewed': 1_300 };

let kinesis: LocalKinesis;
let dynamodb: LocalDynamodb;
let cloudwatch: LocalCloudWatch;
let client: ReturnType<typeof kinesisClient>;
let env: Record<string, string>;
let withoutMetrics: Record<string, string>;

beforeAll(async () => {
  const streams = [
    { name: 'sluice-dev-even', shards: 1 },
    { name: 'sluice-dev-skewed', shards: 2 },
    { name: 'sluice-dev-plain', shards: 1 },
  ];
  kinesis = await startKinesis({ streams });
  dynamodb = await startDynamodb({ tables: ['sluice-dev-state'] });
  cloudwatch = await startCloudWatch((metric, stream, from, to) => {
    const records = LOADS[stream] ?? 0;
    const each = { IncomingRecords: 60, IncomingBytes: 6_000 }[metric] ?? 0;
    return Array.from({ length: (to - from) / MINUTE }, (_, i) => ({
      at: from + i * MINUTE,
      value: records * each,
    }));
  });
  client = kinesisClient(kinesis.endpoint);
  const StreamModeDetails = { StreamMode: 'ON_DEMAND' } as const;
  await client.send(new CreateStreamCommand({ StreamName: 'sluice-dev-tap', StreamModeDetails }));
  const now = Date.now() + 30 * MINUTE;
  // Most is of one key, the rest is spread.
  const samples = Array.from({ length: 400 }, (_, i) => {
    const hashKey = hashKeyOf(i % 10 === 0 ? `k${i}` : HOT);
    return { hashKey, bytes: 100, weight: 10 };
  });
  const heat = addToHeat(emptyHeat(now), samples, now);
  const key = heatKey('sluice-dev-state', 'sluice-dev-skewed', 'shardId-000000000000');
  await dynamoStore(dynamodb.client).put(key, heatItem(heat));
  withoutMetrics = emulatorEnvironment({
    kinesis: kinesis.endpoint,
    dynamodb: dynamodb.endpoint,
  });
  env = { ...withoutMetrics, AWS_ENDPOINT_URL_CLOUDWATCH: cloudwatch.endpoint };
});
afterAll(async () => {
  client?.destroy();
  await Promise.all([kinesis?.stop(), dynamodb?.stop(), cloudwatch?.stop()]);
});

/** The executable. */
const execute = (args: string[], environment = env) =>
  sluice(['shards', ...args], { cwd: folder({ 'streams.yml': STREAMS }), env: environment });
/** In this process and half an hour later: only what is known for minutes is decided by. */
const shards = (...args: string[]) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const file = join(folder({ 'streams.yml': STREAMS }), 'streams.yml');
  const later = (): number => Date.now() + 30 * MINUTE;
  return capture((io) => command([...args, '--config', file], io, later));
};
const ranges = async (stream: string) => inOrder(await openShards(client, stream));

describe('sluice shards', () => {
  it('draws the ring with the load on it, the plan and its reason, and changes nothing', async () => {
    const before = await ranges('sluice-dev-skewed');
    const { code, out, err } = await shards('skewed');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.split('\n');
    expect(lines[0]).toBe('sluice-dev-skewed: 2 open shards, ACTIVE');
    expect(lines[2]).toMatch(/^heat {4}[▁▂▃▄▅▆▇█ ]{64}$/);
    expect([...lines[2]!].filter((one) => one === '█')).toHaveLength(1);
    expect(lines[3]).toBe(`shards  ├${'─'.repeat(31)}┼${'─'.repeat(31)}┤`);
    expect(lines[4]).toMatch(/^planned ├[─┼]{63}┤$/);
    expect(lines[6]).toMatch(/^shard +from +of the ring +of the load +full +highest minute$/);
    expect(out).toMatch(/shardId-0{12} +0\.0 % +50\.0 %/);
    expect(out).toContain('plan: isolate: ');
    expect(out).toContain('advice: hash key ');
    expect(out).toContain('nothing is changed; --apply begins it\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no colour but on a terminal
    expect(out).not.toMatch(/\u001b/);
    expect(await ranges('sluice-dev-skewed')).toEqual(before);
  });

  it('gives all of it as JSON, hash keys as text', async () => {
    const { code, out } = await shards('skewed', '--json');
    expect(code).toBe(0);
    const seen = JSON.parse(out);
    expect(seen).toMatchObject({
      stream: 'sluice-dev-skewed',
      state: 'ACTIVE',
      limits: { min: 2, max: 8, target: 0.7 },
      plan: { kind: 'isolate', operation: { call: 'SplitShard', at: expect.any(String) } },
      decisions: [],
    });
    expect(seen.shards[0].range.start).toBe('0');
    const all = seen.shards.reduce((sum: number, one: { heat: number }) => sum + one.heat, 0);
    expect(all).toBeCloseTo(1, 6);
  });

  it('--apply begins one operation, as the scaler would', async () => {
    const { code, out } = await shards('skewed', '--apply');
    expect(code, out).toBe(0);
    expect(out).toMatch(/\nbegun: /);
    for (let open = 2; open < 3; ) open = (await openShards(client, 'sluice-dev-skewed')).length;
    expect(await ranges('sluice-dev-skewed')).toHaveLength(3);
  });

  it('--apply --wait goes on until the plan is to stay', async () => {
    const { code, out } = await shards('even', '--apply', '--wait');
    expect(code, out).toBe(0);
    expect(out).toMatch(/\nbegun: 1 to 2 shards: .*\nheld: stay at 2 shards, /);
    expect(await ranges('sluice-dev-even')).toHaveLength(2);
  });

  it('shows a stream that is not scaled, on-demand, or without metrics, and says so', async () => {
    const plain = await execute(['plain']);
    expect(plain.code).toBe(0);
    expect(plain.err).toContain('streams.yml has no scaling for plain: planned as with { min: 1');
    expect(plain.out).toContain('Nobody has kept its heat');
    const tap = await execute(['tap']);
    expect(tap.out).toContain('no plan: AWS scales it');
    const blind = await execute(['skewed'], withoutMetrics);
    expect(blind.code).toBe(0);
    expect(blind.out).toContain('no plan: without metrics there is no plan');
    const refused = await execute(['skewed', '--apply'], withoutMetrics);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('hint: AWS_ENDPOINT_URL_CLOUDWATCH');
  });

  it.each([
    [['evne'], 'streams.yml has no stream evne', 'did you mean even?'],
    [['even', '--wait'], '--wait goes with --apply', ''],
    [['even', '--stage', 'UP'], 'UP is no stage', ''],
    [['even', '--stage', 'prod'], 'there is no stream sluice-prod-even in us-east-1', '--stage'],
    [[], 'no stream is named', 'npx sluice shards --help'],
  ])('%j: %s', async (args, message, hint) => {
    const { code, out, err } = await execute(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
    expect(err).toContain(hint);
  });

  it('has a help with examples', async () => {
    const { out } = await run(['shards', '--help']);
    expect(out).toContain('npx sluice shards cloudtrail --stage prod --apply --wait');
  });
});
