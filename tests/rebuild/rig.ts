import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readPointer } from '../../functions/aggregate/pointer.ts';
import { loadApplications } from '../../infra/applications.ts';
import { buildFunctions } from '../../infra/build.ts';
import { isStreamFunction } from '../../infra/function.ts';
import { describeService } from '../../infra/service.ts';
import { emulatorEnvironment, kinesisClient } from '../../local/clients.ts';
import { startConsumer } from '../../local/consumer.ts';
import { startDynamodb } from '../../local/dynamodb.ts';
import { startKinesis } from '../../local/kinesis.ts';
import { takenAsTheyCome } from '../../local/lateness.ts';
import { toEvent } from '../../local/mapping/event.ts';
import type { Position, StreamRecord } from '../../local/mapping/types.ts';
import { type NewRecord, produce } from '../../local/producer.ts';
import { realClock } from '../../local/real-clock.ts';
import { kinesisSource } from '../../local/source.ts';
import { type ReadRecord, userRecords } from '../../shared/records/event.ts';
import { type Items, type Outputs, outputsOf, scan } from '../integration/items.ts';
import { SETTINGS } from '../simulation/settings.ts';

export const APPLICATION = 'account-activity';
const STAGE = 'test';
const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** A run of the command: what it has said so far, and how it ends. */
export interface Run {
  readonly said: () => string;
  /** Its JSON lines. */
  readonly events: () => Record<string, unknown>[];
  readonly ended: Promise<number | null>;
  readonly kill: () => void;
}

/** Emulators and the packaged function of account-activity behind its mapping. */
export async function startRig() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-rebuild-'));
  const loaded = loadApplications('streams.yml');
  // The events are old, and arrive now.
  const application = takenAsTheyCome(
    loaded.applications.find(({ name }) => name === APPLICATION)!,
  );
  const faults = pathToFileURL(join(folder, 'faults')).href;
  const service = describeService([application], loaded.config!, STAGE, faults);
  const fn = service.functions.find(isStreamFunction)!;
  const stream = service.streams.find(({ name }) => name === 'cloudtrail')!.physicalName;
  const dist = join(folder, 'dist');
  const logFile = join(folder, 'functions.log');
  writeFileSync(logFile, '');
  const [kinesis, dynamodb] = await Promise.all([
    startKinesis({ streams: [{ name: stream, shards: 2 }] }),
    startDynamodb({ tables: service.tables.map(({ physicalName }) => physicalName) }),
    buildFunctions(service.functions, dist),
  ]);
  const environment = emulatorEnvironment({
    kinesis: kinesis.endpoint,
    dynamodb: dynamodb.endpoint,
  });
  const client = kinesisClient(kinesis.endpoint);
  const source = kinesisSource(client, stream);
  const consumer = startConsumer({
    ...{ fn, dist, logFile, environment, source, streamName: stream },
  });

  const put = async (events: readonly NewRecord[], rate: number | null): Promise<void> => {
    await produce(events, {
      ...{ client, stream, rate, clock: realClock, aggregate: true },
      signal: new AbortController().signal,
      taken: (shard, sequence) => consumer.ledger.putRecord(1, shard, sequence, Date.now()),
    });
  };

  const readAll = async (): Promise<{ shardId: string; record: StreamRecord }[]> => {
    const found: { shardId: string; record: StreamRecord }[] = [];
    for (const { shardId } of await source.listShards()) {
      let position: Position | null = { at: 'TRIM_HORIZON' };
      while (position !== null) {
        const read: Awaited<ReturnType<typeof source.getRecords>> = await source.getRecords(
          shardId,
          position,
          1_000,
        );
        found.push(...read.records.map((record) => ({ shardId, record })));
        position = read.records.length === 0 ? null : read.next;
      }
    }
    return found;
  };

  return {
    ...{ folder, application, client, stream, dynamodb, consumer, put, readAll },
    /** Waits until the function has applied all that was put. */
    drained: async (): Promise<void> => {
      while (consumer.ledger.waitingSince !== null) await realClock.sleep(50);
    },
    userRecords: async (): Promise<ReadRecord[]> =>
      (await readAll()).flatMap(({ shardId, record }) =>
        userRecords(toEvent(shardId, [record], SETTINGS, null)),
      ),
    /** All items, old generations and what is no result included. */
    items: (): Promise<Items> => scan(dynamodb.client, service.tables),
    /** The rows that a reader finds who follows the pointer. */
    live: async (): Promise<Outputs> => {
      const items = await scan(dynamodb.client, service.tables);
      const { outputs } = readPointer(items.get(`state ${APPLICATION} live`)!);
      const names = new Set(Object.values(outputs!));
      return outputsOf(
        new Map([...items].filter(([, { pk }]) => names.has(pk!.S!.split('#')[0]!))),
      );
    },
    rebuild: (...args: string[]): Run => {
      const words = [APPLICATION, '--stage', STAGE, '--config', resolve('streams.yml'), '--json'];
      const child = spawn(process.execPath, [CHILD, ...words, ...args], {
        env: { PATH: process.env.PATH, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let out = '';
      let err = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        err += text;
      });
      return {
        said: () => out + err,
        events: () =>
          out
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line)),
        ended: new Promise((done) => child.once('close', done)),
        kill: () => child.kill('SIGKILL'),
      };
    },
    stop: async (): Promise<void> => {
      await consumer.stop();
      client.destroy();
      await Promise.all([kinesis.stop(), dynamodb.stop()]);
      rmSync(folder, { recursive: true });
    },
  };
}

export type Rig = Awaited<ReturnType<typeof startRig>>;

/** Waits until a run has said something; fails with all that it said when it ends before. */
export async function until(run: Run, text: string): Promise<void> {
  let isOver = false;
  void run.ended.then(() => {
    isOver = true;
  });
  while (!run.said().includes(text)) {
    if (isOver) throw new Error(`it ended without "${text}":\n${run.said()}`);
    await realClock.sleep(5);
  }
}
