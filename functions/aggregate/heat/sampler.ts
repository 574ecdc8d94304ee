import { hashKeyOf } from '../../../shared/kpl/hash-key.ts';
import type { VisitedRecord } from '../../../shared/records/event.ts';
import type { HeatSample } from '../../../shared/scaling/heat.ts';

/** Of a record that was visited: its keys are hashed when it is taken out, if it still is in the sample. */
interface Seen {
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly bytes: number;
}

/** An even sample of all user records of one shard since it was last taken out. */
export interface Sampler {
  /** Called for each record in the order of the shard. One that was taken before is passed over. */
  readonly see: (visited: VisitedRecord) => void;
  readonly takeOut: () => HeatSample[];
}

/** A cell of heat is a 64th: so many records of each write tell them apart within some minutes. */
export const MOST_SAMPLES = 128;

/**
 * When the sample is full, every second record of it goes and half as many are taken from then on: so its
 * size and its cost are bounded, whatever comes. Gaps are random, as keys may come in turn.
 */
export function createSampler(most = MOST_SAMPLES, random: () => number = Math.random): Sampler {
  let kept: Seen[] = [];
  let stride = 1;
  let left = 1;
  /** The place in the shard of the last record that was taken. */
  let last = { sequenceNumber: '', sub: 0 };

  return {
    see: (visited) => {
      if (--left > 0) return;
      // 1 to 2 x stride - 1: stride on the mean.
      left = 1 + Math.floor(random() * (2 * stride - 1));
      const { sequenceNumber, subSequenceNumber: sub } = visited;
      if (!isBehind(sequenceNumber, sub, last)) return;
      last = { sequenceNumber, sub };
      const { partitionKey, explicitHashKey, start, end } = visited;
      kept.push({ partitionKey, explicitHashKey, bytes: end - start + partitionKey.length });
      if (kept.length < most) return;
      kept = kept.filter((_, i) => i % 2 === 0);
      stride *= 2;
    },
    takeOut: () => {
      const samples = kept.map(({ partitionKey, explicitHashKey, bytes }) => {
        return { hashKey: hashKeyOf(partitionKey, explicitHashKey), bytes, weight: stride };
      });
      kept = [];
      stride = Math.max(1, stride / 2);
      return samples;
    },
  };
}

/** Sequence numbers are decimal numbers without leading zeros. */
function isBehind(
  sequenceNumber: string,
  sub: number,
  last: { readonly sequenceNumber: string; readonly sub: number },
): boolean {
  const longer = sequenceNumber.length - last.sequenceNumber.length;
  if (longer !== 0) return longer > 0;
  if (sequenceNumber === last.sequenceNumber) return sub > last.sub;
  return sequenceNumber > last.sequenceNumber;
}
