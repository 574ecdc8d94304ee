import { rmSync } from 'node:fs';
import { relative } from 'node:path';
import { toBatch as batchOf, groupFaults } from '../functions/redrive/faulty-group.ts';
import { emulatorEnvironment } from '../local/clients.ts';
import { startDynamodb } from '../local/dynamodb.ts';
import { type LocalKinesis, startKinesis } from '../local/kinesis.ts';
import { readTables } from '../local/tables.ts';
import type { Application } from '../shared/config/application.ts';
import { looksAggregated } from '../shared/kpl/decode.ts';
import type { KinesisBatch } from '../shared/records/event.ts';
import { isStreamFunction, type ServiceFunction } from './function.ts';
import { readFaults, renderFaults, renderLog, renderRows, styleOf } from './invoke-report.ts';
import type { Service } from './service.ts';

export interface LocalInvocation {
  readonly service: Service;
  /** It reads the stream of the application, or redrives its faults. */
  readonly fn: ServiceFunction;
  readonly application: Application;
  /** As osls read it: anything at all. */
  readonly event: unknown;
  /** The folder of faults; emptied before a function that sets some aside. */
  readonly faults: string;
}

/** Emulators with empty tables, for one invoke. */
export interface LocalAws {
  /** What the function needs in its environment to reach them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes a line of the function's log. */
  log(line: unknown): void;
  /** Shows the tables as they stand and what was set aside, on standard error. */
  report(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts DynamoDB in this process, and Kinesis beside it where the function will ask for the hash
 * keys of a shard: that takes a second more. Throws Error when the stream has no such shard.
 */
export async function startLocalAws(invocation: LocalInvocation): Promise<LocalAws> {
  const { service, fn, application, faults } = invocation;
  const isReader = isStreamFunction(fn);
  const event = isReader ? toBatch(invocation.event) : await heldBatch(faults);
  if (isReader) rmSync(faults, { recursive: true, force: true });
  const stream = streamFor(invocation, event);
  const tables = service.tables.map(({ physicalName }) => physicalName);
  const dynamodb = await startDynamodb({ tables });
  const kinesis = stream && (await startKinesis({ streams: [stream] }).catch(giveUp));
  const style = styleOf(process.stderr);
  const width = process.stderr.columns ?? 120;
  const say = (lines: readonly string[]) => process.stderr.write(`${lines.join('\n')}\n`);
  return {
    environment: environmentFor(dynamodb.endpoint, kinesis),
    log: (line) => say([renderLog(line, style)]),

    async report() {
      const prefix = fn.environment.SLUICE_TABLE_PREFIX ?? '';
      const content = await readTables(dynamodb.client, prefix, [application]);
      const rows = content.get(application.name)!;
      const faulty = await readFaults(faults);
      const lines = isReader
        ? renderFaults(faulty, event.Records ?? [], faults, style)
        : renderOpen(faulty.length, relative(process.cwd(), faults));
      if (isReader || hasRows(rows)) say(renderRows(application, rows, width, style));
      say(['', ...lines]);
    },

    async stop() {
      await Promise.all([dynamodb.stop(), kinesis?.stop()]);
    },
  };

  async function giveUp(error: unknown): Promise<never> {
    await dynamodb.stop();
    throw error;
  }
}

function renderOpen(count: number, folder: string): string[] {
  if (count === 0) return ['No record is set aside.'];
  return [`${count} set aside: npx sluice faults list --all --faults ${folder}`];
}

function hasRows(outputs: ReadonlyMap<string, readonly unknown[]>): boolean {
  return [...outputs.values()].some((rows) => rows.length > 0);
}

function environmentFor(dynamodb: string, kinesis: LocalKinesis | null): Record<string, string> {
  const all = emulatorEnvironment({ dynamodb, kinesis: kinesis?.endpoint ?? '' });
  if (kinesis === null) delete all.AWS_ENDPOINT_URL_KINESIS;
  return all;
}

/** The stream that the function will ask for the range of a shard; null when it will not. */
function streamFor({ fn, application, service }: LocalInvocation, { Records = [] }: KinesisBatch) {
  if (application.stream.producer !== 'kpl' || process.env.AWS_ENDPOINT_URL_KINESIS) return null;
  if (!Records.some(({ kinesis }) => looksAggregated(String(kinesis?.data)))) return null;
  const declared = service.streams.find(({ name }) => name === application.stream.name);
  // Of a stream that is not ours the shards are not known: one for all hash keys drops nothing.
  const shards = declared?.shards ?? 1;
  const shardId = String(Records[0]?.eventID).split(':', 1)[0]!;
  if (!(Number(/^shardId-(\d+)$/.exec(shardId)?.[1]) < shards)) {
    throw new Error(
      `the event's records come from ${shardId} and hold KPL aggregates, which a function checks against ` +
        `the hash keys of their shard; here the stream has ${shards === 1 ? '1 shard' : `${shards} shards`}. ` +
        'Write shardId-000000000000 into each eventID, or set SLUICE_AWS=1 to ask AWS',
    );
  }
  return { name: fn.environment.SLUICE_STREAM!, shards };
}

/** What was set aside, as the batch that a redrive makes of it. */
async function heldBatch(faults: string): Promise<KinesisBatch> {
  const held = (await readFaults(faults)).map((record) => ({ key: '', record }));
  return batchOf(groupFaults(held));
}

/** What is no Kinesis event is for the function to refuse. */
function toBatch(event: unknown): KinesisBatch {
  const records = (event as { Records?: unknown } | null | undefined)?.Records;
  return Array.isArray(records) ? { Records: records } : {};
}
