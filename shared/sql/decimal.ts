import { RowError } from './errors.ts';

/**
 * An exact decimal sum. Floating-point sums depend on the order and the grouping of what is added,
 * so a batch that is split or repeated would change the table; this one does not.
 * Its value is `whole` + `micros` / 10^6 + (`attos` + `rest`) / 10^18: the numbers are safe integers
 * and take nearly everything, `rest` takes what does not fit.
 */
export interface DecimalSum {
  whole: number;
  micros: number;
  attos: number;
  rest: bigint;
}

const SCALE = 18;
const ONE = 10n ** 18n;
const MICRO = 10n ** 12n;
/** A DynamoDB number has 38 digits: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
const LONGEST = 38;
/** Two different decimals of 15 digits are never the same double (IEEE 754 binary64). */
const FIFTEEN_DIGITS = 1e15;
const DECIMAL_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

export function newSum(): DecimalSum {
  return { whole: 0, micros: 0, attos: 0, rest: 0n };
}

/**
 * Adds a value. A number that is no integer counts as its shortest decimal text, rounded half-even
 * to 18 decimal places. Throws RowError OVERFLOW for NaN and the infinities.
 */
export function addNumber(sum: DecimalSum, v: number | bigint): void {
  if (typeof v === 'bigint') {
    sum.rest += v * ONE;
    return;
  }
  if (Number.isSafeInteger(v)) {
    addWhole(sum, v);
    return;
  }
  const micros = Math.round(v * 1e6);
  if (micros / 1e6 === v && micros < FIFTEEN_DIGITS && micros > -FIFTEEN_DIGITS) {
    addMicros(sum, micros);
    return;
  }
  if (!Number.isFinite(v)) {
    throw new RowError('OVERFLOW', 'a value to be added up is not a finite number');
  }
  addShortest(sum, v);
}

/** Adds a decimal number in plain or exponent form, rounded half-even to 18 decimal places. */
export function addDecimalText(sum: DecimalSum, text: string): void {
  const v = Number(text);
  if (Number.isSafeInteger(v) && String(v) === text) addWhole(sum, v);
  else sum.rest += unitsOf(text);
}

/**
 * The sum as it can be stored: decimal text of at most the 38 digits that DynamoDB holds. Throws
 * RowError OVERFLOW where it has more.
 */
export function sumToText(sum: DecimalSum): string {
  const text = exactText(sum);
  if (text.length > LONGEST && text.replace(/^-?(?:0\.0*)?|\./g, '').length > LONGEST) {
    throw new RowError('OVERFLOW', 'a sum has more than 38 digits');
  }
  return text;
}

/** The sum as plain decimal text: no exponent, no trailing zeros, at most 18 decimal places. */
export function exactText(sum: DecimalSum): string {
  if (sum.rest === 0n && sum.attos === 0) {
    if (sum.micros === 0) return String(sum.whole);
    const micros = sum.whole * 1e6 + sum.micros;
    if (Number.isSafeInteger(micros)) return scaledText(String(micros), 6);
  }
  return scaledText(String(total(sum)), SCALE);
}

/**
 * Whether a value may be added up. Numbers with decimals are taken below 10^17: of those, a thousand
 * of the largest make 38 digits together, so that no sum hangs on what comes first or last.
 */
export function isSummable(v: number | bigint): boolean {
  return typeof v === 'bigint' || Number.isSafeInteger(v) || (v < 1e17 && v > -1e17);
}

export function isZero(sum: DecimalSum): boolean {
  return total(sum) === 0n;
}

function addWhole(sum: DecimalSum, v: number): void {
  const whole = sum.whole + v;
  if (Number.isSafeInteger(whole)) {
    sum.whole = whole;
    return;
  }
  sum.rest += BigInt(sum.whole) * ONE;
  sum.whole = v;
}

function addMicros(sum: DecimalSum, v: number): void {
  const micros = sum.micros + v;
  if (Number.isSafeInteger(micros)) {
    sum.micros = micros;
    return;
  }
  sum.rest += BigInt(sum.micros) * MICRO;
  sum.micros = v;
}

/** A number with many digits: those of its text in two parts, if they are no more than 18. */
function addShortest(sum: DecimalSum, v: number): void {
  const text = String(v);
  const point = text.indexOf('.');
  const places = text.length - point - 1;
  if (point < 0 || places <= 6 || places > SCALE || text.includes('e')) {
    sum.rest += unitsOf(text);
    return;
  }
  const sign = v < 0 ? -1 : 1;
  const micros = Number(text.slice(point + 1, point + 7));
  const attos = Number(text.slice(point + 7)) * 10 ** (SCALE - places);
  addWhole(sum, Math.trunc(v));
  addMicros(sum, sign * micros);
  addAttos(sum, sign * attos);
}

function addAttos(sum: DecimalSum, v: number): void {
  const attos = sum.attos + v;
  if (Number.isSafeInteger(attos)) {
    sum.attos = attos;
    return;
  }
  sum.rest += BigInt(sum.attos);
  sum.attos = v;
}

function total(sum: DecimalSum): bigint {
  return BigInt(sum.whole) * ONE + BigInt(sum.micros) * MICRO + BigInt(sum.attos) + sum.rest;
}

/** Decimal text in units of 10^-18. */
function unitsOf(text: string): bigint {
  const match = DECIMAL_TEXT.exec(text);
  const fraction = match?.[3] ?? '';
  const digits = (match?.[2] ?? '') + fraction;
  if (match === null || digits === '') throw new RangeError('not a decimal number');
  const shift = Number(match[4] ?? 0) - fraction.length + SCALE;
  const units = shift < 0 ? cutHalfEven(digits, -shift) : BigInt(digits) * 10n ** BigInt(shift);
  return match[1] === '-' ? -units : units;
}

/** The digits without the last `places`, rounded half-even. */
function cutHalfEven(digits: string, places: number): bigint {
  const kept = BigInt(digits.slice(0, Math.max(0, digits.length - places)));
  const cut = digits.slice(-places).padStart(places, '0');
  const up = cut[0]! > '5' || (cut[0] === '5' && (kept % 2n === 1n || /[1-9]/.test(cut.slice(1))));
  return up ? kept + 1n : kept;
}

/** Digits, with sign, whose last `scale` stand behind the point. */
function scaledText(text: string, scale: number): string {
  const sign = text.startsWith('-') ? '-' : '';
  const digits = text.slice(sign.length).padStart(scale + 1, '0');
  const fraction = digits.slice(-scale).replace(/0+$/, '');
  return sign + digits.slice(0, -scale) + (fraction === '' ? '' : `.${fraction}`);
}
