import type * as Ast from '../ast.ts';
import type { Expr, Node } from '../plan.ts';
import { suggest } from '../suggest.ts';
import type { Column, SqlType } from '../types.ts';
import type { Context } from './context.ts';
import { FUNCTIONS, TABLE_FUNCTIONS, type TableParameter } from './functions.ts';
import { checkQuery } from './query.ts';
import { nameHint, SCORE, type ScopeColumn } from './scope.ts';
import { addAnonymous, type PumpState } from './state.ts';
import { isWhole, kindOf } from './type-rules.ts';
import { BIGINT, INTEGER, VARCHAR } from './typed.ts';

export interface Rows {
  /** Null: not known, because of an error. */
  readonly columns: readonly ScopeColumn[] | null;
  readonly stream: string | null;
}

const NOTHING: Rows = { columns: null, stream: null };
/** Columns of a forest that take part (dialect section 7). */
const MAX_DIMENSIONS = 30;
/** A list is one item of at most 400 KB: DynamoDB's Constraints page. */
const MOST_RANKS = 1_000;
const ITEM: SqlType = { name: 'VARCHAR', length: 1024 };

/** FROM TABLE(function(CURSOR(query), …)). */
export function checkTableFunction(state: PumpState, call: Ast.Call): Rows {
  const { ctx } = state;
  const name = call.name.text;
  const known = Object.hasOwn(TABLE_FUNCTIONS, name) ? TABLE_FUNCTIONS[name] : undefined;
  if (known === undefined) {
    const near = suggest(name, Object.keys(TABLE_FUNCTIONS));
    const scalar = Object.hasOwn(FUNCTIONS, name) ? 'it gives one value, not rows' : undefined;
    const hint = near === null ? scalar : `did you mean ${near}?`;
    ctx.error('UNKNOWN_FUNCTION', call.at, `there is no table function ${name}`, hint);
    for (const arg of call.args) if (arg.kind === 'cursor') checkQuery(state, arg.query, null);
    return NOTHING;
  }
  const [cursor, ...args] = call.args;
  const input = cursor?.kind === 'cursor' ? checkQuery(state, cursor.query, null) : NOTHING;
  if (cursor !== undefined && cursor.kind !== 'cursor') {
    const hint = `${name}(CURSOR(SELECT STREAM * FROM stream), …)`;
    ctx.error('TABLE_FUNCTION_ARGUMENT', cursor.at, 'the first argument is a CURSOR', hint);
  }
  const least = known.params.length - known.optional;
  if (cursor === undefined || args.length < least || args.length > known.params.length) {
    const most = known.optional > 0 ? ` to ${known.params.length + 1}` : '';
    const message = `${name} takes ${least + 1}${most} arguments, not ${call.args.length}`;
    ctx.error('ARGUMENT_COUNT', call.at, message);
    return NOTHING;
  }
  const values = args.map((arg, i) => checkParameter(ctx, arg, known.params[i]!, input.columns));
  if (name.startsWith('RANDOM_CUT_FOREST') || name === 'HOTSPOTS') {
    checkDimensions(ctx, cursor.at, input.columns);
  }
  if (!known.built) {
    ctx.refuse(call.at, name);
    return { columns: outputs(name, input.columns, values), stream: null };
  }
  return emit(state, call, input, values);
}

type ParameterValue = number | string | boolean | null;

/** The value of a constant argument; for a column its name as stored. Null: reported. */
function checkParameter(
  ctx: Context,
  arg: Ast.Expr,
  parameter: TableParameter,
  columns: readonly ScopeColumn[] | null,
): ParameterValue {
  const value = constant(arg);
  const refuse = (wanted: string): null => {
    ctx.error('TABLE_FUNCTION_ARGUMENT', arg.at, `${wanted} is wanted here`);
    return null;
  };
  switch (parameter.is) {
    case 'whole':
    case 'number': {
      const { min, max, is } = parameter;
      const right = is === 'whole' ? Number.isInteger(value) : typeof value === 'number';
      if (right && Number(value) >= min && Number(value) <= max) return value;
      if (is === 'number') return refuse(`a number from ${min}`);
      return refuse(
        max < 2 ** 31 - 1 ? `a whole number from ${min} to ${max}` : `a whole number from ${min}`,
      );
    }
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse('TRUE or FALSE');
    case 'name':
      return typeof value === 'string' && value !== '' ? value : refuse("a name like 'rank'");
    case 'order':
      return typeof value === 'string' && /^(asc|desc)$/i.test(value)
        ? value
        : refuse("'asc' or 'desc'");
    case 'column':
      return typeof value === 'string'
        ? findColumn(ctx, arg.at, value, columns)
        : refuse("the name of a column of the cursor, like 'column',");
  }
}

