import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const HELP = `npm run fuzz -- [options] [file …]: any input, and what must hold for it

  --runs N    per property (10000)
  --seed S    of an earlier run, which it printed
  --path P    of a failure: shows it again at once, with its --seed and --only
  --only T    properties whose name holds this text
  --help

Files are those of tests/fuzz: decoders, events, aggregates, consumer, consume, gaps, cli, memory.
`;

process.exitCode = main(process.argv.slice(2));

function main(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      path: { type: 'string' },
      only: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const runs = Number(values.runs);
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) {
    console.error(HELP);
    return 2;
  }
  console.log(`${runs} runs a property; again with --seed ${seed}`);
  const files = positionals.length === 0 ? [''] : positionals;
  const only = values.only === undefined ? [] : ['-t', values.only];
  const { status } = spawnSync(
    'vitest',
    ['run', '--reporter=default', ...files.map((file) => `tests/fuzz/${file}`), ...only],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        FUZZ_RUNS: String(runs),
        FUZZ_SEED: String(seed),
        ...(values.path === undefined ? {} : { FUZZ_PATH: values.path }),
      },
    },
  );
  return status ?? 1;
}
