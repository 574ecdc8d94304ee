import type * as Ast from '../ast.ts';
import type { ScopeColumn } from './scope.ts';
import { checkSelect, type Selected } from './select.ts';
import type { PumpState } from './state.ts';
import { unify } from './type-rules.ts';
import type { Typed } from './typed.ts';

/** One column of a select. */
export interface Item {
  readonly name: string;
  readonly typed: Typed;
}

/** Where the rows of a pump's own query go. */
export interface Target {
  readonly into: string;
  /** One expression for each column of `into`; null if the widths differ (reported). */
  readonly fit: (items: readonly Item[], selectAt: number) => Typed[] | null;
}

/**
 * Checks a query and adds its nodes to the pump. Without a target it is a subquery or a
 * CURSOR, and its rows go to an anonymous stream.
 */
export function checkQuery(state: PumpState, query: Ast.Query, target: Target | null): Selected {
  const [head, ...rest] = query.selects;
  // The order of a UNION sees the columns of the whole, which no select of it knows alone.
  const first = checkSelect(state, head!, rest.length === 0 ? query.order : null, target);
  let columns = first.columns;
  for (const select of rest) {
    state.ctx.refuse(select.at, 'UNION ALL');
    const branch = checkSelect(state, select, null, target);
    if (target === null) columns = unite(state, select.at, columns, branch.columns);
  }
  return { ...first, columns };
}

function unite(
  state: PumpState,
  at: number,
  columns: readonly ScopeColumn[] | null,
  branch: readonly ScopeColumn[] | null,
): readonly ScopeColumn[] | null {
  if (columns === null || branch === null) return null;
  if (columns.length !== branch.length) {
    const message = `the selects of this UNION give ${columns.length} and ${branch.length} columns`;
    state.ctx.error('COLUMN_COUNT', at, message);
    return null;
  }
  return columns.map((column, i) => {
    const type = unify(column.type, branch[i]!.type);
    if (type !== null) return { name: column.name, type };
    const message = `column ${column.name} of this UNION has two kinds of values`;
    state.ctx.error('TYPE_MISMATCH', branch[i]!.at ?? at, message);
    return column;
  });
}
