import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emulatorEnvironment, kinesisClient } from '../../local/clients.ts';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import { freePorts } from '../../local/ports.ts';
import { readStream } from '../producer/stream.ts';

const STREAMS = ['end', 'exit', 'crash', 'rejection', 'flush', 'odd', 'small'];
let kinesis: LocalKinesis;
let client: ReturnType<typeof kinesisClient>;

beforeAll(async () => {
  kinesis = await startKinesis({ streams: STREAMS.map((name) => ({ name, shards: 2 })) });
  client = kinesisClient(kinesis.endpoint);
});
afterAll(async () => {
  client?.destroy();
  await kinesis?.stop();
});

/** Runs an application that logs through the transport in a process of its own. */
async function app(stream: string, body: string, options: object = {}) {
  const all = { stream, endpoint: kinesis.endpoint, partitionKeyField: 'user', ...options };
  const script = `
    import { pino } from 'pino';
    const target = new URL('./shared/pino-transport/transport.ts', 'file://' + process.cwd() + '/').href;
    const log = pino({ base: null }, pino.transport({ target, options: ${JSON.stringify(all)} }));
    ${body}`;
  const { endpoint } = kinesis;
  const env = { ...process.env, ...emulatorEnvironment({ kinesis: endpoint, dynamodb: '' }) };
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env });
  let stderr = '';
  let stdout = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, stderr, stdout };
}

async function linesOf(stream: string) {
  return (await readStream(client, stream)).users.map(({ partitionKey, data }) => ({
    partitionKey,
    text: data.toString(),
  }));
}

const LOG_500 = `for (let i = 0; i < 500; i++) log.info({ user: 'u' + (i % 9), i }, 'hello');`;

async function expectAll500(stream: string): Promise<void> {
  const lines = await linesOf(stream);
  const read = lines.map(({ partitionKey, text }) => ({ partitionKey, ...JSON.parse(text) }));
  for (const { partitionKey, user, msg } of read) {
    expect([partitionKey, msg]).toEqual([user, 'hello']);
  }
  const numbers = read.map(({ i }) => i as number).sort((a, b) => a - b);
  expect(numbers).toEqual([...Array(500).keys()]);
}

describe('every line arrives when the application', () => {
  it('ends by itself', async () => {
    expect(await app('end', LOG_500)).toEqual({ code: 0, stderr: '', stdout: '' });
    await expectAll500('end');
  });

  it('calls process.exit', async () => {
    expect((await app('exit', `${LOG_500} process.exit(3);`)).code).toBe(3);
    await expectAll500('exit');
  });

  it('throws an error that nobody catches', async () => {
    const { code, stderr } = await app('crash', `${LOG_500} throw new Error('crashed');`);
    expect(code).toBe(1);
    expect(stderr).toContain('crashed');
    await expectAll500('crash');
  });

  it('rejects a promise that nobody looks at', async () => {
    const { code } = await app(
      'rejection',
      `${LOG_500} Promise.reject(new Error('oh')); await new Promise(() => setInterval(() => {}, 1000));`,
    );
    expect(code).toBe(1);
    await expectAll500('rejection');
  });

  it('flushes its logger, and is killed', async () => {
    const wait = 'await new Promise((resolve) => log.flush(resolve));';
    const { code } = await app('flush', `${LOG_500} ${wait} process.kill(process.pid, 'SIGKILL');`);
    expect(code).toBe(null);
    await expectAll500('flush');
  });
});

describe('a bad line never harms the application', () => {
  it('what is no JSON, too large, or has no key', async () => {
    const body = `
      const stream = log[pino.symbols.streamSym];
      stream.write('no JSON\\n');
      stream.write('null\\n');
      stream.write('\\n');
      log.info({ user: { nested: true } }, 'no text');
      log.info({ user: 'é'.repeat(400) }, 'long key');
      log.info({ user: 42 }, 'x'.repeat(1100000));
      log.info({ user: 42 }, 'number');`;
    const { code, stderr } = await app('odd', body);
    expect(code).toBe(0);
    expect(JSON.parse(stderr)).toMatchObject({
      message: 'log lines did not reach Kinesis',
      stream: 'odd',
      lost: 1,
      reason: expect.stringContaining('InvalidUserRecord: Data and partition key have'),
    });
    const lines = await linesOf('odd');
    const keyOf = (part: string) => lines.find(({ text }) => text.includes(part))?.partitionKey;
    expect(lines).toHaveLength(5);
    expect(keyOf('no JSON')).toHaveLength(8);
    expect(keyOf('no text')).toHaveLength(8);
    expect(keyOf('long key')).toBe('é'.repeat(256));
    expect(keyOf('number')).toBe('42');
  });

  it('Kinesis out of reach: told on standard error, in a bounded time', async () => {
    const [port] = await freePorts([0]);
    const options = { endpoint: `http://127.0.0.1:${port}`, closeMs: 300 };
    const { code, stderr, stdout } = await app(
      'end',
      `${LOG_500} console.log('goes on');`,
      options,
    );
    expect([code, stdout]).toEqual([0, 'goes on\n']);
    const told = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(told.reduce((sum, { lost }) => sum + lost, 0)).toBe(500);
  });

  it('more than the buffer holds: dropped and counted, the rest arrives', async () => {
    const body = `for (let i = 0; i < 40; i++) log.info({ i, text: 'x'.repeat(100000) });`;
    const { code, stderr } = await app('small', body, { bufferBytes: 1024 * 1024 });
    expect(code).toBe(0);
    const told = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const lost = told.reduce((sum, one) => sum + one.lost, 0);
    expect(lost).toBeGreaterThan(0);
    expect(await linesOf('small')).toHaveLength(40 - lost);
  });

  it('options that are wrong are told at the start', async () => {
    const { code, stderr } = await app('end', LOG_500, { partitionkey: 'user', closeMs: 60_000 });
    expect(code).not.toBe(0);
    expect(stderr).toContain('there is no option partitionkey; closeMs must be from 0 to 9000');
  });
});
