import { RowError } from '../errors.ts';
import { dateStart, dayOfMonth, floorDay, monthOf, timeOfDay } from './calendar.ts';

/** Times as SQL writes them: what CAST reads and gives, and what TIMESTAMP and DATE literals hold. */
const DATE = /^\d{4}-\d\d-\d\d$/;
const TIME = /^\d\d:\d\d:\d\d(?:\.\d+)?$/;

/** 'yyyy-MM-dd HH:mm:ss[.f]' to milliseconds; a longer fraction is cut. Throws RowError CAST. */
export function parseTimestamp(text: string): number {
  const time =
    text[10] === ' ' ? readDate(text.slice(0, 10)) + readTime(text.slice(11)) : Number.NaN;
  return checked(time, "TIMESTAMP: the text is not a time of the form 'yyyy-MM-dd HH:mm:ss[.SSS]'");
}

/** 'yyyy-MM-dd' to milliseconds. Throws RowError CAST. */
export function parseDate(text: string): number {
  return checked(readDate(text), "DATE: the text is not a day of the form 'yyyy-MM-dd'");
}

/** 'HH:mm:ss[.f]' to milliseconds of the day. Throws RowError CAST. */
export function parseTime(text: string): number {
  return checked(readTime(text), "TIME: the text is not a time of the form 'HH:mm:ss[.SSS]'");
}

/** 'yyyy-MM-dd HH:mm:ss', and '.SSS' if the milliseconds are not zero. */
export function timestampText(time: number): string {
  return `${dateText(time)} ${timeText(time)}`;
}

export function dateText(time: number): string {
  const month = monthOf(time);
  const year = 1970 + Math.floor(month / 12);
  const inYear = month - (year - 1970) * 12 + 1;
  return `${padded(year, 4)}-${padded(inYear, 2)}-${padded(dayOfMonth(time), 2)}`;
}

export function timeText(time: number): string {
  const ms = time - floorDay(time);
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const fraction = ms % 1000 === 0 ? '' : `.${padded(ms % 1000, 3)}`;
  const hour = padded(Math.floor(minutes / 60), 2);
  return `${hour}:${padded(minutes % 60, 2)}:${padded(seconds % 60, 2)}${fraction}`;
}

/** A whole number that is not negative, with zeros in front. */
export function padded(value: number, digits: number): string {
  if (digits === 2) return value < 10 ? `0${value}` : `${value}`;
  return String(value).padStart(digits, '0');
}

function readDate(text: string): number {
  if (!DATE.test(text)) return Number.NaN;
  return dateStart(+text.slice(0, 4), +text.slice(5, 7), +text.slice(8, 10));
}

function readTime(text: string): number {
  if (!TIME.test(text)) return Number.NaN;
  const ms = +text.slice(9, 12).padEnd(3, '0');
  return timeOfDay(+text.slice(0, 2), +text.slice(3, 5), +text.slice(6, 8), ms);
}

function checked(time: number, problem: string): number {
  if (Number.isNaN(time)) throw new RowError('CAST', `CAST to ${problem}`);
  return time;
}
