import { quoted } from './check/scope.ts';
import type { Bucket, Expr, Fn } from './plan.ts';
import { dateText, timestampText, timeText } from './run/iso-time.ts';
import { typeText } from './run/kinds.ts';
import type { SqlType, Value } from './types.ts';

/** What a slot of the row is called, as it has to be written in SQL. */
export type SlotName = (index: number) => string;

/** Slot 0 is ROWTIME, then come the columns. */
export function columnNames(columns: readonly { readonly name: string }[]): SlotName {
  return (index) => (index === 0 ? 'ROWTIME' : quoted(columns[index - 1]?.name ?? `slot ${index}`));
}

/**
 * An expression of a plan as text that reads like the dialect. Conversions that the dialect does by
 * itself are left out; otherwise it says all that is calculated, with no more parentheses than needed.
 */
export function exprText(expr: Expr, nameOf: SlotName): string {
  return written(expr, nameOf).text;
}

/** INTERVAL '90' SECOND: the largest unit that has a whole number. */
export function intervalText({ unit, size }: Bucket): string {
  const [count, name] = spanOf({ unit, size });
  return `INTERVAL '${count}' ${name}`;
}

/** '10 seconds', '1 minute'. */
export function spanText(bucket: Bucket): string {
  const [count, name] = spanOf(bucket);
  return `${count} ${name.toLowerCase()}${count === 1 ? '' : 's'}`;
}

/** How tightly an operator binds; operands that bind less tightly get parentheses. */
const OR = 1;
const AND = 2;
const NOT = 3;
const COMPARISON = 4;
const SUM = 5;
const PRODUCT = 6;
const ATOM = 7;

interface Written {
  readonly text: string;
  readonly binds: number;
}

type Call = Extract<Expr, { op: 'call' }>;

function written(expr: Expr, nameOf: SlotName): Written {
  switch (expr.op) {
    case 'literal':
      return atom(literalText(expr.value, expr.type));
    case 'column': {
      const text = nameOf(expr.index);
      // A slot of a group row is called by the expression that was grouped.
      return { text, binds: /^(?:[\w$]+|"(?:[^"]|"")*"|\w+\(.*\))$/.test(text) ? ATOM : OR };
    }
    case 'cast':
      if (expr.implicit) return written(expr.arg, nameOf);
      return atom(`CAST(${exprText(expr.arg, nameOf)} AS ${typeText(expr.type)})`);
    case 'case': {
      const whens = expr.whens.map(
        ([when, then]) => `WHEN ${exprText(when, nameOf)} THEN ${exprText(then, nameOf)}`,
      );
      const none = expr.otherwise.op === 'literal' && expr.otherwise.value === null;
      const otherwise = none ? '' : ` ELSE ${exprText(expr.otherwise, nameOf)}`;
      return atom(`CASE ${whens.join(' ')}${otherwise} END`);
    }
    case 'call':
      return callText(expr, nameOf);
  }
}

function callText(call: Call, nameOf: SlotName): Written {
  const { fn, args } = call;
  const within = (arg: Expr | undefined, binds: number): string => {
    if (arg === undefined) return '';
    const operand = written(arg, nameOf);
    return operand.binds < binds ? `(${operand.text})` : operand.text;
  };
  const text = (index: number): string => within(args[index], 0);
  const binary = OPERATORS[fn];
  if (binary !== undefined) {
    // a - (b - c) keeps its parentheses, a - b - c has none.
    const right = within(args[1], binary === SUM || binary === PRODUCT ? binary + 1 : binary);
    const left = within(args[0], binary === COMPARISON ? binary + 1 : binary);
    return { text: `${left} ${fn.toUpperCase()} ${right}`, binds: binary };
  }
  const test = testText(call, '', within);
  if (test !== null) return { text: test, binds: COMPARISON };
  switch (fn) {
    case 'not': {
      const [arg] = args;
      const negated = arg?.op === 'call' ? testText(arg, 'NOT ', within) : null;
      if (negated !== null) return { text: negated, binds: COMPARISON };
      return { text: `NOT ${within(arg, COMPARISON)}`, binds: NOT };
    }
    case 'negate':
      return { text: `-${within(args[0], ATOM)}`, binds: PRODUCT };
    case 'addMs':
    case 'addMonths':
      return added(args, fn === 'addMs' ? 'ms' : 'months', within);
    case 'bucketTime':
      return atom(`STEP(${text(0)} BY ${intervalText(bucketOf(args))})`);
    case 'ceilTime': {
      const [count, unit] = spanOf(bucketOf(args));
      return atom(`CEIL(${text(0)} TO ${count === 1 ? '' : `${count} `}${unit})`);
    }
    case 'stepWhole':
      return atom(`STEP(${text(0)} BY ${text(1)})`);
    case 'extract':
      return atom(`EXTRACT(${word(args[0])} FROM ${text(1)})`);
    case 'substring':
      return atom(`SUBSTRING(${text(0)} FROM ${text(1)}${behind(' FOR ', text(2))})`);
    case 'substringComma':
      return atom(`SUBSTRING(${text(0)}, ${text(1)}${behind(', ', text(2))})`);
    case 'substringRegex':
      return atom(`SUBSTRING(${text(0)} FROM ${text(1)})`);
    case 'position':
      return atom(`POSITION(${text(0)} IN ${text(1)})`);
    case 'trim':
      return atom(`TRIM(${word(args[0])} ${text(1)} FROM ${text(2)})`);
    case 'overlay':
      return atom(
        `OVERLAY(${text(0)} PLACING ${text(1)} FROM ${text(2)}${behind(' FOR ', text(3))})`,
      );
    default: {
      const name = fn.replace(/[A-Z]/g, '_$&').toUpperCase();
      return atom(`${name}(${args.map((_, i) => text(i)).join(', ')})`);
    }
  }
}

