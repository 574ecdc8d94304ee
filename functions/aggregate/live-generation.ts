import { log } from '../../shared/observe/log.ts';
import type { Attributes } from '../../shared/results/store.ts';
import { type Merge, merge, ROWS } from '../../shared/results/upsert.ts';
import type { Context } from './context.ts';
import { namesOf, type Pointer, pointerKey, programOf, readPointer } from './pointer.ts';

/** The salt of the generation that a batch belongs to; null: not now, it has to come again. */
export type Generation = () => Promise<string | null>;

/**
 * How long a function waits for a handover, from when it first met it. One that takes longer has
 * died; the old generation is written on.
 */
export const HANDOVER_MS = 60_000;

/**
 * The live generation by the pointer, read strongly consistent for every batch. Exactness rests on
 * it: what a rebuild has filled when it moves the pointer holds every record that was delivered
 * before the handover began (docs/rebuild.md), so a batch that was told of the handover, or did
 * not ask, must not be written to the old generation any more. An invocation that asked before and
 * still writes is harmless: the old generation is given up, and what it wrote is filled too.
 * `faults` is told to others through the pointer.
 */
export function liveGeneration(
  { application, graph, tables, store }: Context,
  faults: string,
  now: () => number = Date.now,
): Generation {
  const key = pointerKey(application, tables);
  const program = programOf(application);

  const mend = (pointer: Pointer): Partial<Merge> | null => {
    if (pointer.handover !== null) {
      if (pointer.met === null) return { set: { met: { N: String(now()) } } };
      if (now() - pointer.met < HANDOVER_MS) return null;
      log('warn', 'a rebuild began to take over and has not ended: the old rows are live again');
      return { remove: ['handover', 'met'] };
    }
    if (pointer.program === program && pointer.faults === faults) return null;
    const outputs = namesOf(application, graph, pointer.salt);
    return { set: { program: { S: program }, faults: { S: faults }, outputs } };
  };
  const step = (item: Attributes | null): Merge | null => {
    const change = mend(readPointer(item));
    return change && { ...change, set: { ...change.set, ...nextVersion(item) } };
  };

  return async () => {
    const { salt, handover } = readPointer(await merge(store, key, step));
    if (handover === null) return salt;
    log('info', 'rebuilt rows take over: the batch has to come again');
    return null;
  };
}

/** Every change of the pointer raises it: `merge` writes on condition that nobody else has. */
export function nextVersion(item: Attributes | null): Attributes {
  return { [ROWS]: { N: String(Number(item?.[ROWS]?.N ?? 0) + 1) } };
}
