import { demandOf, type MetricMinute } from '../../shared/scaling/demand.ts';
import { addToHeat, emptyHeat } from '../../shared/scaling/heat.ts';
import { SHARD_RECORDS_PER_SECOND } from '../../shared/scaling/limits.ts';
import { type Limits, planScaling } from '../../shared/scaling/plan.ts';
import type { Scaler } from './stream.ts';

const MINUTE_MS = 60_000;
/** Records of a minute that stand in for the sample of all consumers. */
const SAMPLE = 256;

/**
 * This scaler, woken once a minute: by its schedule, or by the alarm that fires then. One call at a
 * time; a stream that is UPDATING is left alone until the next minute.
 */
export function sluice(limits: Limits): Scaler {
  let heat = emptyHeat(0);
  let grownAt: number | null = null;
  let shrunkAt: number | null = null;
  let unevenAt = Number.NEGATIVE_INFINITY;
  let changedAt: number | null = null;
  let isRunning = false;
  return ({ now, shards, isActive, minutes, updatedAt, sample, call }) => {
    heat = addToHeat(heat, sample(SAMPLE), now);
    if (!isActive) return;
    if (isRunning) changedAt = now;
    isRunning = false;
    const until = minutes.at(-1)!.at + MINUTE_MS;
    const demand = demandOf(minutes, { since: 0, until, lagMs: 0 });
    const { operation, kind, figures } = planScaling({
      now,
      shards,
      heat,
      demand,
      limits,
      history: { updatedAt, grownAt, shrunkAt, unevenAt, changedAt },
    });
    if (!figures.isEven) unevenAt = now;
    if (operation === null || !call(operation)) return;
    isRunning = true;
    const isGrowth =
      kind === 'split' ||
      kind === 'isolate' ||
      (operation.call === 'UpdateShardCount' && operation.count > shards.length);
    if (isGrowth) grownAt = now;
    else shrunkAt = now;
  };
}

/**
 * aws-samples/kinesis-auto-scaling as its template deploys it: double when 5 of 5 periods of five
 * minutes are at 75 % of the mean shard or more, halve when 57 of 60 are below 25 %.
 */
export const doubling: Scaler = ({ now, shards, isActive, minutes, call }) => {
  if (now % (5 * MINUTE_MS) !== 0 || !isActive) return;
  const periods = Array.from({ length: Math.min(60, Math.floor(minutes.length / 5)) }, (_, i) =>
    usage(minutes.slice(minutes.length - 5 * (i + 1), minutes.length - 5 * i), shards.length),
  );
  const count = shards.length;
  if (periods.length >= 5 && periods.slice(0, 5).every((used) => used >= 0.75)) {
    call({ call: 'UpdateShardCount', count: count * 2 });
  } else if (count > 1 && periods.filter((used) => used < 0.25).length >= 57) {
    // The original rounds down, which the API refuses for an odd count: it is helped here.
    call({ call: 'UpdateShardCount', count: Math.ceil(count / 2) });
  }
};

/**
 * amazon-kinesis-scaling-utils with the settings of its README: 20 % more after ten minutes above
 * 80 %, one shard less after an hour below 20 %, then two hours of rest.
 */
export function percentSteps(): Scaler {
  let shrunkAt = Number.NEGATIVE_INFINITY;
  return ({ now, shards, isActive, minutes, call }) => {
    if (now % (5 * MINUTE_MS) !== 0 || !isActive) return;
    const count = shards.length;
    const all = (last: number, passes: (used: number) => boolean): boolean =>
      minutes.length >= last &&
      minutes.slice(-last).every((minute) => passes(usage([minute], count)));
    if (all(10, (used) => used > 0.8)) {
      call({ call: 'UpdateShardCount', count: Math.ceil(count * 1.2) });
    } else if (count > 1 && now - shrunkAt >= 120 * MINUTE_MS && all(60, (used) => used < 0.2)) {
      if (call({ call: 'UpdateShardCount', count: count - 1 })) shrunkAt = now;
    }
  };
}

/** Never resized. */
export const fixed: Scaler = () => {};

/** Utilisation of the mean shard by successful puts, as CloudWatch shows it. */
function usage(minutes: readonly MetricMinute[], shards: number): number {
  const records = minutes.reduce((sum, minute) => sum + minute.records, 0);
  return records / (SHARD_RECORDS_PER_SECOND * 60 * minutes.length * shards);
}
