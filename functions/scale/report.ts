import { log } from '../../shared/observe/log.ts';
import { emitMetrics } from '../../shared/observe/metrics.ts';
import type { Decision, Outcome } from '../../shared/resharding/decision.ts';
import type { Task } from '../../shared/resharding/reshard.ts';
import type { WakeUp } from './wake-up.ts';

/** What a person has to look after if it lasts; all else is as it should be, or passes. */
const FAILURES: readonly Outcome[] = ['throttled', 'limit', 'gone', 'refused'];

/** Every decision is one line of the log, and one of metrics: those that the alarms are made of. */
export function reportDecision({ stream }: Task, decision: Decision, { by, name }: WakeUp): void {
  const { outcome, why, plan, openShards } = decision;
  const isFailure = FAILURES.includes(outcome);
  log(isFailure ? 'warn' : 'info', 'decision', {
    stream,
    by,
    name,
    outcome,
    why,
    ...(plan && { kind: plan.kind, advice: plan.advice, ...planDetails(plan) }),
  });
  emitMetrics(
    { Stream: stream },
    {
      ...(openShards !== null && { OpenShards: openShards }),
      ...(plan && { HottestUtilisation: plan.figures.hottest }),
      Operations: outcome === 'begun' ? 1 : 0,
      Failures: isFailure ? 1 : 0,
    },
  );
}

export function reportIgnored(stream: string, why: string): void {
  log('info', 'decision', { stream, outcome: 'ignored', why });
  emitMetrics({ Stream: stream }, { Ignored: 1 });
}

/** Not the utilisation of each shard: a stream may have thousands. */
function planDetails({ operation, figures }: NonNullable<Decision['plan']>) {
  const { utilisation, ...rest } = figures;
  const call =
    operation && 'at' in operation ? { ...operation, at: String(operation.at) } : operation;
  return { operation: call, figures: rest };
}
