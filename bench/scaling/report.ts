import { PRICES } from '../../shared/scaling/prices.ts';
import { formatTable } from '../table.ts';
import { type Comparison, NAMES, type Name, sumOf } from './compare.ts';
import type { Totals } from './stream.ts';

const COLUMNS = [
  '',
  'shard-hours',
  'dollars',
  'throttled records',
  'minutes over 100 %',
  'operations',
  'longest lag',
];

/** Dollars of shard-hours alone: PUT units are the same for all. */
function dollarsOf({ shardHours }: Totals): number {
  return shardHours * PRICES.provisioned.shardHour;
}

function row(name: Name, totals: Totals): string[] {
  return [
    name,
    totals.shardHours.toFixed(0),
    dollarsOf(totals).toFixed(2),
    Math.round(totals.throttled).toLocaleString('en'),
    String(totals.minutesOver),
    String(totals.operations),
    lagText(totals.longestLag),
  ];
}

/** One trace as a table. */
export function traceText({ trace, about, isSkewed, results }: Comparison): string {
  const rows = NAMES.flatMap((name) =>
    results[name] === undefined ? [] : [row(name, results[name])],
  );
  const table = formatTable({ title: `${trace}: ${about}`, columns: COLUMNS, rows });
  return isSkewed ? `${table}\n${skewText(results)}` : table;
}

/** By how much equal shards fall short where the keys are not spread evenly. */
function skewText(results: Comparison['results']): string {
  const ours = results.sluice!;
  const best = results['oracle, uniform only']!;
  const hours = `${(best.shardHours / ours.shardHours).toFixed(1)} times our shard-hours`;
  const left = best.throttled > 0 ? `, and still throttle ${shareText(best)} of the records` : '';
  return `Equal shards with perfect foresight take ${hours}${left}; doubling throttles ${shareText(results.doubling!)}, we ${shareText(ours)}.`;
}

/** All traces together, and the two ratios that must hold. */
export function summaryText(comparisons: readonly Comparison[]): string {
  const names = NAMES.filter((name) =>
    comparisons.every(({ results }) => results[name] !== undefined),
  );
  const rows = names.map((name) => row(name, sumOf(comparisons, name)));
  const table = formatTable({
    title: `all ${comparisons.length} traces together`,
    columns: COLUMNS,
    rows,
  });
  const { throttled, shardHours } = ratios(comparisons);
  const even = ratios(comparisons.filter(({ isSkewed }) => !isSkewed));
  const skewed = ratios(comparisons.filter(({ isSkewed }) => isSkewed));
  const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;
  return `${table}
throttled records: ${percent(throttled)} of the doubling scaler's (at most 10 %); ${percent(even.throttled)} with even keys, ${percent(skewed.throttled)} with skewed ones
shard-hours: ${percent(shardHours - 1)} more than the oracle's (at most 15 %); ${percent(even.shardHours - 1)} with even keys, ${percent(skewed.shardHours - 1)} with skewed ones`;
}

export function ratios(comparisons: readonly Comparison[]): {
  throttled: number;
  shardHours: number;
} {
  const ours = sumOf(comparisons, 'sluice');
  return {
    throttled: ours.throttled / sumOf(comparisons, 'doubling').throttled,
    shardHours: ours.shardHours / sumOf(comparisons, 'oracle').shardHours,
  };
}

function shareText({ throttled, records }: Totals): string {
  return `${((throttled / records) * 100).toPrecision(2)} %`;
}

function lagText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
