import { compileFinish } from '../../shared/sql/engine/finish.ts';
import type { ProjectNode } from '../../shared/sql/plan.ts';
import type { Change } from './change.ts';
import type { Batch } from './context.ts';

/** Filter and projection behind an aggregate: from changes to changes, nothing is stored. */
export function createProjector(node: ProjectNode) {
  const finish = compileFinish(node);
  return (changes: readonly Change[], batch: Batch): Change[] =>
    changes.map((change) => {
      const finished = change.rows.map(finish);
      batch.outcome.rowErrors += finished.filter(({ error }) => error !== null).length;
      const passing = finished.filter(({ present }) => present);
      // A filtered result keeps its row: what reads it must find the group it no longer counts in.
      const kept = change.list ? passing : finished;
      return {
        ...change,
        origin: `${change.origin}>${node.id}`,
        rows: kept.map(({ row }) => row),
        present: change.present && passing.length > 0,
      };
    });
}
