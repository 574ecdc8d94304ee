import {
  SHARD_BYTES_PER_SECOND,
  SHARD_READ_BYTES_PER_SECOND,
  SHARD_RECORDS_PER_SECOND,
} from './limits.ts';
import { MONTH_SECONDS, PRICES } from './prices.ts';

/** What a stream has to carry. */
export interface Traffic {
  /** Records that producers put, a second: user records, unless the KPL aggregates them. */
  readonly recordsPerSecond: number;
  /** Of a record, with its partition key. */
  readonly bytesPerRecord: number;
  /** Consumers that share the shards' read throughput; each reads everything. */
  readonly consumers: number;
  /** The highest rate as a multiple of `recordsPerSecond`: shards have to carry it, records are billed at the mean. */
  readonly peakFactor: number;
  /** How full a shard may be at the highest rate, above 0 to 1. */
  readonly target: number;
}

/** Shards for each of the three limits; the highest is needed. */
export interface Shards {
  readonly byBytes: number;
  readonly byRecords: number;
  readonly byReads: number;
  readonly needed: number;
}

/** US dollars a month, with the sums behind them. */
export interface Costs {
  readonly provisioned: number;
  readonly shardHours: number;
  readonly putUnits: number;
  /** What those are dollars of. */
  readonly units: number;
  readonly gigabytes: number;
  readonly onDemand: number;
  readonly onDemandAdvantage: number;
  /** Advantage, which binds the account, is left out of it. */
  readonly cheaper: 'provisioned' | 'on-demand';
  /** How many times as much the other one is. */
  readonly times: number;
}

const KB = 1_024;
const PUT_UNIT_BYTES = 25 * KB;
const GB = KB ** 3;

/** How many shards the traffic needs. An even spread of the keys is taken for granted. */
export function shardsFor(traffic: Traffic): Shards {
  const { recordsPerSecond, bytesPerRecord, consumers, peakFactor, target } = traffic;
  const records = (recordsPerSecond * peakFactor) / target;
  const count = (load: number, limit: number): number =>
    Math.max(1, Math.ceil(load / limit - 1e-9));
  const byBytes = count(records * bytesPerRecord, SHARD_BYTES_PER_SECOND);
  const byRecords = count(records, SHARD_RECORDS_PER_SECOND);
  const byReads = count(records * bytesPerRecord * consumers, SHARD_READ_BYTES_PER_SECOND);
  return { byBytes, byRecords, byReads, needed: Math.max(byBytes, byRecords, byReads) };
}

/** What a month of it costs with so many shards, and on demand. Retention past a day and fan-out are extra. */
export function monthlyCosts(traffic: Traffic, shards: number): Costs {
  const { recordsPerSecond, bytesPerRecord, consumers } = traffic;
  const records = recordsPerSecond * MONTH_SECONDS;
  const shardHours = ((shards * MONTH_SECONDS) / 3_600) * PRICES.provisioned.shardHour;
  const units = records * Math.max(1, Math.ceil(bytesPerRecord / PUT_UNIT_BYTES));
  const putUnits = (units / 1e6) * PRICES.provisioned.millionPutUnits;
  const billed = Math.max(1, Math.ceil(bytesPerRecord / KB)) * KB;
  const gigabytes = (records * billed) / GB;
  const moved = (prices: { readonly gigabyteIn: number; readonly gigabyteOut: number }): number =>
    gigabytes * (prices.gigabyteIn + consumers * prices.gigabyteOut);
  const provisioned = shardHours + putUnits;
  const onDemand = (MONTH_SECONDS / 3_600) * PRICES.onDemand.streamHour + moved(PRICES.onDemand);
  return {
    provisioned,
    shardHours,
    putUnits,
    units,
    gigabytes,
    onDemand,
    onDemandAdvantage: moved(PRICES.onDemandAdvantage),
    cheaper: provisioned <= onDemand ? 'provisioned' : 'on-demand',
    times: Math.max(provisioned, onDemand) / Math.min(provisioned, onDemand),
  };
}
