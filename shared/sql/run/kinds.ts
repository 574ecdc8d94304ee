import { RowError } from '../errors.ts';
import type { SqlType } from '../types.ts';

export type Kind =
  | 'whole'
  | 'decimal'
  | 'float'
  | 'text'
  | 'binary'
  | 'boolean'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'interval'
  | 'null';

/** Types that convert and calculate alike. */
export function kindOf(type: SqlType): Kind {
  return KINDS[type.name];
}

export function isWhole(type: SqlType): boolean {
  return KINDS[type.name] === 'whole';
}

const KINDS: Readonly<Record<SqlType['name'], Kind>> = {
  TINYINT: 'whole',
  SMALLINT: 'whole',
  INTEGER: 'whole',
  BIGINT: 'whole',
  DECIMAL: 'decimal',
  REAL: 'float',
  DOUBLE: 'float',
  CHAR: 'text',
  VARCHAR: 'text',
  BINARY: 'binary',
  VARBINARY: 'binary',
  BOOLEAN: 'boolean',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'timestamp',
  INTERVAL: 'interval',
  NULL: 'null',
};

/** The type as it is written in SQL, for messages. */
export function typeText(type: SqlType): string {
  if (type.length !== undefined) return `${type.name}(${type.length})`;
  if (type.precision !== undefined) return `${type.name}(${type.precision},${type.scale ?? 0})`;
  return type.name;
}

/** The highest value of a whole type that a JavaScript number holds exactly. */
export function wholeLimit(type: SqlType): number {
  return WHOLE_LIMITS[type.name] ?? Number.MAX_SAFE_INTEGER;
}

const WHOLE_LIMITS: Readonly<Partial<Record<SqlType['name'], number>>> = {
  TINYINT: 127,
  SMALLINT: 32_767,
  INTEGER: 2_147_483_647,
};

/** Checks a whole number against its type: number while it is a safe integer, bigint beyond. */
export function fitWhole(value: bigint, type: SqlType): number | bigint {
  const limit = WHOLE_LIMITS[type.name];
  const max = limit === undefined ? 2n ** 63n - 1n : BigInt(limit);
  if (value > max || value < -max - 1n) throw overflow(type);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A rounding function for results of a DECIMAL type; it throws RowError OVERFLOW. */
export function decimalFitter(type: SqlType): (value: number) => number {
  if (type.precision === undefined && type.scale === undefined) {
    // A double holds 15 digits exactly: what stands behind them is noise of the calculation.
    return (value) => Number(checkFinite(value, type).toPrecision(15));
  }
  const scale = type.scale ?? 0;
  const factor = 10 ** scale;
  const limit =
    type.precision === undefined ? Number.POSITIVE_INFINITY : 10 ** (type.precision - scale);
  return (value) => {
    const size = Math.abs(value);
    const scaled = size * factor;
    // Half away from zero, of the decimal value: 1.005 is 1.00499… in binary. NUDGE is more than
    // the two roundings so far, and less than half a unit of the 15th digit.
    const rounded = scaled < 1e15 ? Math.floor(scaled * NUDGE + 0.5) / factor : size;
    if (!(rounded < limit)) throw overflow(type);
    return value < 0 ? 0 - rounded : rounded;
  };
}

const NUDGE = 1 + 2 ** -51;

export function checkFinite(value: number, type: SqlType): number {
  if (Number.isFinite(value)) return value;
  throw overflow(type);
}

export function overflow(type: SqlType): RowError {
  return new RowError('OVERFLOW', `a value is out of the range of ${typeText(type)}`);
}
