import { DAYS, MONTHS, short } from './date-names.ts';
import type { Letter } from './date-pattern.ts';

/** What a text has given so far; what it does not give is 1970-01-01 00:00. */
export interface Fields {
  year: number;
  month: number;
  day: number;
  /** 0 to 23; -1 where the pattern has no H. */
  hour: number;
  /** 0 to 11. */
  halfDayHour: number;
  afternoon: boolean;
  minute: number;
  second: number;
  ms: number;
  /** Minutes east of UTC. */
  zone: number;
}

export function newFields(): Fields {
  return {
    year: 1970,
    month: 1,
    day: 1,
    hour: -1,
    halfDayHour: 0,
    afternoon: false,
    minute: 0,
    second: 0,
    ms: 0,
    zone: 0,
  };
}

/** Reads a part of the text from `at` on; where it ends, or -1 if it does not fit. */
export type Step = (text: string, at: number, fields: Fields) => number;

/** The step of a run of letters; a number takes at most `width` digits. Blanks before it are skipped. */
export function letterStep(letter: Letter, count: number, width: number): Step {
  const step = fieldStep(letter, count, width);
  return (text, at, fields) => {
    let start = at;
    while (text[start] === ' ' || text[start] === '\t') start++;
    return step(text, start, fields);
  };
}

function fieldStep(letter: Letter, count: number, width: number): Step {
  if (letter === 'M') return count < 3 ? numberStep(width, SETTERS.M) : nameStep(MONTHS, SETTERS.M);
  if (letter === 'E') return nameStep(DAYS, () => {});
  if (letter === 'a') return nameStep(HALF_DAYS, SETTERS.a);
  if (letter === 'y') return numberStep(width, count === 2 ? setShortYear : SETTERS.y);
  if (letter === 'z' || letter === 'Z' || letter === 'X') return zoneStep;
  return numberStep(width, SETTERS[letter]);
}

const HALF_DAYS = ['AM', 'PM'];

/** Names count from 1. What is out of range becomes NaN or is refused when the time is made. */
type Set = (fields: Fields, value: number, digits: number) => void;

const SETTERS: Readonly<Record<Exclude<Letter, 'E' | 'z' | 'Z' | 'X'>, Set>> = {
  y: (fields, value) => {
    fields.year = value;
  },
  M: (fields, value) => {
    fields.month = value;
  },
  d: (fields, value) => {
    fields.day = value;
  },
  a: (fields, value) => {
    fields.afternoon = value === 2;
  },
  H: (fields, value) => {
    fields.hour = value;
  },
  h: (fields, value) => {
    fields.halfDayHour = value >= 1 && value <= 12 ? value % 12 : Number.NaN;
  },
  m: (fields, value) => {
    fields.minute = value;
  },
  s: (fields, value) => {
    fields.second = value;
  },
  // Digits are milliseconds ('.9' is 9 ms, as in Java); a finer fraction is cut to milliseconds.
  S: (fields, value, digits) => {
    fields.ms = digits > 3 ? Math.floor(value / 10 ** (digits - 3)) : value;
  },
};

/**
 * Two digits stand for 1970 to 2069. Java takes the 80 years before and the 20 after today, but a
 * result must not depend on the day it is calculated.
 */
function setShortYear(fields: Fields, value: number, digits: number): void {
  const century = value < 70 ? 2000 : 1900;
  fields.year = digits === 2 ? century + value : value;
}

function numberStep(width: number, set: Set): Step {
  return (text, at, fields) => {
    let value = 0;
    let end = at;
    for (; end < at + width; end++) {
      const digit = text.charCodeAt(end) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    if (end === at) return -1;
    set(fields, value, end - at);
    return end;
  };
}

/** The full or the short name, in any case. */
function nameStep(names: readonly string[], set: Set): Step {
  const forms = names.flatMap((name, i) => [
    { form: name.toLowerCase(), value: i + 1 },
    { form: short(name).toLowerCase(), value: i + 1 },
  ]);
  return (text, at, fields) => {
    const start = text.slice(at, at + LONGEST_NAME).toLowerCase();
    const found = forms.find(({ form }) => start.startsWith(form));
    if (found === undefined) return -1;
    set(fields, found.value, 0);
    return at + found.form.length;
  };
}

const LONGEST_NAME = 9;
/** The names of RFC 822, which Java reads too, in hours. */
const ZONES: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  UT: 0,
  Z: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};
const ZONE = /(UTC|GMT|UT|Z|[ECMP][SD]T)?(?:([+-])(\d\d):?(\d\d)?)?/iy;

/** UTC, GMT, Z, EST …, +0100, +01:00, GMT+01:00. */
function zoneStep(text: string, at: number, fields: Fields): number {
  ZONE.lastIndex = at;
  const [all, name, sign, hours, minutes] = ZONE.exec(text) ?? [''];
  if (all === '') return -1;
  const offset = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  const named = (ZONES[(name ?? 'UTC').toUpperCase()] ?? 0) * 60;
  fields.zone = named + (sign === '-' ? -offset : offset);
  return at + all.length;
}
