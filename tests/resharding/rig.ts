import { CreateStreamCommand, DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { kinesisClient } from '../../local/clients.ts';
import { realClock } from '../../local/real-clock.ts';
import type { ReadMetrics } from '../../shared/resharding/metrics.ts';
import type { Services, Task } from '../../shared/resharding/reshard.ts';
import { type MemoryStore, memoryStore } from '../helpers/memory-store.ts';
import { MINUTE, steadyMinutes } from '../scaling/arbitrary.ts';

/** A stream of the emulator with a scaler's services: what CloudWatch knows, and the time, are made up. */
export interface Rig extends Services {
  readonly store: MemoryStore;
  readonly task: Task;
  /** Full shards' worth of records a second. */
  load: number;
  lagMs: number;
  /** Makes the next calls of this kind fail with an error of this name, having been done or not. */
  readonly refuse: (command: string, name: string | null, done?: 'not done' | 'done') => void;
  /** Names of the calls that were made, in that order. */
  readonly calls: string[];
  readonly pass: (ms: number) => void;
  readonly active: () => Promise<void>;
}

export const HOLD_MS = 5_000;
const STATE = 'state';

export async function createRig(
  endpoint: string,
  stream: string,
  shards: number | 'on-demand',
  settings: Partial<Task> = {},
): Promise<Rig> {
  const client = kinesisClient(endpoint);
  const failures = new Map<string, { readonly name: string; readonly done: boolean }>();
  const calls: string[] = [];
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        calls.push(commandName.replace('Command', ''));
        const failure = failures.get(calls.at(-1)!);
        if (failure === undefined) return next(args);
        if (failure.done) await next(args);
        throw Object.assign(new Error('injected'), { name: failure.name });
      },
    { step: 'initialize' },
  );
  await client.send(
    new CreateStreamCommand({
      StreamName: stream,
      ...(shards === 'on-demand'
        ? { StreamModeDetails: { StreamMode: 'ON_DEMAND' } }
        : { ShardCount: shards }),
    }),
  );
  let passed = 0;
  const now = (): number => Date.now() + passed;
  const readMetrics: ReadMetrics = async (_, from, to) => ({
    minutes: steadyMinutes(rig.load * 1_000, 100, to, (to - from) / MINUTE),
    lagMs: rig.lagMs,
  });
  const rig: Rig = {
    kinesis: client,
    store: memoryStore(),
    stateTable: STATE,
    readMetrics,
    readHeat: async () => null,
    now,
    load: 0.5,
    lagMs: 0,
    task: { stream, limits: { min: 1, max: 16, target: 0.8 }, dryRun: false, ...settings },
    calls,
    refuse: (command, name, done = 'not done') => {
      if (name === null) failures.delete(command);
      else failures.set(command, { name, done: done === 'done' });
    },
    pass: (ms) => {
      passed += ms;
    },
    async active() {
      for (;;) {
        const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName: stream }));
        if (answer.StreamDescriptionSummary?.StreamStatus === 'ACTIVE') break;
        await realClock.sleep(20);
      }
      calls.length = 0;
    },
  };
  await rig.active();
  // Known long enough for anything.
  rig.pass(60 * MINUTE);
  return rig;
}

/** What is remembered of the stream. */
export function memoryOf({ store, task }: Rig): Record<string, unknown> {
  const item = store.dump()[`${STATE}/scaling#${task.stream}/lease`];
  return JSON.parse(item?.memory?.S ?? '{}');
}
