import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { survivorsText, tableText } from './report.ts';
import { ROOM_VARIABLE, ROOMS } from './rooms.ts';

const HELP = `npm run mutate -- [room …] [options]: is every rule of the core held by a test?

Changes the code of a room in many small ways, one at a time, and runs the room's tests on each:
a change that no test notices is told with its place. Rooms: ${Object.keys(ROOMS).join(', ')}; all by default.

  --file F         only this file of the room, e.g. decode.ts
  --all            try everything again, not only what changed since the last run
  --concurrency N  processes (2)
  --help
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      file: { type: 'string' },
      all: { type: 'boolean', default: false },
      concurrency: { type: 'string', default: '2' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const unknown = positionals.filter((name) => !Object.hasOwn(ROOMS, name));
  const concurrency = Number(values.concurrency);
  if (unknown.length > 0 || !Number.isSafeInteger(concurrency) || concurrency < 1) {
    console.error(HELP);
    return 2;
  }
  const rooms = positionals.length > 0 ? positionals : Object.keys(ROOMS);
  const results = [];
  for (const room of rooms) {
    const mutants = await mutate(room, values.file ?? '**/*.ts', values.all, concurrency);
    results.push({ room, mutants });
    console.log(survivorsText(mutants));
  }
  console.log(tableText(results));
  return 0;
}

/** One run of Stryker; what became of each mutant. Progress goes to the terminal. */
async function mutate(room: string, files: string, all: boolean, concurrency: number) {
  process.env[ROOM_VARIABLE] = room;
  const incrementalFile = `.sluice/mutation/${room}.json`;
  if (all) rmSync(incrementalFile, { force: true });
  const stryker = new Stryker({
    mutate: [`shared/${room}/${files}`],
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'tests/mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    concurrency,
    incremental: true,
    incrementalFile,
    reporters: ['progress-append-only'],
    disableTypeChecks: false,
    // Stryker rewrites the configuration with TypeScript's API, which version 7 does not have.
    tsconfigFile: '',
    ignorePatterns: ['dist', '.serverless', '.sluice'],
    tempDirName: '.sluice/mutation/sandbox',
    allowConsoleColors: process.stdout.isTTY === true,
    warnings: false,
  });
  return stryker.runMutationTest();
}
