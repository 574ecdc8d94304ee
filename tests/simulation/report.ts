import { FAULT_KINDS, type Fault } from './faults.ts';
import { GUARDS } from './guards.ts';
import type { Caught } from './pool.ts';
import type { Outcome } from './run-seed.ts';
import { INVARIANTS } from './violation.ts';

/** Most events of an item that are worth reading. */
const MOST_EVENTS = 40;

const PARTS = ['time', 'by', 'item', 'before', 'expected', 'actual'] as const;

/** A broken world for people: what was wrong first, of what, and how to see it again. */
export function failureText({ seed, violation }: Outcome, faults: readonly Fault[]): string {
  const { invariant, message, events = [], ...what } = violation!;
  const lines = [`seed ${seed}: ${INVARIANTS[invariant]} [${invariant}]`, `  ${message}`];
  for (const part of PARTS) {
    if (what[part] !== undefined) lines.push(`  ${part.padEnd(9)} ${what[part]}`);
  }
  if (events.length > 0) lines.push(`  of ${events.length} events (* should be in it by now):`);
  for (const { text, isDue } of events.slice(0, MOST_EVENTS)) {
    lines.push(`  ${isDue ? '*' : ' '} ${text}`);
  }
  if (events.length > MOST_EVENTS) lines.push(`    … ${events.length - MOST_EVENTS} more`);
  lines.push(`  again: ${repeatCommand(seed, faults)}`);
  return lines.join('\n');
}

function repeatCommand(seed: number, faults: readonly Fault[]): string {
  const kinds = faults.length === FAULT_KINDS.length ? 'all' : faults.join(',') || 'none';
  return `npm run simulate -- --seeds 1 --from ${seed} --faults ${kinds}`;
}

export interface Summary {
  readonly seeds: number;
  readonly broken: number;
  readonly records: number;
  readonly rows: number;
  readonly invocations: number;
  readonly ms: number;
  /** Of all threads. */
  readonly cpuMs: number;
}

export function summaryText({
  seeds,
  broken,
  records,
  rows,
  invocations,
  ms,
  cpuMs,
}: Summary): string {
  const perMinute = Math.round((seeds / ms) * 60_000);
  const what = `${records} records, ${rows} rows, ${invocations} invocations`;
  const cpu = `${Math.round(cpuMs / seeds)} ms of CPU a seed`;
  return `${seeds} seeds, ${broken} broken; ${what}; ${perMinute} seeds a minute, ${cpu}`;
}

/** What a world without each guard is caught by. */
export function guardTable(caught: readonly Caught[]): string {
  const width = Math.max(...caught.map(({ guard }) => guard.length));
  return caught
    .map(({ guard, seeds, outcome }) => {
      const after = seeds === null ? 'NEVER' : String(seeds);
      const by = outcome?.violation?.invariant ?? '';
      const { rule } = GUARDS[guard];
      return `${guard.padEnd(width)} ${after.padStart(5)}  ${by.padEnd(12)}  ${rule}`;
    })
    .join('\n');
}
