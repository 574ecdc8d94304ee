const DAY = 86_400_000;
const FIRST = -62_135_596_800_000; // 0001-01-01T00:00:00Z
const LAST = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z
const MONTHS = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
].map((name) => Buffer.from(name).readUIntBE(0, 3));

/** Are these milliseconds since 1970 within the years 1 … 9999, which a TIMESTAMP can hold? */
export function inRange(ms: number): boolean {
  return ms >= FIRST && ms <= LAST;
}

/**
 * Milliseconds since 1970 of 'yyyy-MM-ddTHH:mm[:ss[.f…]]' with Z, an offset (+hh, +hhmm, +hh:mm)
 * or neither (then UTC); a space may stand for the T. Fractions are cut to milliseconds.
 * NaN for anything else, impossible dates included.
 */
export function isoTime(all: Uint8Array, from: number, to: number): number {
  const date = isoDate(all, from, Math.min(to, from + 10));
  const separator = all[from + 10];
  if (to < from + 16 || (separator !== 0x54 && separator !== 0x20)) return Number.NaN;
  let at = clockEnd(all, from + 11, to);
  const clock = timeOfDay(all, from + 11, at);
  if (at === to) return date + clock;
  const sign = all[at];
  if (sign === 0x5a) return at + 1 === to ? date + clock : Number.NaN;
  if (sign !== 0x2b && sign !== 0x2d) return Number.NaN;
  at++;
  const hours = twoDigits(all, at);
  const colon = all[at + 2] === 0x3a ? 1 : 0;
  const minutes = at + 2 === to ? 0 : twoDigits(all, at + 2 + colon);
  const written = at + 2 === to || at + 4 + colon === to;
  if (!written || !(hours < 24 && minutes < 60)) return Number.NaN;
  const ms = date + clock - (sign === 0x2b ? 1 : -1) * (hours * 60 + minutes) * 60_000;
  return inRange(ms) ? ms : Number.NaN;
}

/** Milliseconds since 1970 of midnight of 'yyyy-MM-dd', or NaN. */
export function isoDate(all: Uint8Array, from: number, to: number): number {
  if (to - from !== 10 || all[from + 4] !== 0x2d || all[from + 7] !== 0x2d) return Number.NaN;
  const year = twoDigits(all, from) * 100 + twoDigits(all, from + 2);
  return dayStart(year, twoDigits(all, from + 5), twoDigits(all, from + 8));
}

/** Milliseconds since midnight of 'HH:mm[:ss[.f…]]', or NaN. */
export function timeOfDay(all: Uint8Array, from: number, to: number): number {
  const hours = twoDigits(all, from);
  const minutes = twoDigits(all, from + 3);
  if (!(hours < 24 && minutes < 60) || all[from + 2] !== 0x3a) return Number.NaN;
  const ms = (hours * 60 + minutes) * 60_000;
  if (to === from + 5) return ms;
  const seconds = twoDigits(all, from + 6);
  if (!(seconds < 60) || all[from + 5] !== 0x3a) return Number.NaN;
  if (to === from + 8) return ms + seconds * 1000;
  return ms + seconds * 1000 + fraction(all, from + 8, to);
}

/** Milliseconds since 1970 of a log's '17/May/2015:10:05:03 +0000', or NaN. */
export function logTime(all: Uint8Array, from: number, to: number): number {
  if (to - from !== 26 || all[from + 2] !== 0x2f || all[from + 6] !== 0x2f) return Number.NaN;
  if (all[from + 11] !== 0x3a || all[from + 20] !== 0x20) return Number.NaN;
  const month = monthOf(all, from + 3);
  const year = twoDigits(all, from + 7) * 100 + twoDigits(all, from + 9);
  const date = dayStart(year, month, twoDigits(all, from));
  const sign = all[from + 21];
  const hours = twoDigits(all, from + 22);
  const minutes = twoDigits(all, from + 24);
  if ((sign !== 0x2b && sign !== 0x2d) || !(hours < 24 && minutes < 60)) return Number.NaN;
  const local = date + timeOfDay(all, from + 12, from + 20);
  const ms = local - (sign === 0x2b ? 1 : -1) * (hours * 60 + minutes) * 60_000;
  return inRange(ms) ? ms : Number.NaN;
}

/**
 * Milliseconds since 1970 of a syslog's 'Oct  1 22:14:15[.f…]' (RFC 3164), a time without year at
 * `offset` milliseconds from UTC: the latest that is no more than a day past `arrival`, for logs
 * tell of what was. NaN for anything else.
 */
export function yearlessTime(
  all: Uint8Array,
  from: number,
  to: number,
  offset: number,
  arrival: number,
): number {
  if (to < from + 12) return Number.NaN;
  const month = monthOf(all, from);
  const day = all[from + 4] === 0x20 ? digit(all, from + 5) : twoDigits(all, from + 4);
  const clock = timeOfDay(all, from + 7, to) - offset;
  const latest = arrival + DAY;
  const year = new Date(latest + offset).getUTCFullYear();
  const time = dayStart(year, month, day) + clock;
  return time <= latest ? time : dayStart(year - 1, month, day) + clock;
}

function monthOf(all: Uint8Array, at: number): number {
  return MONTHS.indexOf((all[at]! << 16) | (all[at + 1]! << 8) | all[at + 2]!) + 1;
}

/** Where the digits, colons and points of a time of day end. */
function clockEnd(all: Uint8Array, from: number, to: number): number {
  let at = from + 5;
  while (at < to) {
    const c = all[at]!;
    if ((c < 0x30 || c > 0x3a) && c !== 0x2e) break;
    at++;
  }
  return at;
}

/** Milliseconds of '.f…', the rest cut off, or NaN. */
function fraction(all: Uint8Array, from: number, to: number): number {
  if (all[from] !== 0x2e || to < from + 2) return Number.NaN;
  let ms = 0;
  let unit = 100;
  for (let i = from + 1; i < to; i++) {
    const digit = all[i]! - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    ms += digit * unit;
    unit = unit > 1 ? unit / 10 : 0;
  }
  return ms;
}

let knownDay = 0;
let knownStart = Number.NaN;

/** Records of a batch are mostly of one day: the last one is kept. */
function dayStart(year: number, month: number, day: number): number {
  const packed = year * 10_000 + month * 100 + day;
  if (packed === knownDay) return knownStart;
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31 && year >= 1)) return Number.NaN;
  const start = new Date(0).setUTCFullYear(year, month - 1, day);
  if (new Date(start).getUTCDate() !== day) return Number.NaN;
  knownDay = packed;
  knownStart = Math.floor(start / DAY) * DAY;
  return knownStart;
}

function twoDigits(all: Uint8Array, at: number): number {
  const tens = all[at]! - 0x30;
  const ones = all[at + 1]! - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function digit(all: Uint8Array, at: number): number {
  const value = all[at]! - 0x30;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}
