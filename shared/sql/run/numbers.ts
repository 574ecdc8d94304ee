import { RowError } from '../errors.ts';
import type { Fn } from '../plan.ts';
import { numberFitter } from './arithmetic.ts';
import { type Build, type Call, lift, type RowFn } from './compiled.ts';
import { fitWhole, isWhole } from './kinds.ts';

type Num = number | bigint;

/** Number functions (dialect section 8). Outside of its domain a function is RowError DOMAIN. */
export const NUMBERS: Readonly<Partial<Record<Fn, Build>>> = {
  abs: ({ type, args }) => {
    const bounded = numberFitter(type);
    const abs = (x: Num) =>
      typeof x === 'number' ? bounded(Math.abs(x)) : fitWhole(x < 0 ? -x : x, type);
    return lift(args, abs);
  },
  ceil: (call) => rounded(call, Math.ceil),
  floor: (call) => rounded(call, Math.floor),
  exp: (call) => calculated(call, Math.exp),
  ln: (call) => calculated(call, positive(Math.log)),
  log10: (call) => calculated(call, positive(Math.log10)),
  sqrt: (call) => calculated(call, Math.sqrt),
  power: (call) => calculated(call, Math.pow),
};

/** A whole number is its own CEIL and FLOOR. */
function rounded(call: Call, round: (x: number) => number): RowFn {
  const arg = call.args[0]!;
  return isWhole(arg.type) ? arg.run : calculated(call, round);
}

function calculated({ fn, type, args }: Call, f: (...x: number[]) => number): RowFn {
  const bounded = numberFitter(type);
  const checked = (value: number) => {
    if (Number.isNaN(value)) throw outside(fn);
    return bounded(value);
  };
  if (args.length === 1) return lift(args, (x: Num) => checked(f(Number(x))));
  return lift(args, (x: Num, y: Num) => checked(f(Number(x), Number(y))));
}

function positive(f: (x: number) => number): (x: number) => number {
  return (x) => (x > 0 ? f(x) : Number.NaN);
}

function outside(fn: Fn): RowError {
  return new RowError('DOMAIN', `${fn.toUpperCase()} is not defined for this number`);
}
