import type * as Ast from '../ast.ts';
import { parseDate, parseTime, parseTimestamp } from '../run/iso-time.ts';
import type { SqlType } from '../types.ts';
import type { Context } from './context.ts';
import { MAX_PRECISION } from './type-rules.ts';
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  INTEGER,
  type Literal,
  literal,
  NULL,
  TIMESTAMP,
  type Typed,
  wrong,
} from './typed.ts';

type AstLiteral = Extract<Ast.Expr, { kind: 'literal' }>;

/** A literal with its type and value. A text that is no time of the form is SYNTAX at the literal. */
export function bindLiteral(ctx: Context, { at, type, text }: AstLiteral): Typed {
  switch (type) {
    case 'null':
      return literal(at, NULL, null);
    case 'boolean':
      return literal(at, BOOLEAN, text.toUpperCase() === 'TRUE');
    case 'text':
      return literal(at, { name: 'VARCHAR', length: [...text].length }, text);
    case 'number':
      return numberLiteral(at, text);
    case 'timestamp':
      return timeLiteral(ctx, at, text, TIMESTAMP, parseTimestamp);
    case 'date':
      return timeLiteral(ctx, at, text, { name: 'DATE' }, parseDate);
    case 'time':
      return timeLiteral(ctx, at, text, { name: 'TIME' }, parseTime);
  }
}

function timeLiteral(
  ctx: Context,
  at: number,
  text: string,
  type: SqlType,
  parse: (text: string) => number,
): Typed {
  try {
    return literal(at, type, parse(text));
  } catch {
    const form = { TIMESTAMP: 'yyyy-MM-dd HH:mm:ss[.SSS]', DATE: 'yyyy-MM-dd' };
    const wanted = form[type.name as keyof typeof form] ?? 'HH:mm:ss';
    ctx.error('SYNTAX', at, `'${text}' is no ${type.name}`, `write ${type.name} '${wanted}'`);
    return wrong(at);
  }
}

const MAX_INTEGER = 2n ** 31n - 1n;
const MAX_BIGINT = 2n ** 63n - 1n;

/** 12 is an INTEGER, or a BIGINT; 1.5 a DECIMAL of its digits; 1e3, and what has too many digits, a DOUBLE. */
function numberLiteral(at: number, text: string): Typed {
  if (/^\d+$/.test(text)) {
    const value = BigInt(text);
    if (value <= MAX_INTEGER) return literal(at, INTEGER, Number(value));
    if (value <= MAX_BIGINT) {
      const safe = Number.isSafeInteger(Number(value));
      return literal(at, BIGINT, safe ? Number(value) : String(value));
    }
    return literal(at, DOUBLE, Number(text));
  }
  const decimal = /^(\d*)\.(\d*)$/.exec(text);
  if (decimal === null) return literal(at, DOUBLE, Number(text));
  const whole = decimal[1]!.replace(/^0+/, '').length;
  const scale = decimal[2]!.length;
  const precision = Math.max(1, whole + scale);
  if (precision > MAX_PRECISION) return literal(at, DOUBLE, Number(text));
  return literal(at, { name: 'DECIMAL', precision, scale }, Number(text));
}

/** The literal with the other sign. */
export function negated(e: Literal, at: number): Literal {
  if (typeof e.value === 'string') {
    const text = e.value.startsWith('-') ? e.value.slice(1) : `-${e.value}`;
    return { ...e, at, value: text };
  }
  return { ...e, at, value: 0 - Number(e.value) };
}

const UNIT_MS = { DAY: 86_400_000, HOUR: 3_600_000, MINUTE: 60_000, SECOND: 1000 };
const UNIT_MONTHS = { YEAR: 12, MONTH: 1 };
const FINER = ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND'] as const;

export interface Span {
  readonly unit: 'ms' | 'months';
  readonly size: number;
}

/** How long one unit is. */
export function unitSpan(unit: Ast.Unit): Span {
  return unit === 'YEAR' || unit === 'MONTH'
    ? { unit: 'months', size: UNIT_MONTHS[unit] }
    : { unit: 'ms', size: UNIT_MS[unit] };
}

/**
 * How long the interval is: one number in its unit, or one for each unit of a range as in
 * '1 02:03:04.5' DAY TO SECOND. Null and SYNTAX at the literal if the text does not fit the units.
 */
export function intervalSpan(ctx: Context, { at, text, from, to }: Ast.Interval): Span | null {
  const units = FINER.slice(FINER.indexOf(from), FINER.indexOf(to ?? from) + 1);
  const sign = /^\s*([+-]?)(.*?)\s*$/.exec(text)!;
  const fields = sign[2]!.split(/[ :-]/);
  const last = units.at(-1) === 'SECOND' ? /^\d+(\.\d{1,9})?$/ : /^\d+$/;
  const fits = (field: string, i: number) => (i === fields.length - 1 ? last : /^\d+$/).test(field);
  if (fields.length !== units.length || !fields.every(fits)) {
    const range = to === null ? from : `${from} TO ${to}`;
    ctx.error(
      'SYNTAX',
      at,
      `'${text}' is no INTERVAL ${range}`,
      `write INTERVAL '10' SECOND, or INTERVAL '1:30' HOUR TO MINUTE`,
    );
    return null;
  }
  const total = fields.reduce((sum, field, i) => sum + Number(field) * unitSpan(units[i]!).size, 0);
  const size = Math.round(total) * (sign[1] === '-' ? -1 : 1);
  return { unit: unitSpan(from).unit, size: size + 0 };
}

export function bindInterval(ctx: Context, e: Ast.Interval): Typed {
  const span = intervalSpan(ctx, e);
  return span ? literal(e.at, { name: 'INTERVAL', unit: span.unit }, span.size) : wrong(e.at);
}
