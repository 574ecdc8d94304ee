import type { Fn } from '../plan.ts';
import type { Row, SqlType, Value } from '../types.ts';
import { checkTime, DAY_MS, dayOfMonth, floorDay, monthOf, monthStart } from './calendar.ts';
import { type Build, type Call, lift, type RowFn } from './compiled.ts';
import { datePattern, isDatePattern } from './date-pattern.ts';
import { isWhole } from './kinds.ts';

type Num = number | bigint;

/** Time functions (dialect sections 5 and 8). Times are milliseconds since 1970 UTC. */
export const TIME: Readonly<Partial<Record<Fn, Build>>> = {
  addMs: ({ args }) => lift(args, (time: number, ms: Num) => checkTime(time + Number(ms))),
  addMonths: ({ args }) =>
    lift(args, (time: number, months: Num) => addMonths(time, Number(months))),
  bucketTime: bucketTime,
  ceilTime: (call) => {
    const { size, months } = bucketOf(call);
    const { args } = call;
    if (months) return lift(args.slice(0, 1), (time: number) => ceilMonths(time, size));
    return lift(args.slice(0, 1), (time: number) => Math.ceil(time / size) * size + 0);
  },
  extract,
  unixTimestamp: ({ args }) => args[0]!.run,
  toTimestamp: ({ args }) => lift(args, (ms: Num) => checkTime(Math.floor(Number(ms)))),
  tsdiff: ({ type, args }) => {
    if (type.unit === 'months') throw new Error('a difference of times counts no months');
    return lift(args, (a: number, b: number) => a - b);
  },
  charToTimestamp: (call) => parsing(call, (time) => time),
  charToDate: (call) => parsing(call, floorDay),
  charToTime: (call) => parsing(call, (time) => time - floorDay(time)),
  timestampToChar: formatting,
  dateToChar: formatting,
  timeToChar: formatting,
};

/** The start of the bucket of `size` units, counted from 1970-01-01, downwards before it. */
function bucketTime(call: Call): RowFn {
  const { size, months } = bucketOf(call);
  const { run, column } = call.args[0]!;
  if (months) return lift(call.args.slice(0, 1), monthBucket(size));
  const value = column === undefined ? run : (row: Row) => row[column] as Value;
  return (row) => {
    const time = value(row);
    return time === null ? null : Math.floor((time as number) / size) * size;
  };
}

/** Rows mostly fall into the bucket of the row before, and the calendar is slow to ask. */
function monthBucket(size: number): (time: number) => number {
  let start = 0;
  let end = 0;
  return (time) => {
    if (time < start || time >= end) {
      start = floorMonths(time, size);
      end = monthStart(monthOf(start) + size);
    }
    return start;
  };
}

function bucketOf({ args }: Call): { size: number; months: boolean } {
  const size = args[1]?.constant;
  const unit = args[2]?.constant;
  if (typeof size !== 'number' || !(size > 0) || (unit !== 'ms' && unit !== 'months')) {
    throw new Error('the size and the unit of a bucket of time must be literals');
  }
  return { size, months: unit === 'months' };
}

function floorMonths(time: number, size: number): number {
  return monthStart(Math.floor(monthOf(time) / size) * size);
}

function ceilMonths(time: number, size: number): number {
  const start = floorMonths(time, size);
  return start === time ? time : monthStart(monthOf(start) + size);
}

/** The same day of another month, or its last day where the month is shorter. */
function addMonths(time: number, months: number): number {
  const start = checkTime(monthStart(monthOf(time) + months));
  const end = monthStart(monthOf(time) + months + 1);
  const day = Math.min(dayOfMonth(time), Math.round((end - start) / DAY_MS));
  return start + (day - 1) * DAY_MS + (time - floorDay(time));
}

/** EXTRACT(unit FROM time or interval). SECOND has milliseconds where its type is not whole. */
function extract({ type, args }: Call): RowFn {
  const [unit, time] = args;
  const parts = time!.type.name === 'INTERVAL' ? intervalParts(time!.type) : TIME_PARTS;
  const name = String(unit!.constant);
  const part = parts[name === 'SECOND' && !isWhole(type) ? 'EXACT_SECOND' : name];
  if (part === undefined) throw new Error(`no EXTRACT of ${name}`);
  return lift([time!], part);
}

type Parts = Readonly<Record<string, (value: number) => number>>;

const CLOCK_PARTS: Parts = {
  HOUR: (ms) => (Math.trunc(ms / 3_600_000) % 24) + 0,
  MINUTE: (ms) => (Math.trunc(ms / 60_000) % 60) + 0,
  SECOND: (ms) => (Math.trunc(ms / 1000) % 60) + 0,
  EXACT_SECOND: (ms) => (ms % 60_000) / 1000 + 0,
};

const TIME_PARTS: Parts = {
  YEAR: (time) => 1970 + Math.floor(monthOf(time) / 12),
  MONTH: (time) => modulo(monthOf(time), 12) + 1,
  DAY: dayOfMonth,
  ...Object.fromEntries(
    Object.entries(CLOCK_PARTS).map(([name, part]) => [
      name,
      (time: number) => part(time - floorDay(time)),
    ]),
  ),
};

const MONTH_PARTS: Parts = {
  YEAR: (months) => Math.trunc(months / 12) + 0,
  MONTH: (months) => (months % 12) + 0,
};

function intervalParts(type: SqlType): Parts {
  if (type.unit === 'months') return MONTH_PARTS;
  return { ...CLOCK_PARTS, DAY: (ms) => Math.trunc(ms / DAY_MS) + 0 };
}

function modulo(value: number, by: number): number {
  return value - Math.floor(value / by) * by;
}

/** CHAR_TO_…(pattern, text). A literal pattern is read once. */
function parsing({ args }: Call, part: (time: number) => number): RowFn {
  const fixed = args[0]!.constant;
  if (typeof fixed === 'string' && isDatePattern(fixed)) {
    const pattern = datePattern(fixed);
    return lift(args.slice(1), (text: string) => part(pattern.parse(text)));
  }
  return lift(args, (pattern: string, text: string) => part(datePattern(pattern).parse(text)));
}

/** …_TO_CHAR(pattern, time). */
function formatting({ args }: Call): RowFn {
  const fixed = args[0]!.constant;
  if (typeof fixed === 'string' && isDatePattern(fixed)) {
    const pattern = datePattern(fixed);
    return lift(args.slice(1), (time: number) => pattern.format(time));
  }
  return lift(args, (pattern: string, time: number) => datePattern(pattern).format(time));
}
