import { RowError } from '../errors.ts';

/** The calendar of the dialect: UTC, years 1 to 9999, times in milliseconds since 1970. */
export const DAY_MS = 86_400_000;
const FIRST = Date.parse('0001-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** Set anew by every function that uses it: a Date for each row would be garbage. */
const clock = new Date(0);

/** The start of a day of the calendar; NaN if there is no such day. Months count from 1. */
export function dateStart(year: number, month: number, day: number): number {
  if (!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  clock.setTime(0);
  const time = clock.setUTCFullYear(year, month - 1, day);
  return clock.getUTCDate() === day ? time : Number.NaN;
}

/** The time of day in milliseconds; NaN if there is no such time. */
export function timeOfDay(hour: number, minute: number, second: number, ms: number): number {
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60)) return Number.NaN;
  if (!(second >= 0 && second < 60 && ms >= 0 && ms < 1000)) return Number.NaN;
  return ((hour * 60 + minute) * 60 + second) * 1000 + ms;
}

/** The month that holds `time`, counted from 1970-01 = 0. */
export function monthOf(time: number): number {
  clock.setTime(time);
  return (clock.getUTCFullYear() - 1970) * 12 + clock.getUTCMonth();
}

/** The start of a month counted from 1970-01 = 0. */
export function monthStart(month: number): number {
  clock.setTime(0);
  return clock.setUTCFullYear(1970, month, 1);
}

/** 1 to 31. */
export function dayOfMonth(time: number): number {
  clock.setTime(time);
  return clock.getUTCDate();
}

/** 0 is Sunday. */
export function dayOfWeek(time: number): number {
  clock.setTime(time);
  return clock.getUTCDay();
}

/** The start of the day; the rest, from 0, is `time - floorDay(time)`. */
export function floorDay(time: number): number {
  return Math.floor(time / DAY_MS) * DAY_MS;
}

/** A time as it is; RowError OVERFLOW outside of the years 1 to 9999. */
export function checkTime(time: number): number {
  if (time >= FIRST && time <= LAST) return time;
  throw new RowError(
    'OVERFLOW',
    'a time lies outside of the years 1 to 9999 (times count milliseconds since 1970)',
  );
}
