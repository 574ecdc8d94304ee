import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What the package needs at run time; pino is the application's own. */
const DEPENDENCIES = [
  '@aws-sdk/client-kinesis',
  '@smithy/node-http-handler',
  'pino-abstract-transport',
];

/**
 * Writes shared/producer and its pino transport as an npm package of their own, JavaScript with
 * types: Node runs no TypeScript below node_modules. What stood in the folder is removed.
 */
export function writeProducerPackage(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(ROOT, 'tsconfig.producer.json');
  const args = [tsc, '--project', project, '--outDir', join(folder, 'lib')];
  execFileSync(process.execPath, args, { stdio: 'inherit' });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
  copyFileSync(join(ROOT, 'docs', 'producer.md'), join(folder, 'README.md'));
  copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
}

function manifest() {
  const { version, license, dependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  ) as { version: string; license: string; dependencies: Record<string, string> };
  const entry = (file: string) => ({ types: `./lib/${file}.d.ts`, default: `./lib/${file}.js` });
  return {
    name: 'sluice-producer',
    version,
    description: 'A Kinesis producer with KPL aggregation, and a pino transport on it',
    license,
    type: 'module',
    engines: { node: '>=22' },
    exports: { '.': entry('producer/producer'), './pino': entry('pino-transport/transport') },
    dependencies: Object.fromEntries(DEPENDENCIES.map((name) => [name, dependencies[name]!])),
  };
}

if (import.meta.main) {
  const folder = join(ROOT, 'dist', 'sluice-producer');
  writeProducerPackage(folder);
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', 'dist', folder], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  console.log(`dist/${packed.trim()} is ready: npm install path/to/it in your application.`);
}
