import { MAX_HASH_KEY } from '../kpl/hash-key.ts';
import { foldCells } from './heat-cells.ts';
import { type Load, times } from './load.ts';
import { HEAT_CELLS, HEAT_HALF_LIFE_MS } from './policy.ts';

/**
 * The observed load of a stream over its hash keys: a histogram whose sums decay with time. Where the
 * load is, its cells are narrow, down to one hash key; where there is little, they are wide. So it
 * finds the point that halves a shard's load, and tells one hot key from a hot range.
 *
 * Plain data. Heats of several shards or writers merge by addition; `encodeHeat` stores one in about
 * a kilobyte. The sums are bytes and records that decay by half every `halfLifeMs`: only their
 * proportions are meant to be used, the rate itself comes from `demand.ts`.
 */
export interface Heat {
  /** The sums are decayed to this time, ms since 1970. */
  readonly at: number;
  readonly halfLifeMs: number;
  /** By start, a wide cell before the narrow ones inside it. */
  readonly cells: readonly HeatCell[];
}

/**
 * What is known to lie in the 2^(128 - bits) hash keys from `start`, a multiple of that number, and not
 * known more finely. 128 bits: a single hash key. Cells inside it hold more, apart from it.
 */
export interface HeatCell extends Load {
  readonly start: bigint;
  readonly bits: number;
}

/** A user record, or one that stands for several: `weight` 16 where every 16th record is taken. */
export interface HeatSample {
  /** From `hashKeyOf`. */
  readonly hashKey: bigint;
  /** Of the one record: its data and its partition key. */
  readonly bytes: number;
  readonly weight: number;
}

/** No load yet. Throws RangeError for a half-life that is not above 0. */
export function emptyHeat(at: number, halfLifeMs: number = HEAT_HALF_LIFE_MS): Heat {
  if (!(halfLifeMs > 0)) throw new RangeError(`a half-life is above 0 ms, not ${halfLifeMs}`);
  return { at, halfLifeMs, cells: [] };
}

/**
 * The heat after some more records, seen at `now`. Samples before `heat.at` count as seen then.
 * Costs about a microsecond a sample and tens for the heat: call it once a batch, with a sample of it.
 * Throws RangeError for a hash key outside the ring or a negative weight.
 */
export function addToHeat(heat: Heat, samples: readonly HeatSample[], now: number): Heat {
  const seen = samples.map(({ hashKey, bytes, weight }): HeatCell => {
    if (hashKey < 0n || hashKey > MAX_HASH_KEY || !(weight >= 0) || !(bytes >= 0)) {
      throw new RangeError(`no sample: hash key ${hashKey}, ${bytes} bytes, weight ${weight}`);
    }
    return { start: hashKey, bits: 128, bytes: bytes * weight, records: weight };
  });
  const decayed = decayHeat(heat, now);
  return { ...decayed, cells: foldCells([...decayed.cells, ...seen], HEAT_CELLS) };
}

/** The heat as it is at `now` if nothing more is seen. Time never runs back. */
export function decayHeat(heat: Heat, now: number): Heat {
  if (now <= heat.at) return heat;
  const factor = 0.5 ** ((now - heat.at) / heat.halfLifeMs);
  return {
    ...heat,
    at: now,
    cells: heat.cells.map((cell) => ({ ...cell, ...times(cell, factor) })),
  };
}

/**
 * The heat of all shards or writers together, decayed to `now`. Each keeps its own resolution, so the
 * result is as long as they are together: made to be planned with, not to be stored.
 */
export function mergeHeats(heats: readonly Heat[], now: number): Heat {
  const decayed = heats.map((heat) => decayHeat(heat, now));
  const halfLifeMs = heats[0]?.halfLifeMs ?? HEAT_HALF_LIFE_MS;
  const at = decayed.reduce((latest, heat) => Math.max(latest, heat.at), now);
  const cells = decayed.flatMap((heat) => heat.cells);
  return { at, halfLifeMs, cells: foldCells(cells, HEAT_CELLS * Math.max(1, heats.length)) };
}
