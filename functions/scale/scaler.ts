import type { Decision } from '../../shared/resharding/decision.ts';
import { reshardOnce, type Services, type Task } from '../../shared/resharding/reshard.ts';
import { reportDecision, reportIgnored } from './report.ts';
import { readWakeUps, type WakeUp } from './wake-up.ts';

/** What the function answers, for a person who invokes it. */
export interface Answer {
  readonly outcome: Decision['outcome'] | 'ignored';
  readonly why: string;
}

/**
 * The scaler of one stream: however many wake-ups an event holds, it looks at the stream once.
 * `holdMs`: when this invocation has ended for certain.
 */
export function createScaler(task: Task, services: Services) {
  return async (event: unknown, holdMs: number): Promise<Answer> => {
    const wakeUps = readWakeUps(event);
    const idle = wakeUps.map((wakeUp) => reasonToIgnore(wakeUp, task.stream));
    const first = wakeUps[idle.indexOf(null)];
    if (first === undefined) {
      const why = idle.length === 0 ? 'neither an alarm nor a schedule' : idle.join('; ');
      reportIgnored(task.stream, why);
      return { outcome: 'ignored', why };
    }
    const decision = await reshardOnce(task, services, holdMs);
    reportDecision(task, decision, first);
    return { outcome: decision.outcome, why: decision.why };
  };
}

/** Null for what wakes the scaler. */
function reasonToIgnore({ by, name, state, streams }: WakeUp, stream: string): string | null {
  if (by === 'schedule') return null;
  if (state !== 'ALARM') return `alarm ${name} has changed to ${state}`;
  if (streams.length === 0 || streams.includes(stream)) return null;
  return `alarm ${name} is of stream ${streams.join(', ')}, not of ${stream}`;
}
