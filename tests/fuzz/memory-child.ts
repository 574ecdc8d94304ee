import { CASES } from './memory-cases.ts';

/** Runs one case and writes what became of it, with the highest memory of the process in MB. */
console.log = () => {};
const told = await CASES[process.argv[2]!]!.run();
const { maxRSS } = process.resourceUsage();
process.stdout.write(JSON.stringify({ told, mb: Math.round(maxRSS / 1024) }));
