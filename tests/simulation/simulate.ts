import { parseArgs } from 'node:util';
import { FAULT_KINDS, FAULTS, type Fault } from './faults.ts';
import { GUARDS, type GuardName } from './guards.ts';
import { catchGuard, runSeeds, startRunner } from './pool.ts';
import { failureText, guardTable, summaryText } from './report.ts';
import type { Outcome } from './run-seed.ts';

const HELP = `npm run simulate -- [options]: simulated worlds that must stay exact

  --seeds N        how many (1000)
  --from S         the first one (1)
  --faults a,b     exactly these kinds in every world; all, none; else a random subset for each
  --guards [a b]   each guard off, until it is caught; with names: only these
  --help

Fault kinds:
${FAULT_KINDS.map((kind) => `  ${kind.padEnd(14)} ${FAULTS[kind]}`).join('\n')}
`;
/** More broken worlds than anyone reads. */
const MOST_FAILURES = 5;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      faults: { type: 'string' },
      guards: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const seeds = wholeNumber('--seeds', values.seeds);
  const from = wholeNumber('--from', values.from);
  if (values.guards) return guards(positionals, from, seeds);
  return worlds(from, seeds, values.faults === undefined ? null : kindsOf(values.faults));
}

async function worlds(from: number, seeds: number, faults: Fault[] | null): Promise<number> {
  const started = performance.now();
  const sum = { seeds: 0, broken: 0, records: 0, rows: 0, invocations: 0 };
  const broken: Outcome[] = [];
  const tell = (): void => {
    const { user, system } = process.cpuUsage();
    const ms = performance.now() - started;
    console.log(summaryText({ ...sum, ms, cpuMs: (user + system) / 1000 }));
  };
  await runSeeds({ from, seeds, faults }, (outcome) => {
    const { records, rows, invocations } = outcome.counts;
    sum.seeds++;
    sum.records += records;
    sum.rows += rows;
    sum.invocations += invocations;
    if (outcome.violation !== null) {
      sum.broken++;
      broken.push(outcome);
    }
    if (sum.seeds % 1_000 === 0 && sum.seeds < seeds) tell();
    return broken.length < MOST_FAILURES;
  });
  for (const outcome of broken) {
    const least = await fewestFaults(outcome);
    console.log(`\n${failureText(least, least.faults)}`);
  }
  tell();
  return broken.length > 0 ? 1 : 0;
}

/** Leaves out one kind of fault after the other, until none of them can be left out. */
async function fewestFaults(outcome: Outcome): Promise<Outcome> {
  const runner = startRunner(null);
  let least = outcome;
  let before: Outcome;
  do {
    before = least;
    for (const kind of before.faults) {
      const faults = least.faults.filter((other) => other !== kind);
      const [without] = await runner.run({ from: outcome.seed, seeds: 1, faults });
      if (without!.violation !== null) least = without!;
    }
  } while (least !== before);
  await runner.stop();
  return least;
}

async function guards(names: string[], from: number, limit: number): Promise<number> {
  const all = Object.keys(GUARDS) as GuardName[];
  const unknown = names.filter((name) => !(name in GUARDS));
  if (unknown.length > 0) {
    throw new Error(`unknown guards: ${unknown.join(', ')}; there are ${all.join(', ')}`);
  }
  const chosen = all.filter((name) => names.length === 0 || names.includes(name));
  const caught = [];
  for (const guard of chosen) {
    const one = await catchGuard(guard, from, limit);
    caught.push(one);
    console.log(guardTable([one]));
  }
  return caught.every(({ seeds }) => seeds !== null) ? 0 : 1;
}

function kindsOf(text: string): Fault[] {
  if (text === 'all') return [...FAULT_KINDS];
  const names = text === 'none' || text === '' ? [] : text.split(',');
  const unknown = names.filter((name) => !(name in FAULTS));
  if (unknown.length > 0) {
    throw new Error(
      `unknown fault kinds: ${unknown.join(', ')}; there are ${FAULT_KINDS.join(', ')}`,
    );
  }
  return names as Fault[];
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`${option} takes a whole number, not ${text}`);
}
