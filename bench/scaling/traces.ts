import { createRandom } from '../../local/generate/random.ts';
import { evenKeys, type Keys, narrowKeys, someKeys } from './keys.ts';
import { readCloudTrail, readWeblogs } from './real.ts';

/** Seconds of one step of the simulation. */
export const STEP = 10;
export const STEPS_PER_HOUR = 3_600 / STEP;

/** Traffic over time: what producers want to put, whether the stream takes it or not. */
export interface Trace {
  readonly name: string;
  readonly about: string;
  readonly hours: number;
  /** Equal shards do not carry equal loads. */
  readonly isSkewed: boolean;
  readonly parts: readonly Part[];
}

/** Records of one kind: how many full shards they are at each step, and where on the ring. */
export interface Part {
  readonly rates: Float64Array;
  readonly keys: Keys;
}

/** Each record 512 bytes, so that the limit of 1,000 records a second is the one that binds. */
export const RECORD_BYTES = 512;

/** All traces, the same for the same seed; real ones are left out, and said, where their data is absent. */
export function makeTraces(seed: number): { traces: Trace[]; missing: string[] } {
  const day = (hour: number): number => (1 - Math.cos((hour / 24) * 2 * Math.PI)) / 2;
  const made: Trace[] = [
    even('diurnal', 'two days, 3 full shards at night, 18 at noon', 48, (h) => 3 + 15 * day(h)),
    even(
      'flash spike',
      '3 full shards; six times that within two minutes, and later three times',
      24,
      (h) =>
        3 + 15 * bump(h, 6, 2 / 60, 40 / 60, 30 / 60) + 6 * bump(h, 15, 2 / 60, 15 / 60, 10 / 60),
    ),
    even(
      'ramp',
      '2 to 24 full shards in ten hours, then the evening',
      24,
      (h) => 2 + 22 * bump(h, 4, 10, 5, 3),
    ),
    {
      name: 'one hot key',
      about: '6 full shards, for twelve hours with one key of three quarters of a shard more',
      hours: 24,
      isSkewed: true,
      parts: [
        { rates: rates(24, (h) => 5 + 2 * day(h), seed), keys: evenKeys },
        {
          rates: rates(24, (h) => 0.75 * bump(h, 4, 0.1, 12, 0.5), seed + 1),
          keys: someKeys(new Map([['customer-1', 1]])),
        },
      ],
    },
    {
      name: 'skewed ring',
      about: 'seven tenths of 4 to 12 full shards in a 64th of the ring',
      hours: 24,
      isSkewed: true,
      parts: [
        { rates: rates(24, (h) => 4 + 8 * day(h), seed), keys: narrowKeys(0.7, 0.3, 1 / 64) },
      ],
    },
    even(
      'weekly',
      'seven days, silent nights, 12 full shards at noon, less at the weekend',
      168,
      (h) =>
        0.05 +
        (Math.floor(h / 24) >= 5 ? 5 : 12) *
          Math.sin(Math.max(0, ((h % 24) - 7) / 14) * Math.PI) ** 2 *
          (h % 24 < 21 ? 1 : 0),
    ),
  ];
  const missing: string[] = [];
  const cloudtrail = readCloudTrail();
  if (cloudtrail === null) missing.push('cloudtrail');
  else {
    made.push(
      even(
        'cloudtrail',
        'real bursts of one account, a minute stretched to twelve, scaled up',
        (cloudtrail.length * 12) / 60,
        (h) => scaled(cloudtrail, 5, (h * 60) / 12),
      ),
    );
  }
  const weblogs = readWeblogs();
  if (weblogs === null) missing.push('weblogs');
  else {
    const { hourly, hosts } = weblogs;
    made.push({
      name: 'weblogs',
      about: 'real visits of a site by the hour, keyed by the visitor, scaled up to 8 full shards',
      hours: hourly.length,
      isSkewed: true,
      parts: [
        { rates: rates(hourly.length, (h) => scaled(hourly, 8, h), seed), keys: someKeys(hosts) },
      ],
    });
  }
  return { traces: made, missing };

  function even(
    name: string,
    about: string,
    hours: number,
    rateAt: (hour: number) => number,
  ): Trace {
    return {
      name,
      about,
      hours,
      isSkewed: false,
      parts: [{ rates: rates(hours, rateAt, seed), keys: evenKeys }],
    };
  }
}

/** From 0 to 1 within `rise` hours, there for `stay`, back within `fall`. */
function bump(hour: number, start: number, rise: number, stay: number, fall: number): number {
  const up = (hour - start) / rise;
  const down = (start + rise + stay + fall - hour) / fall;
  return Math.max(0, Math.min(1, up, down));
}

/** Counts as a rate with this mean, linear between them. */
function scaled(counts: readonly number[], mean: number, at: number): number {
  const sum = counts.reduce((a, b) => a + b, 0);
  const index = Math.min(counts.length - 1, Math.floor(at));
  const next = Math.min(counts.length - 1, index + 1);
  const between = counts[index]! + (counts[next]! - counts[index]!) * Math.min(1, at - index);
  return (between / (sum / counts.length)) * mean;
}

/** How far a step strays from the curve, and how long it stays there. */
const NOISE = 0.04;
const MEMORY = 0.7;

function rates(hours: number, rateAt: (hour: number) => number, seed: number): Float64Array {
  const random = createRandom(seed);
  let noise = 0;
  return Float64Array.from({ length: Math.round(hours * STEPS_PER_HOUR) }, (_, step) => {
    const normal = Array.from({ length: 12 }, () => random.next()).reduce((a, b) => a + b, -6);
    noise = MEMORY * noise + Math.sqrt(1 - MEMORY ** 2) * NOISE * normal;
    return Math.max(0, rateAt(step / STEPS_PER_HOUR) * (1 + noise));
  });
}
