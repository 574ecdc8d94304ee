import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loadApplications } from '../infra/applications.ts';
import { buildFunctions } from '../infra/build.ts';
import { renderErrors } from '../infra/report.ts';
import { describeService } from '../infra/service.ts';
import type { Application } from '../shared/config/application.ts';
import type { Arguments } from './arguments.ts';
import { emulatorEnvironment, kinesisClient } from './clients.ts';
import { startConsumer } from './consumer.ts';
import { createScreen } from './display/screen.ts';
import { startDynamodb } from './dynamodb.ts';
import { chooseReplay } from './events.ts';
import { startKinesis } from './kinesis.ts';
import { play, SIGNALS } from './play.ts';
import { kinesisSource } from './source.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WORK = join(ROOT, '.sluice');
const STAGE = 'local';
/** Used where they are free, so that a command typed yesterday works today. */
const PORTS = { kinesis: 4568, dynamodb: 8000 };

/** Runs the service on this machine until its events end or somebody stops it. Gives the exit code. */
export async function run(args: Arguments): Promise<number> {
  const loaded = loadApplications(join(ROOT, 'streams.yml'));
  const { config } = loaded;
  if (config === null || loaded.errors.length > 0) {
    process.stderr.write(`${renderErrors(loaded.errors)}\n`);
    return 1;
  }
  const replay = await chooseReplay(args, config);
  const applications = loaded.applications
    .filter(({ name }) => replay.applications.includes(name))
    .map((application) => (replay.old ? forOldEvents(application) : application));
  const { say, ...screen } = createScreen(args.json ? process.stderr : process.stdout);
  say(`Building ${applications.map(({ name }) => name).join(', ')} and starting the emulators …`);

  const work = prepareFolder();
  // Until all is up there is nothing to drain; what has been started ends with this process.
  const endNow = () => process.exit(130);
  for (const signal of SIGNALS) process.on(signal, endNow);
  const service = describeService(applications, config, STAGE, pathToFileURL(WORK).href);
  const stream = service.streams.find(({ name }) => name === replay.stream)!;
  const stops: (() => Promise<void>)[] = [work.remove];
  try {
    const [kinesis, dynamodb] = await Promise.all([
      startKinesis({
        streams: [{ name: stream.physicalName, shards: stream.shards }],
        port: PORTS.kinesis,
      }),
      startDynamodb({ tables: service.tables.map((t) => t.physicalName), port: PORTS.dynamodb }),
      buildFunctions(applications, work.dist),
    ]);
    stops.push(dynamodb.stop, kinesis.stop);
    const client = kinesisClient(kinesis.endpoint);
    const source = kinesisSource(client, stream.physicalName);
    const environment = emulatorEnvironment({
      kinesis: kinesis.endpoint,
      dynamodb: dynamodb.endpoint,
    });
    const consumers = service.functions.map((fn) => {
      const { dist, logFile } = work;
      const streamName = stream.physicalName;
      return startConsumer({ fn, streamName, source, dist, environment, logFile });
    });
    stops.push(...consumers.map(({ stop }) => stop));

    if (kinesis.port !== PORTS.kinesis) say(busy(PORTS.kinesis, kinesis.port));
    if (dynamodb.port !== PORTS.dynamodb) say(busy(PORTS.dynamodb, dynamodb.port));
    const tables = service.tables.map(({ physicalName }) => physicalName).join(', ');
    say(
      `Kinesis   ${kinesis.endpoint}  ${stream.physicalName}, ${stream.shards} ${stream.shards === 1 ? 'shard' : 'shards'}`,
    );
    say(`DynamoDB  ${dynamodb.endpoint}  ${tables}`);
    say(`Functions write to ${shown(work.logFile)}, faults go to ${shown(work.faults)}`);
    say(`Input     ${replay.what}`);
    if (replay.old) {
      say('The events are old and arrive now: none counts as late, and rows are kept for ever.');
    }
    say('');
    for (const signal of SIGNALS) process.off(signal, endNow);
    return await play({
      args,
      replay,
      screen: { say, ...screen },
      applications,
      consumers,
      client,
      stream: stream.physicalName,
      kinesisEnded: kinesis.ended,
      dynamodb: dynamodb.client,
      tablePrefix: tablePrefix(service.tables),
      faults: work.faults,
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, endNow);
    for (const stop of stops.reverse()) await stop();
  }
}

/** A folder for what this run leaves behind; the packaged functions go with it. */
function prepareFolder() {
  const faults = join(WORK, 'faults');
  const logFile = join(WORK, 'functions.log');
  mkdirSync(WORK, { recursive: true });
  rmSync(faults, { recursive: true, force: true });
  writeFileSync(logFile, '');
  for (const name of readdirSync(WORK)) {
    const pid = /^functions-(\d+)$/.exec(name)?.[1];
    // Left behind by a run that was killed.
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(WORK, name), { recursive: true });
  }
  const dist = join(WORK, `functions-${process.pid}`);
  const removeNow = () => rmSync(dist, { recursive: true, force: true });
  // Also when a second Ctrl-C ends the run at once.
  process.once('exit', removeNow);
  return { dist, faults, logFile, remove: async () => removeNow() };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Judged by today, events of a file would all be late, and their rows expired. */
function forOldEvents(application: Application): Application {
  const outputs = Object.entries(application.outputs).map(
    ([name, output]) => [name, { ...output, keepMs: null }] as const,
  );
  return { ...application, latenessMs: null, outputs: Object.fromEntries(outputs) };
}

function tablePrefix(tables: readonly { name: string; physicalName: string }[]): string {
  const { name, physicalName } = tables[0]!;
  return physicalName.slice(0, -name.length);
}

function busy(wanted: number, got: number): string {
  return `Port ${wanted} is in use by something else: taking ${got} instead.`;
}

function shown(path: string): string {
  return relative(process.cwd(), path);
}
