import type { SqlType, Value } from '../sql/types.ts';
import { areDigits, type Bytes } from './bytes.ts';
import { magnitude, parseDecimal, rounded, scaledDown, toNumber } from './decimal.ts';
import { asciiText } from './text.ts';
import { inRange, isoDate, isoTime, timeOfDay } from './time.ts';
import { type MappedColumn, RecordFault } from './types.ts';
import { ABSENT, ASCII, ESCAPED, FALSE, NUMBER, OBJECT, TRUE } from './value.ts';

/** A field's bytes and its kind (value.ts) to the column's value; throws RecordFault BAD_TYPE. */
export type Convert = (bytes: Bytes, kind: number, from: number, to: number) => Value;

/** Text without its escapes: each format has its own. */
export type Unescape = (all: Buffer, from: number, to: number) => string;

/** More whole digits than any type holds; keeps exponents like 1e999999 from making huge numbers. */
const MOST_DIGITS = 40;

/** Doubles are exact for every decimal of 15 digits. */
const EXACT_DIGITS = 15;

/** The conversion of dialect section 11 for one column. Throws an Error for a type that no record can fill. */
export function createConvert(column: MappedColumn, unescaped: Unescape): Convert {
  const convert = byType(column, unescaped);
  if (!column.notNull) return convert;
  return (bytes, kind, from, to) => {
    if (kind === ABSENT) throw misfit(column, 'NULL in a NOT NULL column');
    return convert(bytes, kind, from, to);
  };
}

function byType(column: MappedColumn, unescaped: Unescape): Convert {
  const { type } = column;
  switch (type.name) {
    case 'TINYINT':
      return toWhole(column, unescaped, 8n);
    case 'SMALLINT':
      return toWhole(column, unescaped, 16n);
    case 'INTEGER':
      return toWhole(column, unescaped, 32n);
    case 'BIGINT':
      return toWhole(column, unescaped, 64n);
    case 'DECIMAL':
      return toDecimal(column, unescaped);
    case 'REAL':
    case 'DOUBLE':
      return toDouble(column, unescaped);
    case 'CHAR':
    case 'VARCHAR':
      return toText(type.length ?? Number.POSITIVE_INFINITY, unescaped);
    case 'BOOLEAN':
      return toBoolean(column, unescaped);
    case 'TIMESTAMP':
      return toTimestamp(column, unescaped);
    case 'DATE':
      return toClock(column, unescaped, isoDate, 'yyyy-MM-dd');
    case 'TIME':
      return toClock(column, unescaped, timeOfDay, 'HH:mm:ss');
    default:
      throw new Error(`column ${column.name}: a record cannot fill a ${type.name} column`);
  }
}

/** The refusal of a value; says what does not fit, never the value itself. */
export function misfit(column: MappedColumn, why: string): RecordFault {
  return new RecordFault('BAD_TYPE', `column ${column.name} (${typeText(column.type)}): ${why}`);
}

function typeText({ name, length, precision, scale }: SqlType): string {
  if (precision !== undefined) return `${name}(${precision},${scale ?? 0})`;
  return length === undefined ? name : `${name}(${length})`;
}

const KINDS = ['NULL', 'a number', 'text', 'text', 'text', 'true', 'false', 'an object', 'a list'];

function plainText(
  { all, words }: Bytes,
  kind: number,
  from: number,
  to: number,
  unescaped: Unescape,
) {
  if (kind === ASCII || kind === NUMBER) return asciiText(all, words, from, to);
  return kind === ESCAPED ? unescaped(all, from, to) : all.toString('utf8', from, to);
}

function toText(longest: number, unescaped: Unescape): Convert {
  return (bytes, kind, from, to) => {
    if (kind === ASCII) {
      return asciiText(bytes.all, bytes.words, from, to - from > longest ? from + longest : to);
    }
    if (kind === ABSENT) return null;
    if (kind === TRUE || kind === FALSE) return cut(kind === TRUE ? 'true' : 'false', longest);
    return cut(plainText(bytes, kind, from, to, unescaped), longest);
  };
}

