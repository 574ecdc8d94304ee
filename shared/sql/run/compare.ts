import type { SqlType } from '../types.ts';
import { isWhole } from './kinds.ts';

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** The same comparison with its sides swapped. */
export const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/**
 * Text in code point order (which is also the byte order of UTF-8): negative, 0 or positive.
 * JavaScript compares UTF-16 units, which puts characters beyond U+FFFF before U+E000.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x < 0xd800 || y < 0xd800 ? x - y : codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** What two values that are not NULL give; the types say which kind of values come. */
export function comparer(
  fn: Comparison,
  left: SqlType,
  right: SqlType,
): (a: never, b: never) => boolean {
  if (fn === '=') return isLoose(left, right) ? looseEqual : strictEqual;
  if (fn === '<>') return isLoose(left, right) ? looseUnequal : strictUnequal;
  return (isText(left) || isText(right) ? TEXT_ORDER : ORDER)[fn];
}

/** True where `===` cannot tell: a bigint may be equal to a number that is not a safe integer. */
export function isLoose(left: SqlType, right: SqlType): boolean {
  return (left.name === 'BIGINT' || right.name === 'BIGINT') && !(isWhole(left) && isWhole(right));
}

type Order = number | bigint | boolean;
const strictEqual = (a: Order | string, b: Order | string): boolean => a === b;
const strictUnequal = (a: Order | string, b: Order | string): boolean => a !== b;
const looseEqual = (a: Order, b: Order): boolean => a <= b && a >= b;
const looseUnequal = (a: Order, b: Order): boolean => a < b || a > b;

const ORDER = {
  '<': (a: Order, b: Order) => a < b,
  '<=': (a: Order, b: Order) => a <= b,
  '>': (a: Order, b: Order) => a > b,
  '>=': (a: Order, b: Order) => a >= b,
};

const TEXT_ORDER = {
  '<': (a: string, b: string) => compareText(a, b) < 0,
  '<=': (a: string, b: string) => compareText(a, b) <= 0,
  '>': (a: string, b: string) => compareText(a, b) > 0,
  '>=': (a: string, b: string) => compareText(a, b) >= 0,
};

function isText(type: SqlType): boolean {
  return type.name.endsWith('CHAR') || type.name.endsWith('BINARY');
}

/** Moves the surrogates (characters beyond U+FFFF) behind the rest of the plane. */
function codePointRank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
