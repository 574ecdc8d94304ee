import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FaultyRecord } from '../shared/consume/faults.ts';

export interface FaultCount {
  /** Kinesis records that were set aside, wholly or in part. */
  readonly records: number;
  /** User records by the reason that was given, most frequent first. */
  readonly reasons: Readonly<Record<string, number>>;
  /** User records that could not be read at all, so that no pump has seen them. */
  readonly unread: number;
}

/** Files whose reasons are read; beyond that they are only counted. */
export const FAULTS_READ = 5_000;

/** Counts what the functions have set aside in a folder. */
export async function countFaults(folder: string): Promise<FaultCount> {
  const entries = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
  const files = entries.filter((name) => name.endsWith('.json'));
  const reasons = new Map<string, number>();
  let unread = 0;
  for (const file of files.slice(0, FAULTS_READ)) {
    const record = JSON.parse(await readFile(join(folder, file), 'utf8')) as FaultyRecord;
    unread += record.faults.filter(({ pump }) => pump === undefined).length;
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
  return { records: files.length, reasons: Object.fromEntries(sorted), unread };
}
