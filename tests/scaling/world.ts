import { demandOf } from '../../shared/scaling/demand.ts';
import type { Heat } from '../../shared/scaling/heat.ts';
import { type History, type Limits, type Plan, planScaling } from '../../shared/scaling/plan.ts';
import { reshard, type Shard } from '../../shared/scaling/ring.ts';
import { MINUTE, NOW, shardId, steadyMinutes, uniformShards } from './arbitrary.ts';

/** What producers do for a while. */
export interface Phase {
  readonly recordsPerSecond: number;
  readonly throttledPerSecond: number;
  readonly lagMs: number;
  readonly heat: Heat | null;
  readonly minutes: number;
  /** Each minute's traffic as a factor, the last of which is now; 1 for all unless given. */
  readonly noise?: (minute: number) => number;
}

export interface Step {
  readonly plan: Plan;
  readonly before: readonly Shard[];
  readonly after: readonly Shard[];
  readonly now: number;
  readonly unevenAt: number;
}

/**
 * Plans once a minute and carries every plan out at once. Each phase looks to CloudWatch as if it had
 * lasted for half an hour, so that shrinking waits for nothing but its own rests. `evenHours` is how long
 * the load had been even before.
 */
export function carryOut(
  start: number,
  phases: readonly Phase[],
  limits: Limits,
  evenHours = 0,
): Step[] {
  let shards: readonly Shard[] = uniformShards(start);
  let history: History = {
    updatedAt: [],
    grownAt: null,
    shrunkAt: null,
    changedAt: null,
    unevenAt: NOW - evenHours * 60 * MINUTE,
  };
  let now = NOW;
  let made = start;
  const steps: Step[] = [];
  for (const { minutes, recordsPerSecond, throttledPerSecond, lagMs, heat, noise } of phases) {
    for (const end = now + minutes * MINUTE; now < end; now += MINUTE) {
      const metrics = steadyMinutes(recordsPerSecond, 500, now).map((minute) => ({
        ...minute,
        records: minute.records * (noise?.(minute.at / MINUTE) ?? 1),
        throttled: throttledPerSecond * 60,
      }));
      const demand = demandOf(metrics, { since: 0, until: now, lagMs });
      const plan = planScaling({ now, shards, heat, demand, limits, history });
      const before = shards;
      if (!plan.figures.isEven) history = { ...history, unevenAt: now };
      if (plan.operation !== null) {
        shards = reshard(shards, plan.operation, (i) => shardId(made + i));
        made += shards.length;
        const grew = shards.length > before.length;
        history = {
          ...history,
          updatedAt: plan.kind === 'uniform' ? [...history.updatedAt, now] : history.updatedAt,
          grownAt: grew ? now : history.grownAt,
          shrunkAt: grew ? history.shrunkAt : now,
          changedAt: now,
        };
      }
      steps.push({ plan, before, after: shards, now, unevenAt: history.unevenAt });
    }
  }
  return steps;
}
