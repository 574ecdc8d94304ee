import { errorDetails, log } from '../observe/log.ts';
import type { Store } from '../results/store.ts';
import type { Limits } from '../scaling/plan.ts';
import { type Decision, refused } from './decision.ts';
import { refusalOf } from './errors.ts';
import { type Lease, LeaseLost, leaseKey, takeLease } from './lease.ts';
import { type Look, look, type Sight } from './look.ts';
import { type Memory, withPending, withRefusal } from './memory.ts';
import { carryOut } from './stream.ts';

export interface Services extends Sight {
  readonly store: Store;
  /** Physical name of the table that holds the lease. */
  readonly stateTable: string;
  /** ms since 1970. */
  readonly now: () => number;
}

export interface Task {
  /** The stream's name on AWS. */
  readonly stream: string;
  readonly limits: Limits;
  /** Plans, and carries nothing out. */
  readonly dryRun: boolean;
}

/**
 * Looks at a stream once and begins at most one operation; the next call goes on from there. May be
 * killed at any point: what it was doing is read from the stream and from one item. `holdMs`: when this
 * process is dead for certain. Rejects only with what nobody foresaw, such as a missing permission.
 */
export async function reshardOnce(
  task: Task,
  services: Services,
  holdMs: number,
): Promise<Decision> {
  const { stream } = task;
  const now = services.now();
  try {
    const key = leaseKey(services.stateTable, stream);
    const lease = await takeLease(services.store, key, now, holdMs);
    if (lease === null) return nothing('busy', 'another invocation is at it');
    const held = { memory: lease.memory };
    try {
      return await decide(task, services, lease, held, now);
    } finally {
      await giveBack(lease, held.memory, stream);
    }
  } catch (error) {
    if (error instanceof LeaseLost) return nothing('busy', error.message);
    // A call that only reads has no limits but those of its rate.
    const refusal = refusalOf(error) === 'limit' ? 'throttled' : refusalOf(error);
    if (refusal === null) throw error;
    return { ...refused(refusal, error), plan: null, openShards: null };
  }
}

/** `held.memory` is kept up to date, to be kept whatever happens. */
async function decide(
  { stream, limits, dryRun }: Task,
  services: Services,
  lease: Lease,
  held: { memory: Memory },
  now: number,
): Promise<Decision> {
  const seen = await look(services, stream, limits, held.memory, now);
  if (seen.kind !== 'planned') return notPlanned(seen);
  const { plan, shards } = seen;
  const { operation, why } = plan;
  held.memory = seen.memory;
  const decided = { why, plan, openShards: shards.length };
  if (operation === null) return { outcome: 'held', ...decided };
  if (dryRun) return { outcome: 'dry-run', ...decided };
  held.memory = withPending(seen.memory, operation, shards.length, now);
  await lease.keep(held.memory);
  try {
    await carryOut(services.kinesis, stream, operation);
    return { outcome: 'begun', ...decided };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    held.memory = withRefusal(held.memory, refusal, operation, now);
    const answer = refused(refusal, error);
    return { ...decided, ...answer, why: `${why}; ${answer.why}` };
  }
}

/** A lease that cannot be given back runs out; what it should remember is read from the stream. */
async function giveBack(lease: Lease, memory: Memory, stream: string): Promise<void> {
  try {
    await lease.release(memory);
  } catch (error) {
    log('warn', 'the lease was not given back', { stream, ...errorDetails(error) });
  }
}

function notPlanned({ kind, openShards }: Exclude<Look, { kind: 'planned' }>): Decision {
  const why =
    kind === 'on-demand' ? 'AWS scales an on-demand stream itself' : 'the stream is not ACTIVE';
  return { outcome: kind, why, plan: null, openShards };
}

function nothing(outcome: 'busy', why: string): Decision {
  return { outcome, why, plan: null, openShards: null };
}
