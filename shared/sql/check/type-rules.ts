import type { SqlType, TypeName } from '../types.ts';
import { isNullLiteral, type Literal, type Typed } from './typed.ts';

/** Types of one kind mix among themselves; kinds never convert by themselves (dialect section 3). */
export type Kind =
  | 'number'
  | 'text'
  | 'boolean'
  | 'binary'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'interval'
  | 'null';

const WHOLE: readonly TypeName[] = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];
const WHOLE_DIGITS = [3, 5, 10, 19];
const WHOLE_BITS = [8, 16, 32, 64];
const BINARY_FLOAT: readonly TypeName[] = ['REAL', 'DOUBLE'];
/** SR numeric types: DECIMAL holds at most 19 digits here (dialect section 3). */
export const MAX_PRECISION = 19;

export function kindOf(type: SqlType): Kind {
  switch (type.name) {
    case 'CHAR':
    case 'VARCHAR':
      return 'text';
    case 'BINARY':
    case 'VARBINARY':
      return 'binary';
    case 'BOOLEAN':
      return 'boolean';
    case 'DATE':
      return 'date';
    case 'TIME':
      return 'time';
    case 'TIMESTAMP':
      return 'timestamp';
    case 'INTERVAL':
      return 'interval';
    case 'NULL':
      return 'null';
    default:
      return 'number';
  }
}

export function isWhole(type: SqlType): boolean {
  return WHOLE.includes(type.name);
}

/** True where values of the two can be compared and unified without a CAST. */
export function compatible(a: SqlType, b: SqlType): boolean {
  const [ka, kb] = [kindOf(a), kindOf(b)];
  if (ka === 'null' || kb === 'null') return true;
  return ka === kb && a.unit === b.unit;
}

/** The type of a + b: the wider whole type, DECIMAL exact, DOUBLE as soon as one is binary. */
export function arithmeticType(a: SqlType, b: SqlType): SqlType {
  if (a.name === 'NULL') return b;
  if (b.name === 'NULL') return a;
  if (isWhole(a) && isWhole(b)) return wider(a, b);
  if (a.name === 'REAL' && b.name === 'REAL') return a;
  if (BINARY_FLOAT.includes(a.name) || BINARY_FLOAT.includes(b.name)) return { name: 'DOUBLE' };
  // Without precision and scale: digits are cut where the value is assigned, not before.
  return { name: 'DECIMAL' };
}

/** The type that holds the values of both, as in CASE and COALESCE; null if there is none. */
export function unify(a: SqlType, b: SqlType): SqlType | null {
  if (!compatible(a, b)) return null;
  if (a.name === 'NULL') return b;
  if (b.name === 'NULL') return a;
  switch (kindOf(a)) {
    case 'number':
      return unifyNumbers(a, b);
    case 'text':
    case 'binary':
      return unifyTexts(a, b);
    default:
      return a;
  }
}

function unifyNumbers(a: SqlType, b: SqlType): SqlType {
  const type = arithmeticType(a, b);
  if (type.name !== 'DECIMAL') return type;
  const [da, db] = [digitsOf(a), digitsOf(b)];
  if (da === null || db === null) return type;
  const scale = Math.max(da.scale, db.scale);
  const precision = Math.max(da.whole, db.whole) + scale;
  return precision > MAX_PRECISION ? type : { name: 'DECIMAL', precision, scale };
}

function unifyTexts(a: SqlType, b: SqlType): SqlType {
  const name = a.name === b.name ? a.name : kindOf(a) === 'text' ? 'VARCHAR' : 'VARBINARY';
  if (a.length === undefined || b.length === undefined) return { name };
  return { name, length: Math.max(a.length, b.length) };
}

function wider(a: SqlType, b: SqlType): SqlType {
  return WHOLE.indexOf(a.name) >= WHOLE.indexOf(b.name) ? a : b;
}

