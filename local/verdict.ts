import type { Replay } from './events.ts';
import { FAULTS_READ, type FaultCount } from './faults.ts';
import type { Tables } from './tables.ts';

/** Less is a hiccup that nobody would ask about. */
const BEHIND_MS = 2_000;
const BEHIND_SHARE = 1.2;

export interface Outcome {
  /** Events that were put, and are applied. */
  readonly events: number;
  readonly faults: FaultCount;
  readonly tables: Tables;
}

/** Why the replay of a file was in vain; null when it gave rows, and for made-up events. */
export function inVain({ file, format }: Replay, outcome: Outcome): string | null {
  const { events, faults, tables } = outcome;
  const rows = [...tables.values()].some((outputs) =>
    [...outputs.values()].some((list) => list.length > 0),
  );
  if (file === null || rows) return null;
  // A fault for each application; with many of them, those that were read stand for the others.
  const all = Math.min(events * tables.size, FAULTS_READ);
  if (faults.unread >= all) return `no record could be read; is ${file} really ${format}?`;
  const why =
    faults.records > 0
      ? 'what was set aside says why'
      : 'does the program filter all out, or has its schema other names?';
  return `no row came of ${file}: ${why}`;
}

/** How many events a second were put, where that was less than was asked for; null otherwise. */
export function paceProblem(rate: number | null, events: number, ms: number): string | null {
  if (rate === null) return null;
  const expected = (events / rate) * 1000;
  if (ms - expected < BEHIND_MS || ms < expected * BEHIND_SHARE) return null;
  return `the Kinesis emulator is the limit here (${perSecond(events, ms)}/s); AWS takes 1,000 records a second and shard`;
}

export function perSecond(events: number, ms: number): string {
  return Math.round((events / Math.max(1, ms)) * 1000).toLocaleString('en');
}
