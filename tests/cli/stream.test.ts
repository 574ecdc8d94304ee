import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emulatorEnvironment, kinesisClient } from '../../local/clients.ts';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import { produce } from '../../local/producer.ts';
import { realClock } from '../../local/real-clock.ts';
import { encodeAggregate } from '../../shared/kpl/encode.ts';
import { COMMENTED_CLICKS, folder, STREAMS, sluice } from './run.ts';

const COUNT = `CREATE STREAM "TOTALS" ("page" VARCHAR(64), "n" BIGINT, "ms" BIGINT);
CREATE PUMP "TOTALS_PUMP" AS INSERT INTO "TOTALS"
SELECT STREAM c."page", COUNT(*), SUM(c."ms") FROM "CLICKS_001" AS c
GROUP BY c."page", STEP(c.ROWTIME BY INTERVAL '10' DAY);
`;
const COUNT_BY_COMMENT = `-- input: CLICKS_001 ("page" VARCHAR(64), "ms" BIGINT)\n${COUNT}`;
const EVENTS = 2_000;
const signal = new AbortController().signal;

let kinesis: LocalKinesis;
let client: ReturnType<typeof kinesisClient>;
let env: Record<string, string>;

beforeAll(async () => {
  const streams = ['plain', 'sluice-test-clicks', 'sluice-kpl-clicks', 'mixed', 'quiet'].map(
    (name) => ({
      name,
      shards: 2,
    }),
  );
  kinesis = await startKinesis({ streams });
  client = kinesisClient(kinesis.endpoint);
  env = emulatorEnvironment({ kinesis: kinesis.endpoint, dynamodb: 'http://127.0.0.1:1' });
  const events = Array.from({ length: EVENTS }, (_, i) => ({
    partitionKey: `p${i}`,
    data: Buffer.from(JSON.stringify({ page: `/${i % 2}`, ms: i, took: { ms: i } })),
  }));
  for (const stream of ['plain', 'sluice-test-clicks']) {
    await produce(events, {
      client,
      stream,
      clock: realClock,
      rate: null,
      aggregate: true,
      signal,
    });
  }
});
afterAll(async () => {
  client?.destroy();
  await kinesis?.stop();
});

const total = (parity: 0 | 1) =>
  `{"stream":"TOTALS","row":{"page":"/${parity}","n":${EVENTS / 2},"ms":${((EVENTS / 2 - 1) * EVENTS) / 2 + (parity * EVENTS) / 2}}}\n`;

describe('query --stream', () => {
  it('reads all shards to their tip, aggregates taken apart', async () => {
    const cwd = folder({ 'count.sql': COUNT_BY_COMMENT });
    const args = ['query', 'count.sql', '--stream', 'plain', '--json'];
    const { code, out, err } = await sluice(args, { cwd, env });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(total(0) + total(1));
  });

  it('a stream of streams.yml by its name there: the stage decides, the columns are known', async () => {
    const cwd = folder({
      'streams.yml': STREAMS,
      'clicks.sql': COMMENTED_CLICKS,
      // No application runs this one; the stream's columns are known all the same.
      'count.sql': COUNT,
    });
    const args = ['query', 'count.sql', '--stream', 'clicks', '--json'];
    const { code, out, err } = await sluice([...args, '--stage', 'test'], { cwd, env });
    expect({ code, err }).toEqual({ code: 0, err: 'read sluice-test-clicks\n' });
    expect(out).toBe(total(0) + total(1));
    const physical = ['query', 'count.sql', '--stream', 'sluice-test-clicks', '--json'];
    expect(await sluice(physical, { cwd, env })).toEqual({ code: 0, out, err: '' });
    const other = await sluice(args, { cwd, env });
    expect(other.code).toBe(2);
    expect(other.err).toContain('there is no stream clicks, nor sluice-dev-clicks in us-east-1');
  });

  it('what is no row is named by its shard and sequence number', async () => {
    const user = { partitionKey: 'a', data: Buffer.from('x') };
    const aggregate = encodeAggregate([user, user]);
    const damaged = Buffer.from(aggregate.data);
    damaged[damaged.length - 1]! ^= 1;
    const records = ['{"page":"/0","ms":1}', 'oops'].map((text) => Buffer.from(text));
    await put('mixed', [...records, damaged]);
    const cwd = folder({ 'count.sql': COUNT_BY_COMMENT });
    const args = ['query', 'count.sql', '--stream', 'mixed', '--json', '--strict'];
    const { code, out, err } = await sluice(args, { cwd, env });
    expect(code).toBe(1);
    expect(out).toBe('{"stream":"TOTALS","row":{"page":"/0","n":1,"ms":1}}\n');
    expect(err).toMatch(
      /^2 of 3 records could not be read:\n {2}record shardId-0{12}:\d+: BAD_JSON: .*\n {2}record shardId-0{12}:\d+: DAMAGED_AGGREGATE: /,
    );
  });

  it('with producer kpl, what the KPL sends again to another shard counts once', async () => {
    const user = (hash: bigint) => ({
      partitionKey: 'a',
      explicitHashKey: String(hash),
      data: Buffer.from('{"page":"/0","took":{"ms":1}}'),
    });
    const { data } = encodeAggregate([user(0n), user(2n ** 128n - 1n)]);
    await put('sluice-kpl-clicks', [data], '0');
    const args = ['query', 'count.sql', '--stream', 'clicks', '--stage', 'kpl', '--json'];
    const result = async (config: string) => {
      const cwd = folder({
        'streams.yml': config,
        'clicks.sql': COMMENTED_CLICKS,
        'count.sql': COUNT,
      });
      return (await sluice(args, { cwd, env })).out;
    };
    expect(await result(STREAMS)).toContain('"n":2');
    expect(await result(STREAMS.replace('json }', 'json, producer: kpl }'))).toContain('"n":1');
  });

  it('an empty stream, and a Kinesis that does not answer', async () => {
    const cwd = folder({ 'count.sql': COUNT_BY_COMMENT });
    const args = ['query', 'count.sql', '--stream', 'quiet'];
    expect(await sluice(args, { cwd, env })).toEqual({
      code: 0,
      out: 'TOTALS (0 rows)\n',
      err: '',
    });
    const away = { ...env, AWS_ENDPOINT_URL_KINESIS: 'http://127.0.0.1:1', AWS_MAX_ATTEMPTS: '1' };
    const { code, err } = await sluice(args, { cwd, env: away });
    expect(code).toBe(2);
    expect(err).toContain('error: Kinesis does not answer');
    expect(err).toContain('hint: AWS_ENDPOINT_URL_KINESIS says http://127.0.0.1:1');
  });
});

async function put(stream: string, data: readonly Buffer[], explicitHashKey = '1'): Promise<void> {
  const record = { PartitionKey: 'a', ExplicitHashKey: explicitHashKey };
  const Records = data.map((Data) => ({ ...record, Data }));
  await client.send(new PutRecordsCommand({ StreamName: stream, Records }));
}