/** Digits before and behind the point; null where the type does not bound them. */
function digitsOf(type: SqlType): { whole: number; scale: number } | null {
  const whole = WHOLE_DIGITS[WHOLE.indexOf(type.name)];
  if (whole !== undefined) return { whole, scale: 0 };
  if (type.name !== 'DECIMAL' || type.precision === undefined) return null;
  const scale = type.scale ?? 0;
  return { whole: type.precision - scale, scale };
}

/**
 * Gives the expression as a value of the type, which must be compatible with its own: a cast
 * only where a value may not fit or changes its form. COUNT and SUM of whole numbers go into
 * any whole type as they are, because the store adds to them and keeps the exact value.
 */
export function convert(e: Typed, to: SqlType): Typed {
  if (isNullLiteral(e)) return e.op === 'literal' ? { ...e, type: to } : e;
  if (e.op === 'literal' && literalFits(e, to)) return retype(e, to);
  if (e.op === 'aggregate' && e.fn !== 'avg' && isAdded(e) && isWhole(to)) return e;
  if (fits(e.type, to)) return e;
  return { op: 'cast', at: e.at, type: to, arg: e, implicit: true };
}

function isAdded(e: Typed): boolean {
  return e.op === 'aggregate' && (e.fn === 'count' || (e.fn === 'sum' && isWhole(e.type)));
}

/** An operand as the operation's type wants it: no bound is checked, only the form changed. */
export function widen(e: Typed, to: SqlType): Typed {
  // A BIGINT beyond 2^53 travels as a bigint, DECIMAL and DOUBLE as a number.
  if (e.type.name !== 'BIGINT' || isWhole(to) || kindOf(to) !== 'number') return e;
  if (e.op === 'literal') return retype(e, to);
  return { op: 'cast', at: e.at, type: to, arg: e, implicit: true };
}

function fits(from: SqlType, to: SqlType): boolean {
  switch (kindOf(to)) {
    case 'text':
    case 'binary':
      return to.length === undefined || (from.length !== undefined && from.length <= to.length);
    case 'number':
      return numberFits(from, to);
    default:
      return true;
  }
}

function numberFits(from: SqlType, to: SqlType): boolean {
  if (isWhole(to)) return isWhole(from) && wider(from, to).name === to.name;
  // All three are held as the same number; nothing is lost on the way into REAL or DOUBLE.
  if (BINARY_FLOAT.includes(to.name)) return from.name !== 'BIGINT';
  const [df, dt] = [digitsOf(from), digitsOf(to)];
  if (df === null || from.name === 'BIGINT') return false;
  return dt === null || (df.whole <= dt.whole && df.scale <= dt.scale);
}

function literalFits(e: Literal, to: SqlType): boolean {
  if (typeof e.value === 'string' && kindOf(e.type) === 'text') {
    return to.length === undefined || [...e.value].length <= to.length;
  }
  if (kindOf(to) !== 'number') return fits(e.type, to);
  if (BINARY_FLOAT.includes(to.name)) return true;
  if (!isWhole(to))
    return fits(e.type, to) || (e.type.name === 'BIGINT' && to.precision === undefined);
  if (typeof e.value === 'string') return to.name === 'BIGINT';
  const bits = WHOLE_BITS[WHOLE.indexOf(to.name)]!;
  const value = Number(e.value);
  return Number.isInteger(value) && value >= -(2 ** (bits - 1)) && value < 2 ** (bits - 1);
}

function retype(e: Literal, to: SqlType): Literal {
  const asNumber = typeof e.value === 'string' && e.type.name === 'BIGINT' && to.name !== 'BIGINT';
  return { ...e, type: to, value: asNumber ? Number(e.value) : e.value };
}

/** The type as it is written, for messages and hints. */
export function typeText(type: SqlType): string {
  if (type.length !== undefined) return `${type.name}(${type.length})`;
  if (type.precision !== undefined) return `${type.name}(${type.precision}, ${type.scale ?? 0})`;
  return type.name;
}
