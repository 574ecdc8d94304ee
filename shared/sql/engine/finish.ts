import { type Cell, cellValue } from '../../windows/cells.ts';
import { RowError } from '../errors.ts';
import type { AggregateNode, Expr, ProjectNode } from '../plan.ts';
import { compile, compilePredicate } from '../run/compile.ts';
import type { Row, Value } from '../types.ts';

/** What becomes of a merged row: `present` is false where HAVING or WHERE does not hold. */
export interface Finished {
  /** Over the columns of the stream the node writes; where an expression failed, NULL. */
  readonly row: Row;
  readonly present: boolean;
  /** The first expression that failed; then the row is not present. */
  readonly error: RowError | null;
}

export type Finish = (row: Row) => Finished;

/** Compiles what stands behind the aggregates of a node: HAVING, then the select list. */
export function compileFinish(node: AggregateNode | ProjectNode): Finish {
  return finisher(node.kind === 'aggregate' ? node.having : node.where, node.select);
}

function finisher(filter: Expr | null, select: readonly Expr[]): Finish {
  const passes = compilePredicate(filter);
  const columns = select.map(compile);
  return (row) => {
    const out: Row = [row[0]!];
    let error: RowError | null = null;
    const attempt = <T>(work: (row: Row) => T, otherwise: T): T => {
      try {
        return work(row);
      } catch (thrown) {
        if (!(thrown instanceof RowError)) throw thrown;
        error ??= thrown;
        return otherwise;
      }
    };
    // One by one: the columns of the key stay known when another one fails.
    for (const column of columns) out.push(attempt(column, null));
    const passing = attempt(passes, false);
    return { row: out, present: passing && error === null, error };
  };
}

/** The group row that HAVING and the select list look at: ROWTIME, groups, aggregates. */
export function groupRow(
  node: AggregateNode,
  group: { readonly rowtime: number; readonly values: readonly Value[]; readonly rows: number },
  cells: readonly Cell[],
): Row {
  const aggregates = node.aggregates.map((a, i) => cellValue(a, cells[i]!, group.rows));
  return [group.rowtime, ...group.values, ...aggregates];
}
