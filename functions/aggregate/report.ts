import { emitMetrics } from '../../shared/observe/metrics.ts';
import type { Folded } from '../../shared/sql/engine/fold.ts';
import type { Context } from './context.ts';
import type { Counts, Input } from './intake.ts';

/** What became of one invocation. */
export interface Figures {
  readonly input: Input;
  readonly counts: Counts;
  /** What was brought into the tables. */
  readonly folded: readonly Folded[];
  readonly faults: number;
  readonly rowErrors: number;
  readonly failedWrites: number;
  /** `performance.now()` at its begin. */
  readonly started: number;
}

/** Writes the metrics of one invocation; `more` of the mode it runs in. */
export function report(
  { application }: Context,
  figures: Figures,
  more: Readonly<Record<string, number>> = {},
): void {
  const { input, counts, folded, started } = figures;
  const late = folded.flatMap(({ rejections }) =>
    rejections.flatMap((r) => (r.reason === 'LATE' ? [`${r.record}.${r.sub}`] : [])),
  );
  const groups = folded.flatMap((part) => [...part.groups.values()]);
  emitMetrics(
    { Application: application.name },
    {
      Records: input.length,
      UserRecords: counts.userRecords,
      Rows: counts.rows,
      OutOfRange: counts.outOfRange,
      DamagedAggregates: counts.damagedAggregates,
      Groups: groups.reduce((sum, { list }) => sum + list.length, 0),
      Faults: figures.faults,
      Late: new Set(late).size,
      RowErrors: figures.rowErrors,
      FailedWrites: figures.failedWrites,
      ...more,
      BatchMs: Math.round((performance.now() - started) * 10) / 10,
    },
  );
}
