import { parseArgs } from 'node:util';
import { type Comparison, compare, LIMITS } from './compare.ts';
import { ratios, summaryText, traceText } from './report.ts';
import { makeTraces } from './traces.ts';

const HELP = `npm run bench:scaling -- [options]: load traces through several scalers, side by side

  --seed N        another noise (1)
  --trace NAME    only the traces whose name begins so
  --json          all figures as JSON
  --help

docs/scaling.md says what is simulated and how the oracle is computed.
Exit status: 1 if a ratio that must hold does not (all traces only), 2 if there is no such trace.
`;

process.exitCode = main();

function main(): number {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      trace: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (!/^\d{1,9}$/.test(values.seed)) {
    console.error(`--seed takes a whole number, not ${values.seed}`);
    return 2;
  }
  const { traces, missing } = makeTraces(Number(values.seed));
  const chosen = traces.filter(({ name }) => name.startsWith(values.trace));
  if (chosen.length === 0) {
    console.error(
      `there is no trace ${values.trace}: ${traces.map(({ name }) => name).join(', ')}`,
    );
    return 2;
  }
  if (missing.length > 0) {
    console.error(`skipped for want of ../shared/data: ${missing.join(', ')}`);
  }
  const comparisons: Comparison[] = [];
  for (const trace of chosen) {
    const one = compare(trace);
    comparisons.push(one);
    if (!values.json) console.log(`${traceText(one)}\n`);
  }
  const { throttled, shardHours } = ratios(comparisons);
  if (values.json) {
    console.log(
      JSON.stringify({ limits: LIMITS, ratios: { throttled, shardHours }, comparisons }, null, 2),
    );
  } else console.log(summaryText(comparisons));
  const holds = throttled <= 0.1 && shardHours <= 1.15;
  return holds || values.trace !== '' ? 0 : 1;
}
