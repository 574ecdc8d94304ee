import type * as Ast from '../ast.ts';
import { suggest } from '../suggest.ts';
import type { SqlType } from '../types.ts';
import { writtenAt } from './context.ts';
import { type Binder, bind } from './expressions.ts';
import {
  AGGREGATES,
  type AggregateSignature,
  ELSEWHERE,
  FUNCTIONS,
  KEYWORD_FUNCTIONS,
  type Parameter,
  type Signature,
  TABLE_FUNCTIONS,
} from './functions.ts';
import { compatible, convert, isWhole, kindOf, typeText, unify, widen } from './type-rules.ts';
import { call, notBuilt, type Opaque, type Typed, wrong } from './typed.ts';
import { checkOver } from './windows.ts';

/** A function, aggregate or analytic function by its name. */
export function bindCall(b: Binder, e: Ast.Call): Typed {
  const name = e.name.text;
  if (name === 'MONOTONIC') return bindMonotonic(b, e);
  const aggregate = Object.hasOwn(AGGREGATES, name) ? AGGREGATES[name] : undefined;
  if (aggregate !== undefined) return bindAggregate(b, e, aggregate);
  const signature = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (signature === undefined || e.over !== null) return unknownFunction(b, e);
  const bound = e.args.map((arg) => bind(b, arg));
  if (e.distinct || e.star) {
    b.ctx.error('ARGUMENT_COUNT', e.at, `${name} takes neither DISTINCT nor *`);
    return wrong(e.at, bound);
  }
  return applySignature(b, e.at, name, signature, bound);
}

export function bindKeywordCall(b: Binder, e: Extract<Ast.Expr, { kind: 'keywordCall' }>): Typed {
  const args = e.args.map((arg) => bind(b, arg));
  const regex = e.fn === 'substring' && args.length === 2 && kindOf(args[1]!.type) === 'text';
  const form = regex ? 'substringRegex' : e.fn;
  const name = form === 'substringSimilar' ? 'SUBSTRING … SIMILAR' : e.fn.toUpperCase();
  return applySignature(b, e.at, name, KEYWORD_FUNCTIONS[form]!, args);
}

function applySignature(
  b: Binder,
  at: number,
  name: string,
  signature: Signature,
  args: readonly Typed[],
): Typed {
  if (!checkCount(b, at, name, signature, args.length)) return wrong(at, args);
  for (const [i, arg] of args.entries()) {
    checkArgument(b, name, arg, signature.params[Math.min(i, signature.params.length - 1)]!);
  }
  const types = args.map((arg) => arg.type);
  const type =
    typeof signature.returns === 'function' ? signature.returns(types) : signature.returns;
  if (signature.alike) checkAlike(b, name, args);
  if (signature.fn === null) {
    b.ctx.refuse(at, name);
    return { ...notBuilt(at, type, args), record: signature.record === true };
  }
  return call(at, signature.fn, type, signature.fn === 'coalesce' ? alike(args, type) : args);
}

function checkCount(
  b: Binder,
  at: number,
  name: string,
  { params, optional = 0, repeated }: Pick<Signature, 'params' | 'optional' | 'repeated'>,
  count: number,
): boolean {
  const least = params.length - optional;
  if (count >= least && (repeated || count <= params.length)) return true;
  const most = optional > 0 ? ` to ${params.length}` : repeated ? ' or more' : '';
  const s = least === 1 && most === '' ? '' : 's';
  b.ctx.error('ARGUMENT_COUNT', at, `${name} takes ${least}${most} argument${s}, not ${count}`);
  return false;
}

function checkArgument(b: Binder, name: string, arg: Typed, parameter: Parameter): void {
  const kind = kindOf(arg.type);
  if (parameter === 'any' || kind === 'null' || kind === parameter) return;
  if (parameter === 'whole' && isWhole(arg.type)) return;
  if (parameter === 'moment' && ['date', 'time', 'timestamp'].includes(kind)) return;
  b.ctx.error(
    'TYPE_MISMATCH',
    arg.at,
    `${name} takes ${PARAMETER_TEXT[parameter]} here, not ${typeText(arg.type)}`,
    castHint(b.ctx.text, arg, parameter),
  );
}

const PARAMETER_TEXT: Readonly<Record<Parameter, string>> = {
  number: 'a number',
  whole: 'a whole number',
  text: 'a text',
  boolean: 'a BOOLEAN',
  binary: 'a BINARY',
  date: 'a DATE',
  time: 'a TIME',
  timestamp: 'a TIMESTAMP',
  interval: 'an INTERVAL',
  moment: 'a time',
  null: 'NULL',
  any: 'any value',
};

/** How to get from the expression to the kind of value that is wanted. */
export function castHint(text: string, e: Typed, wanted: Parameter | SqlType): string | undefined {
  const to = typeof wanted === 'string' ? wanted : kindOf(wanted);
  const type = typeof wanted === 'string' ? undefined : typeText(wanted);
  const from = kindOf(e.type);
  const x = writtenAt(text, e.at);
  if (from === 'number' && to === 'timestamp') return `write TO_TIMESTAMP(${x}), from milliseconds`;
  if (from === 'timestamp' && (to === 'number' || to === 'whole')) {
    return `write UNIX_TIMESTAMP(${x}), in milliseconds`;
  }
  if (from === 'interval') {
    return to === 'timestamp'
      ? "STEP(…ROWTIME BY INTERVAL '1' MINUTE) gives the start of the bucket as a TIMESTAMP"
      : 'TSDIFF(later, earlier) gives milliseconds as a BIGINT';
  }
  if (to === 'timestamp' && from === 'text') {
    return `write CAST(${x} AS TIMESTAMP), or CHAR_TO_TIMESTAMP(pattern, ${x})`;
  }
  const target = type ?? CAST_TARGET[to];
  return target === undefined ? undefined : `write CAST(${x} AS ${target})`;
}

