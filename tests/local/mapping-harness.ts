import { type Mapping, startMapping } from '../../local/mapping/mapping.ts';
import { createMemoryStream, type MemoryStream } from '../../local/mapping/memory-source.ts';
import type {
  FailureRecord,
  Invoke,
  MappingEvent,
  MappingPorts,
  MappingReport,
  MappingSettings,
} from '../../local/mapping/types.ts';
import { createVirtualClock, type VirtualClock } from '../../local/mapping/virtual-clock.ts';

export const START = Date.UTC(2026, 10, 2, 10, 15, 0);

export const SETTINGS: MappingSettings = {
  streamArn: 'arn:aws:kinesis:eu-west-1:111122223333:stream/orders',
  functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders-aggregate',
  roleArn: 'arn:aws:iam::111122223333:role/orders',
  region: 'eu-west-1',
  batchSize: 100,
  batchWindowMs: 0,
  startingPosition: { at: 'TRIM_HORIZON' },
  reportBatchItemFailures: true,
  bisectBatchOnFunctionError: false,
  maximumRetryAttempts: -1,
  maximumRecordAgeMs: -1,
  tumblingWindowMs: 0,
  finalWithRecords: false,
  pollMs: 1_000,
  discoverMs: 10_000,
  backoffMs: 1_000,
  backoffMaxMs: 60_000,
};

export interface Seen {
  readonly shardId: string;
  /** The data of the records, as texts. */
  readonly data: readonly string[];
  readonly event: MappingEvent;
  readonly at: number;
}

export interface World {
  readonly clock: VirtualClock;
  readonly stream: MemoryStream;
  readonly seen: Seen[];
  readonly dropped: FailureRecord[];
  readonly reports: MappingReport[];
  put(shardId: string, ...texts: string[]): string[];
}

export function createWorld(shardIds: readonly string[] = ['shardId-000000000000']): World {
  const clock = createVirtualClock(START);
  const stream = createMemoryStream(clock, shardIds);
  return {
    clock,
    stream,
    seen: [],
    dropped: [],
    reports: [],
    put: (shardId, ...texts) => texts.map((text) => stream.put(shardId, Buffer.from(text))),
  };
}

/**
 * Runs a mapping over the world for `ms` of virtual time, and stops it. `answer` gives the n-th
 * invoke's response; throwing is a function error.
 */
export async function runMapping(
  world: World,
  settings: Partial<MappingSettings>,
  answer: (seen: Seen, n: number) => unknown,
  ms = 60_000,
  during: () => Promise<void> = async () => {},
  from: Pick<Mapping, 'checkpoints' | 'windows'> = { checkpoints: new Map(), windows: new Map() },
) {
  const { clock, stream, seen, dropped, reports } = world;
  const invoke: Invoke = async (event) => {
    const shardId = event.shardId ?? event.Records[0]!.eventID.split(':')[0]!;
    const data = event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
    const one = { shardId, data, event, at: clock.now() - START };
    seen.push(one);
    return answer(one, seen.length);
  };
  let id = 0;
  const ports: MappingPorts = {
    source: stream,
    clock,
    invoke,
    settings: { ...SETTINGS, ...settings },
    report: (report) => reports.push(report),
    onFailure: (record) => dropped.push(record),
    requestId: () => `request-${++id}`,
  };
  const mapping = startMapping(ports, from.checkpoints, from.windows);
  const work = async () => {
    await during();
    await clock.sleep(ms);
    await mapping.stop();
  };
  await clock.run(work());
  return mapping;
}
