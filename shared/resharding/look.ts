import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { demandOf } from '../scaling/demand.ts';
import type { Heat } from '../scaling/heat.ts';
import { type Limits, type Plan, planScaling } from '../scaling/plan.ts';
import { inOrder, type Shard } from '../scaling/ring.ts';
import { historyOf, type Memory, settled } from './memory.ts';
import { knownMinutes, type ReadMetrics } from './metrics.ts';
import { describe, openShards } from './stream.ts';

/** How to reach what a plan is made from. */
export interface Sight {
  readonly kinesis: KinesisClient;
  readonly readMetrics: ReadMetrics;
  readonly readHeat: (stream: string, now: number) => Promise<Heat | null>;
}

/** A stream as it stands, and what to do with it. */
export type Look =
  | { readonly kind: 'on-demand' | 'updating'; readonly openShards: number }
  | {
      readonly kind: 'planned';
      readonly shards: readonly Shard[];
      readonly heat: Heat | null;
      readonly plan: Plan;
      /** What was remembered, brought up to date. */
      readonly memory: Memory;
    };

/**
 * Reads a stream (by its name) afresh and plans. Changes nothing. Rejects with what AWS answers; a
 * stream that does not exist gives ResourceNotFoundException.
 */
export async function look(
  { kinesis, readMetrics, readHeat }: Sight,
  stream: string,
  limits: Limits,
  memory: Memory,
  now: number,
): Promise<Look> {
  const { isActive, isOnDemand, openShards: count, createdAt } = await describe(kinesis, stream);
  if (isOnDemand) return { kind: 'on-demand', openShards: count };
  if (!isActive) return { kind: 'updating', openShards: count };
  const [shards, { minutes, until, lagMs }, heat] = await Promise.all([
    openShards(kinesis, stream),
    knownMinutes(readMetrics, stream, now),
    readHeat(stream, now),
  ]);
  if (!isPartition(shards)) return { kind: 'updating', openShards: count };
  const known = settled(memory, shards, now);
  const plan = planScaling({
    now,
    shards,
    heat,
    demand: demandOf(minutes, { since: createdAt, until, lagMs }),
    limits,
    history: historyOf(known, now),
  });
  const unevenAt = plan.figures.isEven ? known.unevenAt : now;
  return { kind: 'planned', shards, heat, plan, memory: { ...known, unevenAt } };
}

/** False when the shards were listed while someone was changing them. */
function isPartition(shards: readonly Shard[]): boolean {
  try {
    inOrder(shards);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
