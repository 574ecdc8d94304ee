import {
  type Costs,
  monthlyCosts,
  type Shards,
  shardsFor,
  type Traffic,
} from '../shared/scaling/capacity.ts';
import {
  SHARD_BYTES_PER_SECOND,
  SHARD_READ_BYTES_PER_SECOND,
  SHARD_RECORDS_PER_SECOND,
} from '../shared/scaling/limits.ts';
import { DEFAULT_LIMITS } from '../shared/scaling/policy.ts';
import { PRICES } from '../shared/scaling/prices.ts';
import { readArguments } from './arguments.ts';
import { CommandError } from './errors.ts';
import { type Io, paint } from './io.ts';
import { plural } from './program.ts';
import { renderTable } from './table.ts';

export const CAPACITY_OPTIONS = {
  rate: { type: 'string' },
  size: { type: 'string' },
  consumers: { type: 'string' },
  peak: { type: 'string' },
  target: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** `sluice capacity --rate … --size …`: the shards that a traffic needs, and what a month costs. */
export async function capacity(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArguments(args, CAPACITY_OPTIONS);
  if (positionals.length > 0) {
    throw new CommandError(
      `"${positionals[0]}" is one word too many`,
      'capacity takes options only',
    );
  }
  const traffic: Traffic = {
    recordsPerSecond: numberOf('--rate', required('--rate', values.rate), 0, 1e9),
    bytesPerRecord: bytesOf(required('--size', values.size)),
    consumers: numberOf('--consumers', values.consumers ?? '1', 0, 100),
    peakFactor: numberOf('--peak', values.peak ?? '1', 1, 1_000),
    target: numberOf('--target', values.target ?? String(DEFAULT_LIMITS.target), 0.01, 1),
  };
  const shards = shardsFor(traffic);
  const costs = monthlyCosts(traffic, shards.needed);
  if (values.json) {
    const { asOf, region } = PRICES;
    const all = { ...traffic, shards, costs, prices: { asOf, region } };
    io.out.write(`${JSON.stringify(all, null, 2)}\n`);
    return 0;
  }
  io.out.write(
    `${shardsText(traffic, shards, io.out.color)}\n${costsText(traffic, shards, costs, io.out.color)}`,
  );
  return 0;
}

function shardsText(traffic: Traffic, shards: Shards, color: boolean): string {
  const { recordsPerSecond, bytesPerRecord, consumers, peakFactor, target } = traffic;
  const records = recordsPerSecond * peakFactor;
  const bytes = records * bytesPerRecord;
  const rows = [
    ['bytes in', rateText(bytes), rateText(SHARD_BYTES_PER_SECOND), shards.byBytes],
    [
      'records in',
      `${numberText(records)}/s`,
      `${numberText(SHARD_RECORDS_PER_SECOND)}/s`,
      shards.byRecords,
    ],
    [
      `bytes out, ${plural(consumers, 'consumer')}`,
      rateText(bytes * consumers),
      rateText(SHARD_READ_BYTES_PER_SECOND),
      shards.byReads,
    ],
  ] as const;
  const column = (heading: string, index: 0 | 1 | 2 | 3) => ({
    heading,
    isNumeric: index > 0,
    cells: rows.map((row) => String(row[index])),
  });
  const table = renderTable(
    [
      column('limit', 0),
      column('highest rate', 1),
      column('a shard takes', 2),
      column('shards', 3),
    ],
    color,
  );
  const formula = `shards = rate / what a shard takes / ${target}, rounded up; the highest of the three`;
  return `${paint(color, 'bold', plural(shards.needed, 'shard'))}\n${table}${formula}\n`;
}

function costsText(
  { consumers }: Traffic,
  { needed }: Shards,
  costs: Costs,
  color: boolean,
): string {
  const { provisioned, onDemand, onDemandAdvantage, asOf, region } = PRICES;
  const gigabytes = `${numberText(costs.gigabytes)} GB`;
  const moved = (prices: { readonly gigabyteIn: number; readonly gigabyteOut: number }): string =>
    `${gigabytes} in × $${prices.gigabyteIn} + ${consumers} × ${gigabytes} out × $${prices.gigabyteOut}`;
  const lines = [
    [
      'provisioned',
      costs.provisioned,
      `${plural(needed, 'shard')} × 730 h × $${provisioned.shardHour} + ${numberText(costs.units / 1e6)} million PUT units × $${provisioned.millionPutUnits}`,
    ],
    ['on-demand', costs.onDemand, `730 h × $${onDemand.streamHour} + ${moved(onDemand)}`],
    [
      'on-demand advantage',
      costs.onDemandAdvantage,
      `${moved(onDemandAdvantage)}, with the account's commitment`,
    ],
  ] as const;
  const text = lines.map(
    ([mode, cost, how]) => `${mode.padEnd(20)}${dollars(cost).padStart(9)}  ${how}`,
  );
  const other = costs.cheaper === 'provisioned' ? 'on-demand' : 'provisioned';
  const cheaper = `${costs.cheaper} is cheaper: ${other} costs ${costs.times.toFixed(1)} times as much`;
  return `${paint(color, 'bold', 'A month')} (${region}, prices of ${asOf})\n${text.join('\n')}\n${cheaper}\n`;
}

function required(option: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new CommandError(`${option} is missing`, 'such as --rate 1000 --size 2KB');
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new CommandError(`${option} takes a number from ${least} to ${most}, not ${text}`);
}

const UNITS = { B: 1, KB: 2 ** 10, MB: 2 ** 20 };

/** `512`, `2KB`, `1.5MB`; up to the largest record that Kinesis takes. */
function bytesOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(B|KB|MB)?$/i.exec(text);
  const unit = UNITS[(match?.[2]?.toUpperCase() ?? 'B') as keyof typeof UNITS];
  const bytes = match === null ? Number.NaN : Number(match[1]) * unit;
  if (bytes >= 1 && bytes <= 10 * UNITS.MB) return bytes;
  throw new CommandError(
    `--size takes the bytes of one record, up to 10MB, not ${text}`,
    'such as 512, 2KB or 1.5MB',
  );
}

function rateText(bytes: number): string {
  return `${(bytes / UNITS.MB).toFixed(2)} MiB/s`;
}

function numberText(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 1 });
}

function dollars(value: number): string {
  return `$${value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}