/** Matched exactly, then in upper case (dialect section 7). */
function findColumn(
  ctx: Context,
  at: number,
  name: string,
  columns: readonly ScopeColumn[] | null,
): string | null {
  if (columns === null) return null;
  const names = columns.map((column) => column.name);
  const found = [name, name.toUpperCase()].find((candidate) => names.includes(candidate));
  if (found !== undefined) return found;
  const hint = nameHint(ctx.text, { text: name, quoted: true, at }, names);
  ctx.error('UNKNOWN_COLUMN', at, `the cursor has no column ${name}`, hint?.replaceAll('"', "'"));
  return null;
}

function constant(e: Ast.Expr): ParameterValue {
  if (e.kind === 'unary' && e.op !== 'not') {
    const value = constant(e.arg);
    return typeof value === 'number' ? (e.op === '-' ? -value : value) : null;
  }
  if (e.kind !== 'literal') return null;
  if (e.type === 'number') return Number(e.text);
  if (e.type === 'boolean') return e.text.toUpperCase() === 'TRUE';
  return e.type === 'text' ? e.text : null;
}

function checkDimensions(ctx: Context, at: number, columns: readonly ScopeColumn[] | null): void {
  if (columns === null) return;
  const numeric = columns.filter(
    ({ type }) => kindOf(type) === 'number' && (isWhole(type) || type.name !== 'DECIMAL'),
  );
  if (numeric.length > 0 && numeric.length <= MAX_DIMENSIONS) return;
  const message = `the cursor has ${numeric.length} numeric columns (DECIMAL does not count); 1 to ${MAX_DIMENSIONS} can take part`;
  ctx.error('TABLE_FUNCTION_ARGUMENT', at, message);
}

function outputs(
  name: string,
  columns: readonly ScopeColumn[] | null,
  values: readonly ParameterValue[],
): ScopeColumn[] | null {
  if (columns === null) return null;
  const own = columns.map((column) => ({ name: column.name, type: column.type }));
  switch (name) {
    case 'RANDOM_CUT_FOREST':
      return [...own, SCORE];
    case 'RANDOM_CUT_FOREST_WITH_EXPLANATION':
      return [...own, SCORE, { name: 'ANOMALY_EXPLANATION', type: VARCHAR }];
    case 'HOTSPOTS':
      return [...own, { name: 'HOTSPOTS_RESULT', type: VARCHAR }];
    default:
      return [...own, { name: String(values[1] ?? 'RANK'), type: INTEGER }];
  }
}

function emit(
  state: PumpState,
  call: Ast.Call,
  input: Rows,
  values: readonly ParameterValue[],
): Rows {
  const { ctx } = state;
  const top = call.name.text === 'TOP_K_ITEMS_TUMBLING';
  const columns: Column[] = top
    ? [
        { name: 'ITEM', type: ITEM },
        { name: 'ITEM_COUNT', type: BIGINT },
      ]
    : [{ name: 'NUMBER_OF_DISTINCT_ITEMS', type: BIGINT }];
  const slot = (input.columns ?? []).findIndex((column) => column.name === values[0]);
  const column = input.columns?.[slot];
  if (column === undefined || input.stream === null) return { columns, stream: null };
  const id = addAnonymous(state, columns);
  const base = { id, pump: state.pump, from: input.stream, into: id, where: null };
  const value: Expr = { op: 'column', type: column.type, index: slot + 1 };
  const item: Expr =
    !top || fitsItem(column.type) ? value : { op: 'cast', type: ITEM, arg: value, implicit: true };
  const node: Node = top
    ? { ...base, kind: 'top', item, k: Number(values[1]), seconds: Number(values[2]) }
    : { ...base, kind: 'distinct', item, seconds: Number(values[1]) };
  if (node.kind === 'top' && node.k > MOST_RANKS) {
    ctx.refuse(call.args[2]!.at, `a list of more than ${MOST_RANKS} items`);
  }
  state.drafts.push({ node, fromAt: call.at, groupAts: [] });
  return { columns, stream: id };
}

function fitsItem({ name, length }: SqlType): boolean {
  return (name === 'VARCHAR' || name === 'CHAR') && (length ?? Infinity) <= ITEM.length!;
}
