import { realClock } from '../../local/real-clock.ts';
import { CommandError } from '../errors.ts';
import { progressOn } from '../io.ts';
import { expire } from './expire.ts';
import { type Job, openRecord } from './job.ts';
import type { Notebook, RebuildRecord } from './record.ts';
import { createTeller, type Teller } from './tell.ts';

/** Expires the old generation, once no invocation of before the switch can write it any more. */
export async function finish(
  job: Job,
  notebook: Notebook,
  record: RebuildRecord,
  teller: Teller,
): Promise<void> {
  const { target, io, stop, pace, keepOldMs } = job;
  const progress = progressOn(io);
  const until = pace.marginMs === null ? 0 : record.switched! + target.timeoutMs + pace.marginMs;
  for (let left = until - Date.now(); left > 0; left = until - Date.now()) {
    progress.show(`invocations of before the switch may still run: ${Math.ceil(left / 1_000)} s`);
    await realClock.sleep(Math.min(left, 1_000), stop.signal);
    stop.signal.throwIfAborted();
  }
  progress.clear();
  const goneAt = Date.now() + keepOldMs;
  const expired = await expireNames(job, record.oldNames, goneAt);
  await notebook.save({ ...record, phase: 'done' });
  teller.done(expired, goneAt);
}

/** Expires all items of some generations. */
export async function expireNames(
  { target, io, stop }: Job,
  names: readonly string[],
  goneAt: number,
): Promise<number> {
  const { dynamodb, scan, outputTables, context } = target;
  const progress = progressOn(io);
  const tables = [...outputTables, context.tables.state];
  try {
    return await expire(dynamodb, scan, tables, names, Math.ceil(goneAt / 1_000), (items, old) => {
      stop.signal.throwIfAborted();
      const [read, marked] = [items, old].map((count) => count.toLocaleString('en'));
      progress.show(`expiring: ${read} items read, ${marked} marked`);
    });
  } finally {
    progress.clear();
  }
}

/** Gives a rebuild up that has not switched: what it filled expires at once. */
export async function abort(job: Job): Promise<number> {
  const { target, io } = job;
  const teller = createTeller(io, job.isJson);
  const notebook = await openRecord(job);
  const record = notebook.record();
  if (record?.phase !== 'filling' || record.salt === target.salt) {
    throw new CommandError(
      `there is no rebuild of ${target.context.application.name} to give up`,
      record?.phase === 'switched'
        ? 'it has switched: the same command without --abort ends it'
        : null,
    );
  }
  // Takes it over from a process that may still fill.
  await notebook.save(record);
  const expired = await expireNames(job, record.names, Date.now());
  await notebook.save({ ...record, phase: 'aborted' });
  teller.aborted(expired);
  return 0;
}
