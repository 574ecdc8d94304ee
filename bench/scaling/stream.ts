import type { HashKeyRange } from '../../shared/kpl/hash-key.ts';
import type { MetricMinute } from '../../shared/scaling/demand.ts';
import type { HeatSample } from '../../shared/scaling/heat.ts';
import {
  SHARD_RECORDS_PER_SECOND,
  UPDATES_PER_DAY,
  updateBounds,
  updatesLeft,
} from '../../shared/scaling/limits.ts';
import { type Operation, reshard, type Shard, uniformRanges } from '../../shared/scaling/ring.ts';
import { massOf } from './keys.ts';
import { RECORD_BYTES, STEP, type Trace } from './traces.ts';

/** CloudWatch shows a minute so long after it has ended. */
const METRIC_DELAY_MINUTES = 1;
/** As far back as any of the scalers looks. */
const SHOWN_MINUTES = 310;

/** One split or merge takes about half a minute; AWS gives no figure but "a few minutes" for an update. */
const SPLIT_MS = 30_000;
/** UpdateShardCount: a start, its shards, and half as much again for a count that is no multiple of 25 %. */
const UPDATE_MS = 60_000;
const UPDATE_SHARD_MS = 2_000;
const UNEVEN_UPDATE = 1.5;

export interface Totals {
  shardHours: number;
  /** Refused at their first try; each is tried again until it is taken. */
  throttled: number;
  records: number;
  minutesOver: number;
  operations: number;
  /** Seconds that the last record in a shard's queue waits at its producer. */
  longestLag: number;
  mostShards: number;
}

/** What a scaler may see and do. Time is ms from the start of the trace. */
export interface StreamView {
  readonly now: number;
  readonly shards: readonly Shard[];
  readonly isActive: boolean;
  /** The minutes that CloudWatch shows by now, oldest first. */
  readonly minutes: readonly MetricMinute[];
  readonly updatedAt: readonly number[];
  /** A sample of what consumers have read in the last minute, about so many records. */
  readonly sample: (count: number) => HeatSample[];
  /** False if the API refuses: UPDATING, the eleventh update of a day, more than double, less than half. */
  readonly call: (operation: Operation) => boolean;
}

export type Scaler = (stream: StreamView) => void;
/** A schedule made beforehand: the ranges from this step on, or null for no change. */
export type Layouts = (step: number) => readonly HashKeyRange[] | null;
/** What changes the shards: a scaler that is woken once a minute, or a schedule without operations. */
export type Driver = { readonly scaler: Scaler } | { readonly layouts: Layouts };

