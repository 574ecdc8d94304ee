import { relative } from 'node:path';
import type { MutantResult } from '@stryker-mutator/api/core';

export interface RoomResult {
  readonly room: string;
  readonly mutants: readonly MutantResult[];
}

/** What no test noticed: one line each, with its place and what stood there in its stead. */
export function survivorsText(mutants: readonly MutantResult[]): string {
  return mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(({ fileName, location: { start }, status, replacement = '' }) => {
      const place = `${relative('.', fileName)}:${start.line}:${start.column}`;
      const why = status === 'NoCoverage' ? 'no test runs it' : 'survived';
      return `${place}  ${why}: ${replacement.replace(/\s+/g, ' ').slice(0, 100)}`;
    })
    .join('\n');
}

/** Per room: mutants, those that a test killed (or that never ended), the rest, and the score. */
export function tableText(results: readonly RoomResult[]): string {
  const heading = ['room', 'mutants', 'killed', 'timed out', 'survived', 'uncovered', 'score'];
  const rows = results.map(({ room, mutants }) => {
    const count = (status: MutantResult['status']): number =>
      mutants.filter((mutant) => mutant.status === status).length;
    const [killed, timeout] = [count('Killed') + count('RuntimeError'), count('Timeout')];
    const [survived, uncovered] = [count('Survived'), count('NoCoverage')];
    const all = killed + timeout + survived + uncovered;
    const score = all === 0 ? '-' : `${((100 * (killed + timeout)) / all).toFixed(1)} %`;
    return [room, all, killed, timeout, survived, uncovered, score].map(String);
  });
  const widths = heading.map((name, i) =>
    Math.max(name.length, ...rows.map((row) => row[i]!.length)),
  );
  return [heading, ...rows]
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  '),
    )
    .join('\n');
}
