/**
 * A decimal number exactly as written: ±digits · 10^exponent, digits without zeros at either end
 * ('' is zero).
 */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

const FARTHEST = 1e12;
const WRITTEN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Reads '12', '-1.50', '3e-7'; null for anything else. */
export function parseDecimal(text: string): Decimal | null {
  const match = WRITTEN.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', part = '', power = '0'] = match;
  const written = whole + part;
  if (written === '') return null;
  let first = 0;
  while (written.charCodeAt(first) === 0x30) first++;
  let last = written.length;
  while (last > first && written.charCodeAt(last - 1) === 0x30) last--;
  const digits = written.slice(first, last);
  if (digits === '') return { negative: false, digits, exponent: 0 };
  const exponent = bounded(Number(power)) - part.length + (written.length - last);
  return { negative: sign === '-', digits, exponent };
}

/** An exponent past all types, that can still be reckoned with: written with 400 digits it is infinite. */
function bounded(power: number): number {
  return Math.min(Math.max(power, -FARTHEST), FARTHEST);
}

/** How many digits stand before the decimal point (negative: zeros behind it). */
export function magnitude(d: Decimal): number {
  return d.digits === '' ? 0 : d.digits.length + d.exponent;
}

/** value · 10^shift rounded down. Only for values whose magnitude the caller has bounded. */
export function scaledDown(d: Decimal, shift: number): bigint {
  const places = d.exponent + shift;
  const kept = Math.max(0, d.digits.length + places);
  const whole = places >= 0 ? d.digits + '0'.repeat(places) : d.digits.slice(0, kept);
  const value = BigInt(whole);
  if (!d.negative) return value;
  return places >= 0 || d.digits === '' ? -value : -value - 1n;
}

/** The value at `scale` digits behind the point, rounded half away from zero. */
export function rounded(d: Decimal, scale: number): Decimal {
  if (-d.exponent <= scale) return d;
  const kept = d.digits.length + d.exponent + scale;
  if (kept < 0) return { negative: false, digits: '', exponent: 0 };
  const up = d.digits.charCodeAt(kept) >= 0x35 ? 1n : 0n;
  const text = `${d.negative ? '-' : ''}${BigInt(d.digits.slice(0, kept)) + up}e${-scale}`;
  return parseDecimal(text) ?? d;
}

/** The nearest double: exact up to 15 digits. */
export function toNumber(d: Decimal): number {
  if (d.digits === '') return 0;
  // What is too small for a double becomes 0, and never -0.
  return Number(`${d.negative ? '-' : ''}${d.digits}e${d.exponent}`) + 0;
}