/** The first `longest` characters (code points: no pair is cut in two). */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  let end = 0;
  for (let i = 0; i < longest && end < text.length; i++) {
    end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

function toBoolean(column: MappedColumn, unescaped: Unescape): Convert {
  return (bytes, kind, from, to) => {
    if (kind === ABSENT) return null;
    if (kind === TRUE || kind === FALSE) return kind === TRUE;
    if (kind === NUMBER || kind >= OBJECT) throw misfit(column, `${KINDS[kind]} is no boolean`);
    const text = plainText(bytes, kind, from, to, unescaped).toLowerCase();
    if (text !== 'true' && text !== 'false')
      throw misfit(column, "text other than 'true', 'false'");
    return text === 'true';
  };
}

/** The number a field spells, or a refusal; `short` gave up on it. */
function decimalOf(
  column: MappedColumn,
  unescaped: Unescape,
  bytes: Bytes,
  kind: number,
  from: number,
  to: number,
) {
  if (kind >= OBJECT) throw misfit(column, `${KINDS[kind]} is no number`);
  const decimal = parseDecimal(plainText(bytes, kind, from, to, unescaped));
  if (decimal === null) throw misfit(column, 'text that is no number');
  return decimal;
}

/** Up to 15 digits with a sign, the usual whole number; NaN: look closer. */
function shortWhole({ all, words }: Bytes, from: number, to: number): number {
  const negative = all[from] === 0x2d;
  let i = negative ? from + 1 : from;
  if (i === to || to - i > EXACT_DIGITS) return Number.NaN;
  let value = 0;
  for (; i + 4 <= to; i += 4) {
    const word = words.getInt32(i, true);
    if (!areDigits(word)) return Number.NaN;
    value = value * 10_000 + fourDigits(word);
  }
  for (; i < to; i++) {
    const digit = all[i]! - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return negative ? 0 - value : value;
}

/** The number that the four digits in a word (little-endian) spell. */
function fourDigits(word: number): number {
  const pairs = ((word & 0x0f0f0f0f) * 10 + ((word >>> 8) & 0x0f0f0f)) & 0xff00ff;
  return (pairs & 0xff) * 100 + (pairs >>> 16);
}

function toWhole(column: MappedColumn, unescaped: Unescape, bits: bigint): Convert {
  const high = (1n << (bits - 1n)) - 1n;
  const low = -high - 1n;
  const most = Number(high);
  const least = Number(low);
  return (bytes, kind, from, to) => {
    if (kind === ABSENT) return null;
    if (kind === TRUE || kind === FALSE) return kind === TRUE ? 1 : 0;
    if (kind === NUMBER || kind === ASCII) {
      const short = shortWhole(bytes, from, to);
      if (short >= least && short <= most) return short;
    }
    const decimal = decimalOf(column, unescaped, bytes, kind, from, to);
    if (decimal.exponent < 0) throw misfit(column, 'a number with a fraction');
    if (magnitude(decimal) > MOST_DIGITS) throw misfit(column, 'a number out of range');
    const value = scaledDown(decimal, 0);
    if (value < low || value > high) throw misfit(column, 'a number out of range');
    const short = Number(value);
    return Number.isSafeInteger(short) ? short : value;
  };
}

function toDecimal(column: MappedColumn, unescaped: Unescape): Convert {
  const { precision, scale = precision === undefined ? undefined : 0 } = column.type;
  const whole = precision === undefined ? Infinity : precision - (scale ?? 0);
  const least = 10 ** Math.min(whole, EXACT_DIGITS);
  return (bytes, kind, from, to) => {
    if (kind === ABSENT) return null;
    if (kind === TRUE || kind === FALSE) return kind === TRUE ? 1 : 0;
    if (kind === NUMBER || kind === ASCII) {
      const short = shortWhole(bytes, from, to);
      if (short > -least && short < least) return short;
    }
    const written = decimalOf(column, unescaped, bytes, kind, from, to);
    if (magnitude(written) > Math.min(whole, 400)) throw misfit(column, 'a number out of range');
    const decimal = scale === undefined ? written : rounded(written, scale);
    if (magnitude(decimal) > whole) throw misfit(column, 'a number out of range');
    if (decimal.digits.length > EXACT_DIGITS) {
      throw misfit(
        column,
        `more than ${EXACT_DIGITS} significant digits, which would not stay exact`,
      );
    }
    return toNumber(decimal);
  };
}

function toDouble(column: MappedColumn, unescaped: Unescape): Convert {
  return (bytes, kind, from, to) => {
    if (kind === ABSENT) return null;
    if (kind === TRUE || kind === FALSE) return kind === TRUE ? 1 : 0;
    if (kind === NUMBER || kind === ASCII) {
      const short = shortWhole(bytes, from, to);
      if (!Number.isNaN(short)) return short;
    }
    const value =
      kind === NUMBER
        ? Number(bytes.all.toString('latin1', from, to))
        : toNumber(decimalOf(column, unescaped, bytes, kind, from, to));
    if (!Number.isFinite(value)) throw misfit(column, 'a number out of range');
    return value + 0; // -0 and 0 are one group
  };
}

const SHIFTS = { s: 3, ms: 0, us: -3 };

function toTimestamp(column: MappedColumn, unescaped: Unescape): Convert {
  const { unit = 'iso' } = column;
  if (unit === 'iso') return toClock(column, unescaped, isoTime, 'ISO 8601');
  const shift = SHIFTS[unit];
  return (bytes, kind, from, to) => {
    if (kind === ABSENT) return null;
    if (unit !== 'us' && (kind === NUMBER || kind === ASCII)) {
      const short = shortWhole(bytes, from, to) * 10 ** shift;
      if (inRange(short)) return short;
    }
    if (kind === TRUE || kind === FALSE) throw misfit(column, `${KINDS[kind]} is no time`);
    const decimal = decimalOf(column, unescaped, bytes, kind, from, to);
    const far = magnitude(decimal) + shift > EXACT_DIGITS;
    const ms = far ? Number.NaN : Number(scaledDown(decimal, shift));
    if (!inRange(ms)) throw misfit(column, `a number that is no time in unit ${unit}`);
    return ms;
  };
}

/** Times written as text: `read` gives milliseconds or NaN. */
function toClock(
  column: MappedColumn,
  unescaped: Unescape,
  read: (all: Uint8Array, from: number, to: number) => number,
  form: string,
): Convert {
  return (bytes, kind, from, to) => {
    if (kind === ABSENT) return null;
    let ms = Number.NaN;
    if (kind === ASCII) ms = read(bytes.all, from, to);
    else if (kind === ESCAPED) {
      const text = Buffer.from(unescaped(bytes.all, from, to));
      ms = read(text, 0, text.length);
    } else if (kind === NUMBER) {
      throw misfit(column, 'a number; for numbers declare the unit: s, ms or us');
    }
    if (Number.isNaN(ms)) throw misfit(column, `not a possible time in the form ${form}`);
    return ms;
  };
}
