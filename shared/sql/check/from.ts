import type * as Ast from '../ast.ts';
import { type Binder, bindCondition } from './expressions.ts';
import { checkQuery } from './query.ts';
import { nameHint, quoted, type ScopeColumn, type Source, show } from './scope.ts';
import type { PumpState } from './state.ts';
import { checkTableFunction } from './table-functions.ts';
import { checkJoinWindow } from './windows.ts';

/** What a select reads. */
export interface Input {
  readonly sources: readonly Source[];
  /** The stream of the plan; null where it is none (reported). */
  readonly stream: string | null;
  readonly at: number;
}

interface Leaf {
  readonly source: Source;
  readonly stream: string | null;
  readonly at: number;
  /** Reference tables have no windows and no end of time. */
  readonly isTable: boolean;
  readonly windowed: boolean;
}

type Windows = ReadonlyMap<string, Ast.WindowSpec>;

export function checkFrom(state: PumpState, from: Ast.From, windows: Windows): Input {
  const leaves = leavesOf(from).map((leaf) => checkLeaf(state, leaf, windows));
  const sources = leaves.map((leaf) => leaf.source);
  if (from.kind === 'join') {
    checkJoins(state, from, leaves, windows);
    return { sources, stream: null, at: from.at };
  }
  const [only] = leaves;
  if (only!.isTable) {
    // An unknown stream has been reported as such.
    if (!only!.source.unknown) {
      state.ctx.refuse(only!.at, 'reading a reference table without a stream');
    }
    return { sources, stream: null, at: only!.at };
  }
  if (only!.windowed) state.ctx.refuse(only!.at, 'a window on a stream that is not joined');
  return { sources, stream: only!.stream, at: only!.at };
}

function leavesOf(from: Ast.From): Exclude<Ast.From, { kind: 'join' }>[] {
  return from.kind === 'join' ? [...leavesOf(from.left), ...leavesOf(from.right)] : [from];
}

function checkLeaf(
  state: PumpState,
  from: Exclude<Ast.From, { kind: 'join' }>,
  windows: Windows,
): Leaf {
  if (from.kind === 'stream') return checkStream(state, from, windows);
  const { columns, stream } =
    from.kind === 'query'
      ? checkQuery(state, from.query, null)
      : checkTableFunction(state, from.call);
  const source = asSource(state, from.alias, null, columns);
  return { source, stream, at: from.at, isTable: false, windowed: false };
}

function checkStream(
  state: PumpState,
  { name, over, alias }: Extract<Ast.From, { kind: 'stream' }>,
  windows: Windows,
): Leaf {
  const { ctx } = state;
  const found = state.find(name.text);
  if (found === null) {
    const names = state.readable();
    const built = names.filter((one) => state.find(one)?.kind !== 'errors').map(quoted);
    const all = built.length > 0 ? `it can read ${built.join(', ')}` : undefined;
    const hint = nameHint(ctx.text, name, names) ?? all;
    ctx.error('UNKNOWN_STREAM', name.at, `there is no stream ${show(name)}`, hint);
  }
  const source = asSource(state, alias, name.text, found?.columns ?? null);
  if (over !== null) {
    const scope = { sources: [source], aliases: null };
    checkJoinWindow({ ctx, scope, windows, place: 'where', grouped: false }, over);
  }
  if (found?.kind === 'errors') ctx.refuse(name.at, 'reading ERROR_STREAM');
  if (found?.kind === 'source') state.readSource(name.text, name.at);
  const isTable = found === null || found.kind === 'reference';
  return { source, stream: name.text, at: name.at, isTable, windowed: over !== null };
}

/** Unknown columns (null) are reported already: everything fits. */
function asSource(
  state: PumpState,
  alias: Ast.Alias | null,
  own: string | null,
  columns: readonly ScopeColumn[] | null,
): Source {
  const name = alias?.name.text ?? own;
  if (columns === null) return { alias: name, columns: [], unknown: true };
  const names = alias?.columns;
  if (!names) return { alias: name, columns, unknown: false };
  const shown = columns.filter((column) => !column.hidden);
  if (names.length !== shown.length) {
    const message = `${names.length} names for ${shown.length} columns`;
    state.ctx.error('COLUMN_COUNT', names[0]!.at, message);
  }
  let next = 0;
  const renamed = columns.map((column) =>
    column.hidden ? column : { ...column, name: names[next++]?.text ?? column.name },
  );
  return { alias: name, columns: renamed, unknown: false };
}

/** Dialect section 9: of the streams that are joined, one at most has no window. */
function checkJoins(state: PumpState, from: Ast.From, leaves: Leaf[], windows: Windows): void {
  const { ctx } = state;
  const [, second] = leaves.filter((leaf) => !leaf.isTable && !leaf.windowed);
  if (second !== undefined) {
    ctx.error(
      'UNBOUNDED_JOIN',
      second.at,
      'two streams can be joined only with a window on one of them',
      `write ${quoted(second.stream ?? 'stream')} OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS …`,
    );
  }
  const scope = { sources: leaves.map((leaf) => leaf.source), aliases: null };
  const b: Binder = { ctx, scope, windows, place: 'where', grouped: false };
  bindConditions(b, from);
  const withTable = leaves.some((leaf) => leaf.isTable);
  if (from.kind === 'join') {
    ctx.refuse(from.at, withTable ? 'a join with a reference table' : 'a join of streams');
  }
}

function bindConditions(b: Binder, from: Ast.From): void {
  if (from.kind !== 'join') return;
  bindConditions(b, from.left);
  bindConditions(b, from.right);
  if (from.on) bindCondition(b, from.on);
}
