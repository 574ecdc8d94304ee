import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loadApplications } from '../infra/applications.ts';
import { buildFunctions } from '../infra/build.ts';
import { isStreamFunction } from '../infra/function.ts';
import { renderErrors } from '../infra/report.ts';
import { describeService, type Service } from '../infra/service.ts';
import { bodyKind } from '../shared/config/ingest.ts';
import { bucketOf, differsFromAws, startArchive } from './archive.ts';
import type { Arguments } from './arguments.ts';
import { emulatorEnvironment, kinesisClient } from './clients.ts';
import { startConsumer } from './consumer.ts';
import { createScreen } from './display/screen.ts';
import { startDynamodb } from './dynamodb.ts';
import { chooseReplay, type Replay } from './events.ts';
import { startHttp } from './http.ts';
import { shown } from './invoked-from.ts';
import { startKinesis } from './kinesis.ts';
import { takenAsTheyCome } from './lateness.ts';
import { play, SIGNALS } from './play.ts';
import { makeRunFolder } from './run-folder.ts';
import { kinesisSource } from './source.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WORK = join(ROOT, '.sluice');
const STAGE = 'local';
/** Used where they are free, so that a command typed yesterday works today. */
const PORTS = { kinesis: 4568, dynamodb: 8000, http: 8080 };

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
    .map((application) => (replay.lateness ? application : takenAsTheyCome(application)));
  const { say, ...screen } = createScreen(args.json ? process.stderr : process.stdout);
  say(`Building ${applications.map(({ name }) => name).join(', ')} and starting the emulators …`);

  const work = prepareFolder();
  // Until all is up there is nothing to drain; what has been started ends with this process.
  const endNow = () => process.exit(130);
  for (const signal of SIGNALS) process.on(signal, endNow);
  const service = describeService(
    applications,
    config,
    STAGE,
    pathToFileURL(work.path).href,
    loaded.transformers,
    (file) => join(ROOT, file),
  );
  const stream = streamOf(service, replay);
  const deliveries = service.deliveries.filter((one) => one.config.stream === replay.stream);
  const readers = applications.map(({ name }) => name);
  const others = [...deliveries.map(({ transform }) => transform), `ingest-${replay.stream}`];
  const functions = service.functions.filter(
    (fn) => (isStreamFunction(fn) && readers.includes(fn.application)) || others.includes(fn.name),
  );
  const stops: (() => Promise<void>)[] = [work.remove];
  try {
    const [kinesis, dynamodb] = await Promise.all([
      startKinesis({
        streams: [stream],
        port: PORTS.kinesis,
      }),
      startDynamodb({ tables: service.tables.map((t) => t.physicalName), port: PORTS.dynamodb }),
      buildFunctions(functions, work.dist),
    ]);
    stops.push(dynamodb.stop, kinesis.stop);
    const client = kinesisClient(kinesis.endpoint);
    const source = kinesisSource(client, stream.name);
    const environment = emulatorEnvironment({
      kinesis: kinesis.endpoint,
      dynamodb: dynamodb.endpoint,
    });
    const { dist, logFile } = work;
    const common = { streamName: stream.name, source, dist, environment, logFile };
    const consumers = functions.filter(isStreamFunction).map((fn) => {
      return startConsumer({ fn, ...common });
    });
    stops.push(...consumers.map(({ stop }) => stop));
    const archives = deliveries.map((delivery) => {
      const fn = functions.find(({ name }) => name === delivery.transform) ?? null;
      return startArchive({ delivery, fn, folder: work.archive, ...common });
    });
    stops.push(...archives.map(({ stop }) => stop));

    const ingest = functions.find(({ handler }) => handler === 'ingest');
    const http =
      ingest === undefined
        ? null
        : await startHttp({ stream: replay.stream, fn: ingest, port: PORTS.http, ...common });
    if (http !== null) stops.push(http.stop);
    if (kinesis.port !== PORTS.kinesis) say(busy(PORTS.kinesis, kinesis.port));
    if (dynamodb.port !== PORTS.dynamodb) say(busy(PORTS.dynamodb, dynamodb.port));
    const tables = service.tables.map(({ physicalName }) => physicalName).join(', ');
    say(
      `Kinesis   ${kinesis.endpoint}  ${stream.name}, ${stream.shards} ${stream.shards === 1 ? 'shard' : 'shards'}`,
    );
    if (replay.existing !== null) {
      say(
        `          ${stream.name} exists on AWS: this is an emulated one of that name, and empty.`,
      );
    }
    say(`DynamoDB  ${dynamodb.endpoint}  ${tables}`);
    if (http !== null) {
      const type = bodyKind(replay.format) === 'lines' ? 'text/plain' : 'application/x-ndjson';
      say(`HTTP      curl -H 'content-type: ${type}' --data-binary @FILE ${http.url}`);
    }
    for (const delivery of deliveries) {
      const differs = differsFromAws(delivery);
      const where = shown(join(work.archive, bucketOf(delivery)));
      say(`Delivery  ${delivery.name} to ${where}${differs === null ? '' : ` (${differs})`}`);
    }
    say(`Functions write to ${shown(work.logFile)}, faults go to ${shown(work.faults)}`);
    say(`Input     ${replay.what}`);
    if (!replay.lateness) {
      say('The events of a file arrive now: none counts as late or as ahead of its time, and rows');
      say('are kept for ever. --lateness judges them as streams.yml says.');
    } else if (replay.file !== null) {
      say('Late and future events are set aside as streams.yml says, judged by the time of now.');
    }
    say('');
    for (const signal of SIGNALS) process.off(signal, endNow);
    return await play({
      args,
      replay,
      screen: { say, ...screen },
      applications,
      consumers,
      archives,
      client,
      stream: stream.name,
      kinesisEnded: kinesis.ended,
      dynamodb: dynamodb.client,
      tablePrefix: tablePrefix(service.tables),
      faults: work.faults,
      logFile: work.logFile,
      archive: work.archive,
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, endNow);
    for (const stop of stops.reverse()) await stop();
  }
}

/** A folder for what this run leaves behind; the packaged functions go with it. */
function prepareFolder() {
  const folder = makeRunFolder(WORK, process.pid);
  const removeNow = () => rmSync(folder.dist, { recursive: true, force: true });
  // Also when a second Ctrl-C ends the run at once.
  process.once('exit', removeNow);
  return { ...folder, remove: async () => removeNow() };
}

/** The emulated stream; one that exists on AWS has here the name that its functions know. */
function streamOf({ streams }: Service, { stream, shards, existing }: Replay) {
  const name = existing ?? streams.find((one) => one.name === stream)!.physicalName;
  return { name, shards };
}

function tablePrefix(tables: readonly { name: string; physicalName: string }[]): string {
  const { name, physicalName } = tables[0]!;
  return physicalName.slice(0, -name.length);
}

function busy(wanted: number, got: number): string {
  return `Port ${wanted} is in use by something else: taking ${got} instead.`;
}
