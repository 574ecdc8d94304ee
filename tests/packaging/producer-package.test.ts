import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeProducerPackage } from '../../infra/producer-package.ts';
import { emulatorEnvironment, kinesisClient } from '../../local/clients.ts';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import { readStream } from '../producer/stream.ts';

/** An application that has installed the package: its dependencies are those of this repository. */
const folder = mkdtempSync(join(tmpdir(), 'sluice-producer-'));
const MODULES = resolve('node_modules');
let kinesis: LocalKinesis;

beforeAll(async () => {
  const modules = join(folder, 'node_modules');
  writeProducerPackage(join(modules, 'sluice-producer'));
  for (const name of ['@aws-sdk', '@smithy', '@types', 'pino', 'pino-abstract-transport']) {
    symlinkSync(join(MODULES, name), join(modules, name));
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const streams = ['orders', 'logs'].map((name) => ({ name, shards: 1 }));
  kinesis = await startKinesis({ streams });
});
afterAll(async () => {
  await kinesis?.stop();
  rmSync(folder, { recursive: true });
});

/** The program that docs/producer.md shows below the name of its file. */
function writeProgram(name: string): string {
  const page = readFileSync('docs/producer.md', 'utf8');
  const [, code] = page.match(new RegExp(`\`${name}\`:\\n\\n\`\`\`ts\\n(.*?)\`\`\``, 's'))!;
  const file = join(folder, name);
  writeFileSync(file, code!);
  return file;
}

const run = promisify(execFile);

async function node(file: string): Promise<string> {
  const { endpoint } = kinesis;
  const env = { ...process.env, ...emulatorEnvironment({ kinesis: endpoint, dynamodb: '' }) };
  const { stdout, stderr } = await run(process.execPath, [file], { cwd: folder, env });
  expect(stderr).toBe('');
  return stdout;
}

it('the programs of docs/producer.md run from the package, and all arrives', async () => {
  const told = await node(writeProgram('orders.ts'));
  expect(told).toMatch(/^10000 orders in \d\d Kinesis records\n$/);
  await node(writeProgram('web.ts'));
  const client = kinesisClient(kinesis.endpoint);
  const orders = (await readStream(client, 'orders')).users.map(({ data }) =>
    JSON.parse(`${data}`),
  );
  expect(new Set(orders.map(({ id }) => id)).size).toBe(10_000);
  const [line] = (await readStream(client, 'logs')).users;
  expect(line!.partitionKey).toBe('r-17');
  expect(JSON.parse(`${line!.data}`)).toMatchObject({ status: 200, msg: 'request done' });
  client.destroy();
});

it('its types are there for a strict application', async () => {
  const wrong = join(folder, 'wrong.ts');
  writeFileSync(
    wrong,
    `import { createProducer, producerClient } from 'sluice-producer';
     import type { TransportOptions } from 'sluice-producer/pino';
     createProducer({ client: producerClient(), stream: 1 });
     export const options: TransportOptions = { stream: 'logs', linger: 5 };`,
  );
  const files = [writeProgram('orders.ts'), wrong];
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--types', 'node'];
  const tsc = join(MODULES, 'typescript', 'bin', 'tsc');
  const failed = await run(process.execPath, [tsc, ...flags, ...files], { cwd: folder }).catch(
    (error) => error as { stdout: string },
  );
  const errors = failed.stdout
    .trim()
    .split('\n')
    .filter((line) => line.includes('error TS'));
  expect(errors).toHaveLength(2);
  expect(errors[0]).toContain(
    "wrong.ts(3,49): error TS2322: Type 'number' is not assignable to type 'string'",
  );
  expect(errors[1]).toContain("'linger' does not exist in type 'TransportOptions'");
});

it('brings only what it needs, in the versions that are tested here', () => {
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  const { dependencies } = read(join(folder, 'node_modules', 'sluice-producer', 'package.json'));
  const ours = read('package.json').dependencies;
  const names = ['@aws-sdk/client-kinesis', '@smithy/node-http-handler', 'pino-abstract-transport'];
  expect(dependencies).toEqual(Object.fromEntries(names.map((name) => [name, ours[name]])));
});