const OPERATORS: Readonly<Partial<Record<Fn, number>>> = {
  or: OR,
  and: AND,
  '=': COMPARISON,
  '<>': COMPARISON,
  '<': COMPARISON,
  '<=': COMPARISON,
  '>': COMPARISON,
  '>=': COMPARISON,
  '+': SUM,
  '-': SUM,
  '||': SUM,
  '*': PRODUCT,
  '/': PRODUCT,
};

/** Tests that have NOT in their middle; null for anything else. */
function testText(
  { fn, args }: Call,
  not: '' | 'NOT ',
  within: (arg: Expr | undefined, binds: number) => string,
): string | null {
  const operand = (index: number): string => within(args[index], SUM);
  switch (fn) {
    case 'isNull':
      return `${operand(0)} IS ${not}NULL`;
    case 'isTrue':
      return `${operand(0)} IS ${not}TRUE`;
    case 'isFalse':
      return `${operand(0)} IS ${not}FALSE`;
    case 'between':
      return `${operand(0)} ${not}BETWEEN ${operand(1)} AND ${operand(2)}`;
    case 'like':
      return `${operand(0)} ${not}LIKE ${operand(1)}${behind(' ESCAPE ', operand(2))}`;
    case 'in': {
      const list = args.slice(1).map((arg) => within(arg, 0));
      return `${operand(0)} ${not}IN (${list.join(', ')})`;
    }
    default:
      return null;
  }
}

function added(
  [time, amount]: readonly Expr[],
  unit: Bucket['unit'],
  within: (arg: Expr | undefined, binds: number) => string,
): Written {
  const left = within(time, SUM);
  if (amount?.op !== 'literal') return { text: `${left} + ${within(amount, PRODUCT)}`, binds: SUM };
  const size = Number(amount.value);
  const interval = intervalText({ unit, size: Math.abs(size) });
  return { text: `${left} ${size < 0 ? '-' : '+'} ${interval}`, binds: SUM };
}

function literalText(value: Value, { name, unit }: SqlType): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (name === 'TIMESTAMP') return `TIMESTAMP '${timestampText(Number(value))}'`;
  if (name === 'DATE') return `DATE '${dateText(Number(value))}'`;
  if (name === 'TIME') return `TIME '${timeText(Number(value))}'`;
  if (name === 'INTERVAL') return intervalText({ unit: unit ?? 'ms', size: Number(value) });
  const isText = typeof value === 'string' && (name === 'CHAR' || name === 'VARCHAR');
  return isText ? `'${value.replaceAll("'", "''")}'` : String(value);
}

/** The size and the unit of a bucket stand in the expression as literals. */
function bucketOf([, size, unit]: readonly Expr[]): Bucket {
  const months = unit?.op === 'literal' && unit.value === 'months';
  return {
    unit: months ? 'months' : 'ms',
    size: size?.op === 'literal' ? Number(size.value) : 0,
  };
}

const UNITS = {
  ms: [
    [86_400_000, 'DAY'],
    [3_600_000, 'HOUR'],
    [60_000, 'MINUTE'],
    [1_000, 'SECOND'],
  ],
  months: [
    [12, 'YEAR'],
    [1, 'MONTH'],
  ],
} as const;

function spanOf({ unit, size }: Bucket): [count: number, name: string] {
  const found = UNITS[unit].find(([length]) => size !== 0 && size % length === 0);
  const [length, name] = found ?? UNITS[unit].at(-1)!;
  return [size / length, name];
}

/** A literal that is a keyword: the unit of EXTRACT, the side of TRIM. */
function word(expr: Expr | undefined): string {
  return expr?.op === 'literal' ? String(expr.value) : '';
}

function behind(separator: string, text: string): string {
  return text === '' ? '' : separator + text;
}

function atom(text: string): Written {
  return { text, binds: ATOM };
}