const CAST_TARGET: Readonly<Partial<Record<Parameter, string>>> = {
  number: 'INTEGER',
  whole: 'INTEGER',
  text: 'VARCHAR(40)',
  boolean: 'BOOLEAN',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
};

function checkAlike(b: Binder, name: string, args: readonly Typed[]): void {
  args.reduce<SqlType>((type, arg) => {
    const both = unify(type, arg.type);
    if (both !== null) return both;
    const message = `${name} of ${typeText(type)} and ${typeText(arg.type)}`;
    b.ctx.error('TYPE_MISMATCH', arg.at, message, castHint(b.ctx.text, arg, type));
    return type;
  }, args[0]!.type);
}

/** Branches of one result: numbers in the form of its type. */
export function alike(args: readonly Typed[], type: SqlType): Typed[] {
  return args.map((arg) => {
    if (arg.op === 'literal' && compatible(arg.type, type)) return convert(arg, type);
    return widen(arg, type);
  });
}

function bindAggregate(b: Binder, e: Ast.Call, signature: AggregateSignature): Typed {
  const name = e.name.text;
  // What is inside an aggregate is over the input rows, whatever place the aggregate has.
  const inner: Binder = e.over === null ? { ...b, place: 'aggregate' } : b;
  const args = e.args.map((arg) => bind(inner, arg));
  if (e.distinct) {
    b.ctx.error(
      'COUNT_DISTINCT',
      e.at,
      `DISTINCT inside ${name} is not supported`,
      'use TABLE(COUNT_DISTINCT_ITEMS_TUMBLING(CURSOR(SELECT STREAM …), column, seconds))',
    );
    return wrong(e.at);
  }
  const star = e.star && signature.fn === 'count';
  if (!star && !checkCount(b, e.at, name, signature, e.args.length)) return wrong(e.at);
  for (const [i, arg] of args.entries()) checkArgument(b, name, arg, signature.params[i]!);
  const types = args.map((arg) => arg.type);
  const type =
    typeof signature.returns === 'function' ? signature.returns(types) : signature.returns;
  if (e.over !== null) {
    checkOver(b, e.over);
    b.ctx.refuse(e.at, `${name} … OVER`);
    return notBuilt(e.at, type, args);
  }
  if (!checkPlace(b, e, signature)) return { ...wrong(e.at), type };
  if (signature.fn === null || e.nulls !== null) {
    b.ctx.refuse(e.at, name);
    return notBuilt(e.at, type);
  }
  return { op: 'aggregate', at: e.at, type, fn: signature.fn, arg: args[0] ?? null };
}

function checkPlace(b: Binder, e: Ast.Call, signature: AggregateSignature): boolean {
  const name = e.name.text;
  const fail = (message: string, hint?: string): false => {
    b.ctx.error('AGGREGATE_WITHOUT_GROUP', e.at, message, hint);
    return false;
  };
  if (signature.analytic) {
    return fail(`${name} needs a window`, `${name}(…) OVER (RANGE INTERVAL '1' MINUTE PRECEDING)`);
  }
  if (b.place === 'where') return fail(`${name} cannot stand in WHERE`, 'use HAVING');
  if (b.place === 'aggregate') return fail(`${name} stands inside another aggregate`);
  if (b.place === 'group') return fail(`${name} cannot stand in GROUP BY`);
  if (b.grouped) return true;
  return fail(
    `${name} needs GROUP BY or a window`,
    "add GROUP BY STEP(stream.ROWTIME BY INTERVAL '1' MINUTE), or OVER (…) for one row out for every row in",
  );
}

function bindMonotonic(b: Binder, e: Ast.Call): Typed {
  const args = e.args.map((arg) => bind(b, arg));
  if (!checkCount(b, e.at, 'MONOTONIC', { params: ['any'] }, args.length)) return wrong(e.at, args);
  b.ctx.refuse(e.at, 'MONOTONIC');
  return { ...notBuilt(e.at, args[0]!.type, args), time: true } satisfies Opaque;
}

function unknownFunction(b: Binder, e: Ast.Call): Typed {
  const name = e.name.text;
  // Reported inside as well; what belongs to it is unknown, so nothing follows from it.
  const args = e.args.map((arg) => bind(b, arg));
  const known = [...Object.keys(FUNCTIONS), ...Object.keys(AGGREGATES)];
  const near = suggest(name, known);
  const [message, hint] = Object.hasOwn(FUNCTIONS, name)
    ? [`${name} is not an aggregate, it takes no OVER`, 'leave OVER out']
    : Object.hasOwn(TABLE_FUNCTIONS, name)
      ? [`${name} is a table function`, `write FROM TABLE(${name}(CURSOR(SELECT STREAM …), …))`]
      : [
          `there is no function ${name}`,
          (Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : undefined) ??
            (near === null ? undefined : `did you mean ${near}?`),
        ];
  b.ctx.error('UNKNOWN_FUNCTION', e.at, message, hint);
  return wrong(e.at, args);
}