/** Kinesis, CloudWatch and the producers of one trace, on a clock of ten-second steps. */
export function runTrace(trace: Trace, startShards: number, driver: Driver): Totals {
  const { parts } = trace;
  const steps = parts[0]!.rates.length;
  const totals: Totals = {
    shardHours: 0,
    throttled: 0,
    records: 0,
    minutesOver: 0,
    operations: 0,
    longestLag: 0,
    mostShards: 0,
  };
  let made = 0;
  const nextId = (): string => `shardId-${String(made++).padStart(12, '0')}`;
  let shards: Shard[] = [];
  let masses: Float64Array[] = [];
  /** Waiting records by part and shard, and those of the last minute that were read. */
  let waiting: Float64Array[] = parts.map(() => new Float64Array(0));
  let taken: Float64Array[] = [];
  const running: { operation: Operation | null; until: number } = { operation: null, until: 0 };
  const updatedAt: number[] = [];
  const minutes: MetricMinute[] = [];
  let minute = { bytes: 0, records: 0, throttled: 0 };
  let isOver = false;
  layOut(uniformRanges(startShards).map((range) => ({ id: nextId(), range, parents: [] })));
  const view: StreamView = {
    get now() {
      return now;
    },
    get shards() {
      return shards;
    },
    get isActive() {
      return running.operation === null;
    },
    get minutes() {
      return minutes.slice(-SHOWN_MINUTES, -METRIC_DELAY_MINUTES);
    },
    updatedAt,
    sample: sampleTaken,
    call,
  };
  let now = 0;
  for (let step = 0; step < steps; step++) {
    now = step * STEP * 1_000;
    if (running.operation !== null && running.until <= now) {
      layOut(reshard(shards, running.operation, nextId));
      running.operation = null;
    }
    if ('layouts' in driver) {
      const ranges = driver.layouts(step);
      if (ranges !== null) {
        layOut(ranges.map((range) => ({ id: nextId(), range, parents: [] })));
      }
    }
    put(step);
    if ((step + 1) % (60 / STEP) !== 0) continue;
    minutes.push({ at: now + STEP * 1_000 - 60_000, ...minute });
    minute = { bytes: 0, records: 0, throttled: 0 };
    if (isOver) totals.minutesOver++;
    isOver = false;
    now += STEP * 1_000;
    if ('scaler' in driver && minutes.length > METRIC_DELAY_MINUTES) driver.scaler(view);
    for (const part of taken) part.fill(0);
  }
  return totals;

  function put(step: number): void {
    const capacity = SHARD_RECORDS_PER_SECOND * STEP;
    totals.shardHours += (shards.length * STEP) / 3_600;
    totals.mostShards = Math.max(totals.mostShards, shards.length);
    for (let i = 0; i < shards.length; i++) {
      let offered = 0;
      for (let p = 0; p < parts.length; p++) {
        offered += parts[p]!.rates[step]! * masses[p]![i]! * capacity + waiting[p]![i]!;
      }
      const accepted = offered <= capacity ? 1 : capacity / offered;
      for (let p = 0; p < parts.length; p++) {
        const fresh = parts[p]!.rates[step]! * masses[p]![i]! * capacity;
        const all = fresh + waiting[p]![i]!;
        taken[p]![i]! += all * accepted;
        minute.records += all * accepted;
        waiting[p]![i] = all * (1 - accepted);
        totals.records += fresh;
        totals.throttled += fresh * (1 - accepted);
      }
      if (accepted === 1) continue;
      isOver = true;
      minute.throttled += offered - capacity;
      totals.longestLag = Math.max(totals.longestLag, ((offered - capacity) / capacity) * STEP);
    }
    minute.bytes = minute.records * RECORD_BYTES;
  }

  /** Other shards: what waits goes with its keys. */
  function layOut(next: Shard[]): void {
    const before = shards;
    const moved = parts.map(({ keys }, p) => {
      const sums = new Float64Array(next.length);
      for (const [i, { range }] of before.entries()) {
        const mass = masses[p]![i]!;
        if (mass === 0 || waiting[p]![i] === 0) continue;
        for (const [j, { range: other }] of next.entries()) {
          if (other.start > range.end || other.end < range.start) continue;
          sums[j]! += (waiting[p]![i]! * massOf(keys, common(range, other))) / mass;
        }
      }
      return sums;
    });
    shards = next;
    masses = parts.map(({ keys }) => Float64Array.from(next, ({ range }) => massOf(keys, range)));
    waiting = moved;
    taken = parts.map(() => new Float64Array(next.length));
  }

  function call(operation: Operation): boolean {
    if (running.operation !== null) return false;
    let ms = SPLIT_MS;
    if (operation.call === 'UpdateShardCount') {
      const { count } = operation;
      const { least, most } = updateBounds(shards.length);
      if (updatesLeft(updatedAt, now) === 0 || count < least || count > most) return false;
      updatedAt.push(now);
      if (updatedAt.length > UPDATES_PER_DAY) updatedAt.shift();
      const isQuarter = ((count * 4) / shards.length) % 1 === 0;
      ms =
        (UPDATE_MS + UPDATE_SHARD_MS * Math.max(count, shards.length)) *
        (isQuarter ? 1 : UNEVEN_UPDATE);
    }
    running.operation = operation;
    running.until = now + ms;
    totals.operations++;
    return true;
  }

  /** Evenly over what was read: as a consumer that takes every n-th record. */
  function sampleTaken(count: number): HeatSample[] {
    const sum = taken.reduce((all, part) => part.reduce((a, b) => a + b, all), 0);
    if (sum === 0) return [];
    const every = sum / count;
    const samples: HeatSample[] = [];
    let left = every / 2;
    for (const [p, { keys }] of parts.entries()) {
      for (const [i, { range }] of shards.entries()) {
        const records = taken[p]![i]!;
        const [from, to] = [keys.before(range.start), keys.before(range.end + 1n)];
        for (; left < records; left += every) {
          samples.push({
            hashKey: keys.at(from + ((to - from) * left) / records),
            bytes: RECORD_BYTES,
            weight: every,
          });
        }
        left -= records;
      }
    }
    return samples;
  }
}

function common(a: HashKeyRange, b: HashKeyRange): HashKeyRange {
  const [start] = [a.start, b.start].toSorted((x, y) => (x > y ? -1 : 1));
  const [end] = [a.end, b.end].toSorted((x, y) => (x < y ? -1 : 1));
  return { start: start!, end: end! };
}
