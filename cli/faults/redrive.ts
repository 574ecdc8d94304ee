import type { RedriveAnswer } from '../../functions/redrive/redriver.ts';
import { type Io, note, paint, progressOn } from '../io.ts';
import { plural } from '../program.ts';
import { renderTable } from '../table.ts';
import type { Filters } from './filters.ts';
import type { Way } from './way.ts';

export interface RedriveOptions {
  readonly filters: Filters;
  /** False: a dry run. */
  readonly isApplied: boolean;
  readonly isJson: boolean;
}

/** `sluice faults redrive`: 0 all are, or would be, brought back; 1 some stay open. */
export async function redrive(
  { redrive: run }: Way,
  options: RedriveOptions,
  io: Io,
): Promise<number> {
  const answer = await runAll(run, options, io);
  if (options.isJson) {
    const { next: _, ...told } = answer;
    io.out.write(`${JSON.stringify(told)}\n`);
  } else tell(answer, io);
  return answer.redriven === answer.meant ? 0 : 1;
}

/** One run after the other until all faults were looked at. */
async function runAll(
  run: Way['redrive'],
  options: RedriveOptions,
  io: Io,
): Promise<RedriveAnswer> {
  const { filters, isApplied } = options;
  const progress = progressOn(io);
  let all: RedriveAnswer | null = null;
  try {
    do {
      const next: string | null = all?.next ?? null;
      const answer = await run({ ...filters, dryRun: !isApplied, next });
      all = all === null ? answer : added(all, answer);
      const [seen, done] = [all.seen, all.redriven].map((count) => count.toLocaleString('en'));
      progress.show(
        `${seen} faults looked at, ${done} ${isApplied ? '' : 'would be '}brought back`,
      );
    } while (all.next !== null);
    return all;
  } finally {
    progress.clear();
  }
}

function added(one: RedriveAnswer, other: RedriveAnswer): RedriveAnswer {
  const rows = { ...one.rows };
  for (const [pump, count] of Object.entries(other.rows)) rows[pump] = (rows[pump] ?? 0) + count;
  const open = { ...one.open };
  for (const [reason, { faults, why }] of Object.entries(other.open)) {
    open[reason] = { faults: (open[reason]?.faults ?? 0) + faults, why };
  }
  return {
    ...other,
    seen: one.seen + other.seen,
    meant: one.meant + other.meant,
    redriven: one.redriven + other.redriven,
    ...{ rows, open },
  };
}

function tell({ application, dryRun, meant, redriven, rows, open }: RedriveAnswer, io: Io): void {
  const { color } = io.out;
  if (meant === 0) {
    note(io, `no faults of ${application} are meant: there is nothing to redrive`);
    return;
  }
  const stay = meant - redriven;
  const [done, left] = dryRun
    ? ['would be redriven', 'would stay open']
    : ['redriven', 'stay open'];
  const title = `${dryRun ? 'dry run of ' : ''}${application}: ${plural(redriven, 'fault')} ${done}, ${stay.toLocaleString('en')} ${left}`;
  io.out.write(`${paint(color, 'bold', title)}\n`);
  const pumps = Object.entries(rows);
  if (pumps.length > 0) {
    io.out.write(
      `\n${renderTable(
        [
          { heading: 'pump', isNumeric: false, cells: pumps.map(([pump]) => pump) },
          {
            heading: 'rows through it',
            isNumeric: true,
            cells: pumps.map(([, count]) => count.toLocaleString('en')),
          },
        ],
        color,
      )}`,
    );
  }
  const reasons = Object.entries(open);
  if (reasons.length > 0) {
    io.out.write(
      `\n${renderTable(
        [
          { heading: left!, isNumeric: false, cells: reasons.map(([reason]) => reason) },
          {
            heading: 'faults',
            isNumeric: true,
            cells: reasons.map(([, { faults }]) => faults.toLocaleString('en')),
          },
          {
            heading: 'why, such as',
            ...{ isNumeric: false, isWhole: true },
            cells: reasons.map(([, { why }]) => why),
          },
        ],
        color,
      )}`,
    );
  }
  if (!dryRun || redriven === 0) return;
  note(io, 'nothing was written: --apply does it, and meets results that have expired only then');
}
