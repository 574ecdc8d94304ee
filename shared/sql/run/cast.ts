import { RowError } from '../errors.ts';
import type { SqlType, Value } from '../types.ts';
import { floorDay } from './calendar.ts';
import { charLength } from './characters.ts';
import {
  dateText,
  parseDate,
  parseTime,
  parseTimestamp,
  timestampText,
  timeText,
} from './iso-time.ts';
import {
  checkFinite,
  decimalFitter,
  fitWhole,
  type Kind,
  kindOf,
  overflow,
  typeText,
  wholeLimit,
} from './kinds.ts';

/** Converts a value that is not NULL. Throws RowError CAST, OVERFLOW or TOO_LONG. */
export type Convert = (value: never) => Value;

const WHOLE_TEXT = /^[+-]?\d+$/;
const NUMBER_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const HEX_TEXT = /^(?:[0-9a-f]{2})*$/i;

/**
 * The conversion of CAST (dialect section 3), explicit or implicit; null where nothing changes.
 * Only an explicit CAST to CHAR(n) fills up with blanks. Throws Error if the types do not convert.
 */
export function cast(from: SqlType, to: SqlType, implicit: boolean): Convert | null {
  const table = TO[kindOf(to)];
  const source = kindOf(from);
  const build = source === 'null' ? same : table[source];
  if (build === undefined) throw new Error(`no CAST from ${typeText(from)} to ${typeText(to)}`);
  return build(from, to, implicit);
}

/** Whether CAST can convert between the two types. */
export function isCastable(from: SqlType, to: SqlType): boolean {
  return kindOf(from) === 'null' || TO[kindOf(to)][kindOf(from)] !== undefined;
}

type Caster = (from: SqlType, to: SqlType, implicit: boolean) => Convert | null;

const same: Caster = () => null;

const TO: Readonly<Record<Kind, Readonly<Partial<Record<Kind, Caster>>>>> = {
  whole: {
    whole: (from, to) => (rank(to) >= rank(from) ? null : narrow(to)),
    decimal: roundToWhole,
    float: roundToWhole,
    text: (_from, to) => (text: string) => wholeFromText(text, to),
    boolean: () => (value: boolean) => (value ? 1 : 0),
  },
  decimal: {
    whole: toDecimal,
    decimal: (from, to) =>
      from.precision === to.precision && from.scale === to.scale ? null : toDecimal(from, to),
    float: toDecimal,
    text: (_from, to) => {
      const bounded = decimalFitter(to);
      return (text: string) => bounded(numberFromText(text, to));
    },
    boolean: () => (value: boolean) => (value ? 1 : 0),
  },
  float: {
    whole: (from) => (from.name === 'BIGINT' ? (value: number | bigint) => Number(value) : null),
    decimal: same,
    float: same,
    text: (_from, to) => (text: string) => checkFinite(numberFromText(text, to), to) + 0,
    boolean: () => (value: boolean) => (value ? 1 : 0),
  },
  text: {
    whole: textOf((value: number | bigint) => String(value)),
    decimal: (from, to, implicit) => textOf(decimalText(from))(from, to, implicit),
    float: textOf((value: number) => String(value).replace('e', 'E')),
    text: textOf((value: string) => value),
    binary: textOf((value: string) => value),
    boolean: textOf((value: boolean) => (value ? 'TRUE' : 'FALSE')),
    date: textOf(dateText),
    time: textOf(timeText),
    timestamp: textOf(timestampText),
  },
  boolean: {
    boolean: same,
    text: () => booleanFromText,
    whole: () => (value: number | bigint) => value !== 0,
    decimal: () => (value: number) => value !== 0,
    float: () => (value: number) => value !== 0,
  },
  binary: { binary: toBinary, text: toBinary },
  date: { date: same, timestamp: () => floorDay, text: () => parseDate },
  time: {
    time: same,
    timestamp: () => (time: number) => time - floorDay(time),
    text: () => parseTime,
  },
  timestamp: { timestamp: same, date: same, time: same, text: () => parseTimestamp },
  interval: { interval: same },
  null: {},
};

function rank(type: SqlType): number {
  return ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'].indexOf(type.name);
}

function narrow(to: SqlType): Convert {
  const limit = wholeLimit(to);
  return (value: number | bigint) =>
    value <= limit && value >= -limit ? value : fitWhole(BigInt(value), to);
}

/** Half away from zero. */
function roundToWhole(_from: SqlType, to: SqlType): Convert {
  const limit = wholeLimit(to);
  return (value: number) => {
    const cut = Math.trunc(value);
    const rounded = Math.abs(value - cut) >= 0.5 ? cut + Math.sign(value) : cut;
    if (rounded <= limit && rounded >= -limit) return rounded + 0;
    return fitWhole(BigInt(checkFinite(rounded, to)), to);
  };
}

function wholeFromText(text: string, to: SqlType): number | bigint {
  if (!WHOLE_TEXT.test(text)) throw notNumber(to, 'a whole number');
  const value = Number(text);
  const limit = wholeLimit(to);
  if (value <= limit && value >= -limit) return value + 0;
  // Far too long text is not worth a BigInt.
  if (Math.abs(value) > 1e19) throw overflow(to);
  return fitWhole(BigInt(text.replace('+', '')), to);
}

function numberFromText(text: string, to: SqlType): number {
  if (!NUMBER_TEXT.test(text)) throw notNumber(to, 'a number');
  return Number(text);
}

function notNumber(to: SqlType, wanted: string): RowError {
  return new RowError('CAST', `CAST to ${typeText(to)}: the text is not ${wanted}`);
}

function toDecimal(_from: SqlType, to: SqlType): Convert {
  const bounded = decimalFitter(to);
  return (value: number | bigint) => bounded(Number(value));
}

function decimalText(type: SqlType): (value: number) => string {
  const { scale } = type;
  if (scale === undefined) return (value) => String(value).replace('e', 'E');
  return (value) => value.toFixed(scale);
}

/** Text of a value, checked against the length of the target. */
function textOf(text: (value: never) => string): Caster {
  return (_from, to, implicit) => {
    const limit = to.length ?? Number.POSITIVE_INFINITY;
    const fill = to.name === 'CHAR' && !implicit && Number.isFinite(limit);
    const fitted = (value: never) => {
      const result = text(value);
      if (result.length <= limit || charLength(result) <= limit) return result;
      throw new RowError('TOO_LONG', `a text is longer than ${typeText(to)}`);
    };
    if (!fill) return fitted;
    return (value) => {
      const result = fitted(value);
      return result + ' '.repeat(limit - charLength(result));
    };
  };
}

function booleanFromText(text: string): boolean {
  const word = text.toUpperCase();
  if (word === 'TRUE') return true;
  if (word === 'FALSE') return false;
  throw new RowError('CAST', 'CAST to BOOLEAN: the text is neither TRUE nor FALSE');
}

/** Hex text; the length of a binary type counts bytes. */
function toBinary(_from: SqlType, to: SqlType): Convert {
  const limit = (to.length ?? Number.POSITIVE_INFINITY) * 2;
  return (text: string) => {
    if (!HEX_TEXT.test(text)) {
      throw new RowError('CAST', `CAST to ${typeText(to)}: the text is not hexadecimal`);
    }
    if (text.length <= limit) return text;
    throw new RowError('TOO_LONG', `a value is longer than ${typeText(to)}`);
  };
}
