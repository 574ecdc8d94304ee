import { type GapAnswer, type GapsAnswer, isClosed } from '../../functions/redrive/gaps.ts';
import type { GivenUp } from '../../shared/consume/on-failure.ts';
import { type Io, note, paint, progressOn } from '../io.ts';
import { plural } from '../program.ts';
import { renderTable, type TableColumn } from '../table.ts';
import { callsOf } from './calls.ts';
import type { Way } from './way.ts';

export interface CloseOptions {
  /** In the order of their ranges. */
  readonly given: readonly GivenUp[];
  /** A person says that no record of those without an invocation has ever come to the function. */
  readonly neverDelivered: boolean;
  /** False: a dry run. */
  readonly isApplied: boolean;
  readonly isJson: boolean;
}

type Told = Omit<GapsAnswer, 'next'>;

/** `sluice faults redrive --on-failure`: 0 all gaps are, or would be, closed; 1 some stay open. */
export async function closeGaps(way: Way, options: CloseOptions, io: Io): Promise<number> {
  const answer = await runAll(way, options, io);
  if (options.isJson) io.out.write(`${JSON.stringify(answer)}\n`);
  else tell(answer, io);
  return answer.gaps.every(isClosed) ? 0 : 1;
}

/** As many runs as the batches take. */
async function runAll(way: Way, options: CloseOptions, io: Io): Promise<Told> {
  const { given, neverDelivered, isApplied } = options;
  const { calls, withoutPayload } = callsOf(given, way.mostBytes);
  if (withoutPayload.length > 0) {
    const which = plural(withoutPayload.length, 'payload');
    note(io, `${which} too large for one invocation: the stream is read instead`);
  }
  const progress = progressOn(io);
  const gaps: GapAnswer[] = [];
  let application = '';
  try {
    for (const onFailure of calls) {
      for (let next: number | null = 0; next !== null; ) {
        const answer = await way.closeGaps({
          ...{ onFailure, neverDelivered, dryRun: !isApplied, next },
        });
        application = answer.application;
        gaps.push(...answer.gaps);
        next = answer.next;
        const seen = `${gaps.length.toLocaleString('en')} of ${plural(given.length, 'gap')}`;
        progress.show(`${seen} ${isApplied ? 'done with' : 'looked at'}`);
      }
    }
  } finally {
    progress.clear();
  }
  return { application, dryRun: !isApplied, gaps };
}

function tell({ application, dryRun, gaps }: Told, io: Io): void {
  const { color } = io.out;
  const closed = gaps.filter(isClosed).length;
  const [done, left] = dryRun ? ['would be closed', 'would stay open'] : ['closed', 'stay open'];
  const counts = `${plural(closed, 'gap')} ${done}, ${(gaps.length - closed).toLocaleString('en')} ${left}`;
  const title = `${dryRun ? 'dry run of ' : ''}${application}: ${counts}`;
  io.out.write(`${paint(color, 'bold', title)}\n\n${renderTable(gapColumns(gaps, done!), color)}`);
  const pumps = Map.groupBy(
    gaps.flatMap(({ rows }) => Object.entries(rows)),
    ([pump]) => pump,
  );
  if (pumps.size > 0) io.out.write(`\n${renderTable(pumpColumns(pumps), color)}`);
  const reasons = Map.groupBy(
    gaps.flatMap(({ open }) => Object.entries(open)),
    ([reason]) => reason,
  );
  if (reasons.size > 0) io.out.write(`\n${renderTable(openColumns(reasons, left!), color)}`);
  if (dryRun && closed > 0) note(io, 'nothing was written: --apply does it');
}

/** One line for each batch. Its numbers are to be copied; of the last one what differs from the first is enough. */
function gapColumns(gaps: readonly GapAnswer[], done: string): TableColumn[] {
  const column = (heading: string, cell: (gap: GapAnswer) => string, isNumeric = false) => ({
    ...{ heading, isNumeric, isWhole: !isNumeric },
    cells: gaps.map(cell),
  });
  const rowsOf = ({ rows }: GapAnswer): number => Object.values(rows).reduce((a, b) => a + b, 0);
  return [
    column('shard', ({ shardId }) => shardId),
    column('from record', ({ first }) => first),
    column('to', ({ first, last }) => shortened(first, last)),
    column('records', ({ records }) => records.toLocaleString('en'), true),
    column('rows', (gap) => rowsOf(gap).toLocaleString('en'), true),
    column('faults', ({ faults }) => faults.toLocaleString('en'), true),
    column('', (gap) => (isClosed(gap) ? done : Object.keys(gap.open).join(', '))),
  ];
}

function shortened(first: string, last: string): string {
  let same = 0;
  while (same < last.length && first[same] === last[same]) same++;
  if (same === last.length) return '';
  return same === 0 ? last : `…${last.slice(same)}`;
}

type Entries<T> = ReadonlyMap<string, readonly (readonly [string, T])[]>;

function pumpColumns(pumps: Entries<number>): TableColumn[] {
  const rows = [...pumps.values()].map((of) => of.reduce((sum, [, count]) => sum + count, 0));
  return [
    { heading: 'pump', isNumeric: false, cells: [...pumps.keys()] },
    {
      heading: 'rows through it',
      isNumeric: true,
      cells: rows.map((count) => count.toLocaleString('en')),
    },
  ];
}

function openColumns(reasons: Entries<string>, left: string): TableColumn[] {
  const found = [...reasons.values()];
  return [
    { heading: left, isNumeric: false, cells: [...reasons.keys()] },
    {
      heading: 'gaps',
      isNumeric: true,
      cells: found.map((of) => of.length.toLocaleString('en')),
    },
    {
      heading: 'why, such as',
      ...{ isNumeric: false, isWhole: true },
      cells: found.map((of) => of.at(-1)![1]),
    },
  ];
}
