import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaultyRecord } from '../shared/consume/faults.ts';

export interface FaultCount {
  /** Kinesis records that were set aside, wholly or in part. */
  readonly records: number;
  /** User records by the reason that was given, most frequent first. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** Files whose reasons are read; beyond that they are only counted. */
const READ_LIMIT = 5_000;

/** Counts what the functions have set aside in a folder. */
export async function countFaults(folder: string): Promise<FaultCount> {
  const entries = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
  const files = entries.filter((name) => name.endsWith('.json'));
  const reasons = new Map<string, number>();
  for (const file of files.slice(0, READ_LIMIT)) {
    const record = JSON.parse(await readFile(join(folder, file), 'utf8')) as FaultyRecord;
    // Each pump that could not take a row has told its reason: one is enough here.
    const told = new Set(
      record.faults.map((fault) => `${fault.subSequenceNumber} ${fault.reason}`),
    );
    for (const one of told) {
      const reason = one.split(' ')[1]!;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  const sorted = [...reasons].sort(([, a], [, b]) => b - a);
  return { records: files.length, reasons: Object.fromEntries(sorted) };
}
