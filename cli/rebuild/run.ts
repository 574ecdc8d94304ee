import { randomUUID } from 'node:crypto';
import { namesOf, pointerKey } from '../../functions/aggregate/pointer.ts';
import { realClock } from '../../local/real-clock.ts';
import { CommandError } from '../errors.ts';
import { progressOn } from '../io.ts';
import { plural } from '../program.ts';
import type { Archive } from './archive.ts';
import { begin, checkedArchive } from './begin.ts';
import { compare } from './compare.ts';
import { type Fill, Stuck, startFill } from './fill.ts';
import { type Filler, fillArchive, openFiller } from './filler.ts';
import { finish } from './finish.ts';
import { type Job, openRecord } from './job.ts';
import type { Notebook, RebuildRecord, ShardFill } from './record.ts';
import { takeOver } from './take-over.ts';
import { createTeller, type Teller } from './tell.ts';

/** Handovers that may fail because the functions did not wait long enough. */
const ATTEMPTS = 3;
const SAVE_MS = 1_000;
/** A row may still move for a while after its window: batches on their way, events a little late. */
const MOVING_MS = 30_000;
/** A first record this near the stream's horizon had others before it, that are gone. */
const HORIZON_MS = 2 * 60_000;
/** Fills, compares, and with --switch moves the pointer and expires the old generation. */
export async function run(job: Job): Promise<number> {
  const { target, io } = job;
  const teller = createTeller(io, job.isJson);
  const archive = job.archive === undefined ? null : await checkedArchive(job.archive, target, io);
  const notebook = await openRecord(job);
  let record = await begin(job, notebook, archive, teller);
  if (record.phase === 'filling') {
    const outcome = await fillAndCompare(job, notebook, record, archive, teller);
    if (typeof outcome === 'number') return outcome;
    record = outcome;
  }
  await finish(job, notebook, record, teller);
  return 0;
}

async function fillAndCompare(
  job: Job,
  notebook: Notebook,
  begun: RebuildRecord,
  archive: Archive | null,
  teller: Teller,
): Promise<RebuildRecord | number> {
  const { target, io, stop, pace } = job;
  const { signal } = stop;
  const progress = progressOn(io);
  let record = begun;
  let fill: Fill | null = null;
  const show = (): void => {
    if (fill !== null) progress.show(teller.fillText(fill));
  };
  const filler = openFiller(target, record, archive, job.faults, {
    paceMs: pace.paceMs,
    onProgress: show,
  });
  const current = (): RebuildRecord =>
    fill === null ? record : { ...record, shards: fill.shards(), upTo: fill.upTo() };
  const saving = keepSaving(notebook, current, stop);
  try {
    if (archive !== null && record.archive === 'open') {
      const hear = (shardId: string, shard: ShardFill): void => {
        record = { ...record, shards: new Map([...record.shards, [shardId, shard]]) };
      };
      await fillArchive(filler, archive, record.shards, hear, progress, signal);
      record = { ...record, archive: 'read' };
      progress.clear();
      teller.note(`${archive.file}: ${plural(archive.records, 'record')} read`);
    }
    fill = startFill(filler.ports, record.shards);
    await fill.reach(Date.now(), signal);
    progress.clear();
    teller.filled(fill, filler.counts);
    const comparison = await compareNow(job, record, fill);
    teller.compared(comparison);
    if (!job.isSwitch) {
      teller.waits(comparison.isEqual);
      return comparison.isEqual ? 0 : 1;
    }
    await switchOver(job, record, fill, teller);
    record = { ...current(), phase: 'switched', switched: Date.now() };
    return record;
  } catch (error) {
    throw explained(error, filler);
  } finally {
    progress.clear();
    await fill?.stop();
    await saving.end();
  }
}

async function compareNow({ target, io, stop }: Job, { salt, begun }: RebuildRecord, fill: Fill) {
  const { context, salt: live, scan, stream } = target;
  const { application, graph, tables } = context;
  const progress = progressOn(io);
  const firsts = [...fill.shards().values()].map(({ first }) => first);
  const first = Math.min(...firsts, Date.now());
  const isTrimmed = first < begun - stream.retentionMs + HORIZON_MS;
  try {
    return await compare(
      {
        ...{ application, graph, live },
        tableOf: (output) => tables.prefix + application.outputs[output]!.table,
        rebuilt: salt,
        since: isTrimmed ? first : Number.NEGATIVE_INFINITY,
        until: Date.now() - target.batchWindowMs - MOVING_MS,
      },
      scan,
      (items) => {
        stop.signal.throwIfAborted();
        progress.show(`comparing: ${items.toLocaleString('en')} items read`);
      },
    );
  } finally {
    progress.clear();
  }
}

async function switchOver(
  { target, stop, pace }: Job,
  { salt, from, program }: RebuildRecord,
  fill: Fill,
  teller: Teller,
): Promise<void> {
  const { application, graph, tables, store } = target.context;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    teller.note('switching: the function waits until the last records are filled');
    const isSwitched = await takeOver(
      {
        ...{ store, salt, from, program },
        clock: realClock,
        key: pointerKey(application, tables),
        outputs: namesOf(application, graph, salt),
        settleMs: pace.settleMs,
        attempt: randomUUID(),
      },
      fill,
      stop.signal,
    );
    if (isSwitched) return teller.switched(application.name, namesOf(application, graph, salt));
    await fill.reach(Date.now(), stop.signal);
  }
  throw new CommandError(
    'the function did not wait long enough: filling does not keep up with what arrives',
    'the old rows stay live; run the command again when the stream is quieter',
  );
}

/** Saves how far the fill has come, every second and at the end; a failure stops the rebuild. */
function keepSaving(notebook: Notebook, current: () => RebuildRecord, stop: AbortController) {
  const ended = new AbortController();
  let isBroken = false;
  const loop = async (): Promise<void> => {
    for (;;) {
      await realClock.sleep(SAVE_MS, ended.signal);
      if (ended.signal.aborted) return;
      await notebook.save(current());
    }
  };
  const saving = loop().catch((error: unknown) => {
    isBroken = true;
    stop.abort(error);
  });
  return {
    end: async (): Promise<void> => {
      ended.abort();
      await saving;
      if (!isBroken) await notebook.save(current());
    },
  };
}

function explained(error: unknown, filler: Filler): unknown {
  if (!(error instanceof Stuck)) return error;
  return new CommandError(
    `the rebuild cannot go on: ${filler.problem() ?? error.message}`,
    'mend that and run the same command: it goes on from here',
    { cause: error },
  );
}
