import { type ChildProcess, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { ACCOUNT, kinesisClient, REGION } from './clients.ts';
import { freePorts } from './ports.ts';

export interface LocalKinesis {
  readonly endpoint: string;
  readonly port: number;
  readonly pid: number;
  /** Settles when its process has ended without being asked to. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface KinesisOptions {
  /** Streams to make at the start: name and number of shards. */
  readonly streams: readonly { readonly name: string; readonly shards: number }[];
  /** The port to use if it is free; otherwise, and by default, any free one. */
  readonly port?: number;
}

const STARTUP_MS = 30_000;
const ATTEMPTS = 4;

/**
 * Starts kinesis-local in a process of its own and waits until its streams are active. It ends with `stop`, and
 * with this process, however that ends. Rejects when it cannot be started.
 */
export async function startKinesis(options: KinesisOptions): Promise<LocalKinesis> {
  for (let attempt = 1; ; attempt++) {
    // Ports are free when looked at; should somebody take one before kinesis-local does, look again.
    const [port, tlsPort] = (await freePorts([options.port ?? 0, 0])) as [number, number];
    const child = spawnKinesis(options, port, tlsPort);
    const problem = (await healthy(child, port)) ?? (await streamsActive(options, port));
    if (problem === null) return running(child, port);
    await kill(child);
    if (attempt === ATTEMPTS) {
      throw new Error(
        `The Kinesis emulator (kinesis-local) did not start in ${ATTEMPTS} tries: ${problem}. ` +
          'Run `npm install` again if its package may be damaged.',
      );
    }
  }
}

function spawnKinesis(options: KinesisOptions, port: number, tlsPort: number): ChildProcess {
  const main = fileURLToPath(import.meta.resolve('kinesis-local/main.js'));
  const guard = import.meta.resolve('./exit-with-parent.ts');
  const streams = options.streams.map(({ name, shards }) => `${name}:${shards}`).join(',');
  const child = spawn(process.execPath, ['--import', guard, main], {
    // It looks for its certificate, server.json, in the folder it runs in.
    cwd: dirname(main),
    // The terminal's Ctrl-C goes to its whole group; the emulator has to outlive the draining.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      KINESIS_MOCK_PLAIN_PORT: String(port),
      KINESIS_MOCK_TLS_PORT: String(tlsPort),
      // An empty list would be refused.
      ...(streams === '' ? {} : { INITIALIZE_STREAMS: streams }),
      SHARD_LIMIT: '1000',
      AWS_REGION: REGION,
      AWS_ACCOUNT_ID: ACCOUNT,
      LOG_LEVEL: 'ERROR',
    },
  });
  // An emulator that idles must not keep this process from ending.
  child.unref();
  child.channel?.unref();
  return child;
}

/** Null when it answers; otherwise what went wrong. */
async function healthy(child: ChildProcess, port: number): Promise<string | null> {
  let errors = '';
  let exited: string | null = null;
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2_000);
  });
  child.once('error', (error) => {
    exited = error.message;
  });
  child.once('exit', (code, signal) => {
    const line = errors.split('\n').find((text) => text.trim() !== '');
    exited = line?.trim() ?? `it ended with ${signal ?? `code ${code}`}`;
  });
  const deadline = Date.now() + STARTUP_MS;
  while (Date.now() < deadline) {
    if (exited !== null) return exited;
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/healthcheck`);
      // A stranger on the port can answer too, when ours has lost the race for it.
      if (answer.ok && exited === null) return null;
    } catch {
      // Not up yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return `no answer on port ${port} within ${STARTUP_MS / 1000} s`;
}

/** Null when all streams are active; otherwise what is wrong. */
async function streamsActive({ streams }: KinesisOptions, port: number): Promise<string | null> {
  const client = kinesisClient(`http://127.0.0.1:${port}`);
  const deadline = Date.now() + STARTUP_MS;
  try {
    for (const { name } of streams) {
      const describe = new DescribeStreamSummaryCommand({ StreamName: name });
      for (;;) {
        const answer = await client.send(describe).catch(() => null);
        if (answer?.StreamDescriptionSummary?.StreamStatus === 'ACTIVE') break;
        if (Date.now() > deadline) return `its stream ${name} did not become active`;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    return null;
  } finally {
    client.destroy();
  }
}

function running(child: ChildProcess, port: number): LocalKinesis {
  const onExit = () => child.kill('SIGKILL');
  process.once('exit', onExit);
  let stopping = false;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      if (!stopping) resolve();
    });
  });
  return {
    ended,
    endpoint: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid!,
    async stop() {
      stopping = true;
      process.off('exit', onExit);
      await kill(child);
    },
  };
}

/** Kills the process and waits until it is gone. It keeps everything in memory: nothing is lost. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.ref();
    child.kill('SIGKILL');
  });
}
