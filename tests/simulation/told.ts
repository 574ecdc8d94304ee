import type { Clock } from '../../local/mapping/types.ts';
import { fenceOf } from '../../shared/results/fence.ts';
import type { Attributes } from '../../shared/results/store.ts';
import type { Invocation } from './invocation.ts';
import { laneOf, type Model } from './model.ts';
import { Broken } from './violation.ts';

interface Circumstances {
  readonly clock: Clock;
  readonly model: Model;
  readonly by: Invocation | null;
  /** The item that is written; absent: none is. */
  readonly before?: Attributes | null;
}

/** Judges an act; where it is wrong, tells when it was, by whom, and what a written item was before. */
export function told<T>({ clock, model, by, before }: Circumstances, judge: () => T): T {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    throw new Broken({
      time: new Date(clock.now()).toISOString(),
      ...(by !== null && { by: tellInvocation(by, model) }),
      ...(before !== undefined && {
        before: before === null ? 'no item' : tellItem(before, model),
      }),
      ...error.violation,
    });
  }
}

/** Which records it was given, by their index in the shard, and to which code. */
function tellInvocation({ id, dead, job }: Invocation, model: Model): string {
  const end = dead ? ', which is dead,' : '';
  if (typeof job === 'string') return `a ${job}${end}`;
  const name = `invocation ${id}${end}`;
  const { code, event } = job;
  const numbers = event.Records.map(({ kinesis }) => kinesis.sequenceNumber);
  const shardId = event.shardId ?? event.Records[0]!.eventID.split(':', 1)[0]!;
  const indexOf = (number: string) => model.positionOf(laneOf(shardId), fenceOf(number));
  const ends = [...new Set([numbers[0], numbers.at(-1)])].map((one) => one && indexOf(one));
  const records = numbers.length === 0 ? 'no records' : `records ${ends.join(' to ')}`;
  return `${name} with ${records} of ${shardId}${event.window ? ', with window state' : ''}${code.note}`;
}

/** Its attributes; fences as the index of their record. */
function tellItem(item: Attributes, model: Model): string {
  const plain = Object.entries(item).map(([name, { S, N, B, BOOL, BS, L }]) => {
    if (name.startsWith('_f')) return [name, `record ${model.positionOf(name, B!)}`];
    return [name, S ?? N ?? BOOL ?? (B && Buffer.from(B).toString('hex')) ?? BS?.length ?? L];
  });
  return JSON.stringify(Object.fromEntries(plain));
}
