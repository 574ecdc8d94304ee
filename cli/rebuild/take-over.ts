import { nextVersion } from '../../functions/aggregate/live-generation.ts';
import { type Pointer, readPointer } from '../../functions/aggregate/pointer.ts';
import type { Clock } from '../../local/mapping/types.ts';
import type { Attributes, ItemKey, Store } from '../../shared/results/store.ts';
import { type Merge, merge } from '../../shared/results/upsert.ts';
import { CommandError } from '../errors.ts';
import type { Fill } from './fill.ts';

export interface TakeOver {
  readonly store: Store;
  readonly clock: Clock;
  /** The application's pointer. */
  readonly key: ItemKey;
  readonly from: string;
  readonly salt: string;
  readonly program: string;
  /** The names of the new generation's outputs. */
  readonly outputs: Attributes[string];
  /** For how long one reader of a stream may see less of it than another, milliseconds. */
  readonly settleMs: number;
  /** A name for this attempt that no other has. */
  readonly attempt: string;
}

/**
 * Makes the filled generation the live one. From the first write on the function refuses its batches;
 * whatever it was given before had then arrived, so once that is filled too, every batch to come
 * begins with records that the new generation holds or that come next, and the pointer may move.
 * False: the functions did not wait that long, and the old generation is live as before.
 * Throws CommandError where the pointer is not what it was when the rebuild began.
 */
export async function takeOver(
  { store, clock, key, settleMs, ...wanted }: TakeOver,
  fill: Fill,
  signal: AbortSignal,
): Promise<boolean> {
  const { from, salt, program, outputs, attempt } = wanted;
  const change = (of: (pointer: Pointer) => Merge | null) =>
    merge(store, key, (item) => {
      const made = of(readPointer(item));
      return made && { ...made, set: { ...made.set, ...nextVersion(item) } };
    });

  await change((pointer) => {
    if (pointer.salt !== from) throw moved('other rows have become the live ones');
    if (pointer.program !== null && pointer.program !== program) {
      throw moved('the function runs another program than this one now');
    }
    if (pointer.handover === attempt) return null;
    return { set: { handover: { S: attempt } }, remove: ['met'] };
  });
  try {
    await fill.reach(clock.now() + settleMs, signal);
    const item = await change((pointer) => {
      if (pointer.handover !== attempt) return null;
      const set = { salt: { S: salt }, program: { S: program }, outputs };
      return { set, remove: ['handover', 'met'] };
    });
    return readPointer(item).salt === salt;
  } catch (error) {
    // Where that fails too, the functions stop waiting by themselves.
    await change((pointer) =>
      pointer.handover === attempt ? { set: {}, remove: ['handover', 'met'] } : null,
    ).catch(() => {});
    throw error;
  }
}

function moved(what: string): CommandError {
  const hint = 'run the command again: it begins anew with what runs now';
  return new CommandError(`${what} since the rebuild began`, hint);
}
