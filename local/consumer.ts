import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamFunction } from '../infra/function.ts';
import { ACCOUNT, REGION } from './clients.ts';
import type { Progress } from './display/screen.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { type Mapping, startMapping } from './mapping/mapping.ts';
import type { MappingReport, StreamSource } from './mapping/types.ts';
import { realClock } from './real-clock.ts';
import { createRuntime, type Runtime } from './runtime.ts';

export interface ConsumerOptions {
  readonly fn: StreamFunction;
  readonly streamName: string;
  readonly source: StreamSource;
  /** Holds the function's packaged folder. */
  readonly dist: string;
  /** The emulators' endpoints and credentials, added to the function's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The file that gets what the function writes. */
  readonly logFile: string;
}

/** One application at work: its function in child processes, fed by an event source mapping. */
export interface Consumer {
  readonly ledger: Ledger;
  readonly runtime: Runtime;
  readonly mapping: Mapping;
  progress(now: number): Progress;
  /** Why it cannot go on, when it has failed many times in a row; null otherwise. */
  stuck(): string | null;
  stop(): Promise<void>;
}

/** Longest wait for a fuller batch here: a person is looking. On AWS streams.yml's window holds. */
const WINDOW_MS = 1_000;
/** The same for the rows of a window. */
const STATE_WINDOW_MS = 10_000;
const STUCK_AFTER = 12;

export function startConsumer(options: ConsumerOptions): Consumer {
  const { fn, source, logFile } = options;
  const ledger = createLedger();
  const counts = { invokes: 0, failures: 0, inARow: 0, faults: 0, late: 0 };
  const checkpoints = new Map<string, string>();
  let problem: string | null = null;
  const rate = createRate();
  const runtime = createRuntime({
    functionName: fn.physicalName,
    folder: join(options.dist, fn.name),
    environment: { ...fn.environment, ...options.environment },
    timeoutMs: fn.timeoutSeconds * 1000,
    memoryMb: fn.memoryMb,
    log: hear,
  });
  const mapping = startMapping({
    source,
    invoke: runtime.invoke,
    clock: realClock,
    report,
    settings: {
      streamArn: `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/${options.streamName}`,
      functionArn: runtime.functionArn,
      roleArn: `arn:aws:iam::${ACCOUNT}:role/${fn.physicalName}`,
      region: REGION,
      batchSize: fn.mapping.batchSize,
      batchWindowMs: Math.min(WINDOW_MS, fn.mapping.batchWindowSeconds * 1000),
      startingPosition: { at: fn.mapping.startingPosition },
      reportBatchItemFailures: fn.mapping.functionResponseTypes.includes('ReportBatchItemFailures'),
      bisectBatchOnFunctionError: fn.mapping.bisectBatchOnFunctionError,
      maximumRetryAttempts: fn.mapping.maximumRetryAttempts,
      maximumRecordAgeMs: fn.mapping.maximumRecordAgeSeconds * 1000,
      tumblingWindowMs: Math.min(STATE_WINDOW_MS, fn.mapping.tumblingWindowSeconds * 1000),
      finalWithRecords: false,
      pollMs: 250,
      discoverMs: 5_000,
      backoffMs: 200,
      backoffMaxMs: 3_000,
    },
  });

  return {
    ledger,
    runtime,
    mapping,
    stuck: () => (counts.inARow >= STUCK_AFTER ? problem : null),
    progress: (now) => ({
      application: fn.application,
      put: ledger.put,
      applied: ledger.applied,
      rate: rate(now, ledger.applied),
      lagMs: ledger.waitingSince === null ? 0 : Math.max(0, now - ledger.waitingSince),
      ...counts,
      peakRssKb: runtime.peakRssKb(),
      problem,
    }),
    async stop() {
      await mapping.stop();
      await runtime.stop();
    },
  };

  function report(event: MappingReport): void {
    if (event.kind === 'checkpoint') {
      checkpoints.set(event.shardId, event.sequenceNumber);
      if (fn.mapping.tumblingWindowSeconds === 0) applied(event.shardId);
      return;
    }
    // What is in a state is in no table yet.
    if (event.kind === 'windowClosed') applied(event.shardId);
    if (event.kind === 'readFailed') {
      note(`the stream cannot be read: ${event.error.message}`);
      return;
    }
    if (event.kind !== 'invoked') return;
    counts.invokes += 1;
    if (event.outcome === 'success') {
      counts.inARow = 0;
      problem = null;
      return;
    }
    counts.failures += 1;
    note(event.reason ?? `the function asked for records again; why stands in ${logFile}`);
  }

  function applied(shardId: string): void {
    const sequenceNumber = checkpoints.get(shardId);
    if (sequenceNumber !== undefined) ledger.checkpoint(shardId, sequenceNumber);
  }

  function note(text: string): void {
    counts.inARow += 1;
    problem = text;
  }

  /** A line of the function: kept, and its metrics counted. */
  function hear(line: string): void {
    appendFileSync(logFile, `${fn.application} ${line}\n`);
    if (!line.startsWith('{"_aws"')) return;
    const metrics = JSON.parse(line) as { Faults?: number; Late?: number };
    counts.faults += metrics.Faults ?? 0;
    counts.late += metrics.Late ?? 0;
  }
}

/** Events per second over the last few seconds, from a count that only grows. */
function createRate(): (now: number, count: number) => number {
  const seen: { now: number; count: number }[] = [];
  return (now, count) => {
    seen.push({ now, count });
    while (seen.length > 2 && seen[0]!.now < now - 5_000) seen.shift();
    const first = seen[0]!;
    return now === first.now ? 0 : ((count - first.count) / (now - first.now)) * 1000;
  };
}
