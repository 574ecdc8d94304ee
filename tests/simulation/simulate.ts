import { chooseFaults } from './faults.ts';
import { runSeed } from './run-seed.ts';
const from = Number(process.argv[2] ?? 0), n = Number(process.argv[3] ?? 1);
Error.stackTraceLimit = 0;
const t = performance.now();
let bad = 0, rec=0, rows=0, inv=0;
for (let s = from; s < from + n; s++) {
  const o = await runSeed(s, process.argv[4]!==undefined ? new Set(process.argv[4].split(',').filter(Boolean) as any) : chooseFaults(s));
  rec+=o.counts.records; rows+=o.counts.rows; inv+=o.counts.invocations;
  if (o.violation) { bad++; if (bad < 3) console.log(s, o.faults.join(','), JSON.stringify(o.violation, null, 1).slice(0,3500)); }
}
const ms = performance.now() - t;
console.log({ n, bad, rec, rows, inv, msPerSeed: ms / n });
import { stat } from './client.ts';
console.log(stat);
import {T} from './run-seed.ts'; console.log(Object.fromEntries(Object.entries(T).map(([k,v])=>[k,v/n])));