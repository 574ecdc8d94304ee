import { RowError } from '../errors.ts';
import type { Fn } from '../plan.ts';
import type { SqlType, Value } from '../types.ts';
import { type Build, type Call, lift, type RowFn } from './compiled.ts';
import { checkFinite, decimalFitter, fitWhole, kindOf, wholeLimit } from './kinds.ts';

type Num = number | bigint;

interface Operation {
  /** On safe integers; exact wherever the result is one, or out of their range. */
  readonly whole: (a: number, b: number) => number;
  readonly big: (a: bigint, b: bigint) => bigint;
  readonly float: (a: number, b: number) => number;
}

const OPERATIONS = {
  '+': { whole: (a, b) => a + b, big: (a, b) => a + b, float: (a, b) => a + b },
  '-': { whole: (a, b) => a - b, big: (a, b) => a - b, float: (a, b) => a - b },
  '*': { whole: (a, b) => a * b, big: (a, b) => a * b, float: (a, b) => a * b },
  // The quotient of two safe integers is rounded correctly, so it never reaches the next integer.
  '/': {
    whole: (a, b) => Math.trunc(a / divisor(b)),
    big: (a, b) => a / divisor(b),
    float: (a, b) => a / divisor(b),
  },
  mod: {
    whole: (a, b) => a % divisor(b),
    big: (a, b) => a % divisor(b),
    float: (a, b) => a % divisor(b),
  },
  // STEP of whole numbers divides and multiplies again: toward zero (dialect section 14).
  stepWhole: {
    whole: (a, b) => Math.trunc(a / divisor(b)) * b,
    big: (a, b) => (a / divisor(b)) * b,
    float: (a, b) => Math.trunc(a / divisor(b)) * b,
  },
} satisfies Partial<Record<Fn, Operation>>;

/**
 * Arithmetic by the type of its result: whole numbers exact in 64 bits, DECIMAL rounded to its scale,
 * REAL and DOUBLE in binary. What leaves the type is RowError OVERFLOW, a zero divisor
 * DIVISION_BY_ZERO in every type.
 */
export const ARITHMETIC: Readonly<Partial<Record<Fn, Build>>> = {
  '+': (call) => binary(call, OPERATIONS['+']),
  '-': (call) => binary(call, OPERATIONS['-']),
  '*': (call) => binary(call, OPERATIONS['*']),
  '/': (call) => binary(call, OPERATIONS['/']),
  mod: (call) => binary(call, OPERATIONS.mod),
  stepWhole: (call) => binary(call, OPERATIONS.stepWhole),
  negate: ({ type, args }) => {
    const bounded = numberFitter(type);
    return lift(args, (x: Num) => (typeof x === 'number' ? bounded(0 - x) : fitWhole(-x, type)));
  },
};

/** Fits a number that a calculation gave to its type: RowError OVERFLOW if it is out of range. */
export function numberFitter(type: SqlType): (value: number) => Value {
  const kind = kindOf(type);
  if (kind === 'decimal') return decimalFitter(type);
  if (kind === 'float') return (value) => checkFinite(value, type) + 0;
  const limit = wholeLimit(type);
  return (value) =>
    value <= limit && value >= -limit
      ? value + 0
      : fitWhole(BigInt(checkFinite(value, type)), type);
}

function binary({ type, args }: Call, operation: Operation): RowFn {
  const { float } = operation;
  const bounded = numberFitter(type);
  if (isCounted(type)) {
    if (args.every((arg) => isCounted(arg.type))) return lift(args, wholeBinary(type, operation));
    // INTERVAL * 1.5: cut off to whole units.
    return lift(args, (a: Num, b: Num) => bounded(Math.trunc(float(Number(a), Number(b)))));
  }
  // Only a BIGINT may come as a bigint.
  const wide = args.some((arg) => arg.type.name === 'BIGINT');
  if (wide) return lift(args, (a: Num, b: Num) => bounded(float(Number(a), Number(b))));
  return lift(args, (a: number, b: number) => bounded(float(a, b)));
}

function isCounted(type: SqlType): boolean {
  const kind = kindOf(type);
  return kind === 'whole' || kind === 'interval';
}

function wholeBinary(type: SqlType, { whole, big }: Operation): (a: Num, b: Num) => Value {
  const limit = wholeLimit(type);
  return (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') {
      const result = whole(a, b);
      // Adding 0 turns -0 into 0.
      if (result <= limit && result >= -limit) return result + 0;
    }
    return fitWhole(big(BigInt(a), BigInt(b)), type);
  };
}

function divisor<T extends Num>(value: T): T {
  if (value !== 0 && value !== 0n) return value;
  throw new RowError('DIVISION_BY_ZERO', 'division by zero');
}
