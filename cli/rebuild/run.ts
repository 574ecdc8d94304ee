import { randomBytes, randomUUID } from 'node:crypto';
import { namesOf, pointerKey } from '../../functions/aggregate/pointer.ts';
import { realClock } from '../../local/real-clock.ts';
import { CommandError } from '../errors.ts';
import { type Io, progressOn } from '../io.ts';
import { plural } from '../program.ts';
import { type Archive, checkArchive } from './archive.ts';
import { compare } from './compare.ts';
import { expire } from './expire.ts';
import { type Fill, Stuck, startFill } from './fill.ts';
import { type Filler, fillArchive, openFiller, requireRanges } from './filler.ts';
import {
  type Notebook,
  openNotebook,
  type RebuildRecord,
  recordKey,
  type ShardFill,
} from './record.ts';
import { takeOver } from './take-over.ts';
import { generationNames, type Target } from './target.ts';
import { createTeller, type Teller } from './tell.ts';

/** Times that depend on AWS, in milliseconds; tests have shorter ones. */
export interface Pace {
  /** For how long one reader of a stream may see less of it than another. */
  readonly settleMs: number;
  /** Between two reads of a shard. */
  readonly paceMs: number;
  /** How long what an invocation has sent may land after its end. null: nobody is waited for. */
  readonly marginMs: number | null;
}

export interface Job {
  readonly target: Target;
  readonly io: Io;
  readonly stop: AbortController;
  readonly pace: Pace;
  /** How long the old rows stay for readers that do not look at the pointer. */
  readonly keepOldMs: number;
  readonly archive: string | undefined;
  readonly faults: string | undefined;
  readonly isSwitch: boolean;
  readonly isJson: boolean;
}

/** Handovers that may fail because the functions did not wait long enough. */
const ATTEMPTS = 3;
const SAVE_MS = 1_000;
/** A row may still move for a while after its window: batches on their way, events a little late. */
const MOVING_MS = 30_000;
/** A first record this near the stream's horizon had others before it, that are gone. */
const HORIZON_MS = 2 * 60_000;
/** So near the end of the stream's retention time no fill goes on safely. */
const EXPIRY_MARGIN_MS = 10 * 60_000;

/** Fills, compares, and with --switch moves the pointer and expires the old generation. */
export async function run(job: Job): Promise<number> {
  const { target, io } = job;
  const teller = createTeller(io, job.isJson);
  const archive = job.archive === undefined ? null : await checkedArchive(job.archive, target, io);
  const notebook = await openNotebook(target.context.store, keyOf(target), randomUUID());
  let record = await begin(job, notebook, archive, teller);
  if (record.phase === 'filling') {
    const outcome = await fillAndCompare(job, notebook, record, archive, teller);
    if (typeof outcome === 'number') return outcome;
    record = outcome;
  }
  await finish(job, notebook, record, teller);
  return 0;
}

/** Gives a rebuild up that has not switched: what it filled expires at once. */
export async function abort(job: Job): Promise<number> {
  const { target, io } = job;
  const teller = createTeller(io, job.isJson);
  const notebook = await openNotebook(target.context.store, keyOf(target), randomUUID());
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

/** The rebuild that is to go on, or a new one. */
async function begin(
  job: Job,
  notebook: Notebook,
  archive: Archive | null,
  teller: Teller,
): Promise<RebuildRecord> {
  const { target } = job;
  const { context, program, stream, salt: live } = target;
  const found = notebook.record();
  if (found?.phase === 'switched' || (found?.phase === 'filling' && found.salt === live)) {
    // It died between the switch and its note of it: from now on is late enough to wait.
    return found.phase === 'switched' ? found : switchedNow(notebook, found);
  }
  const isCurrent = found?.phase === 'filling' && found.program === program && found.from === live;
  if (found?.phase === 'filling' && !isCurrent) {
    teller.note('what runs has changed since the rebuild began: it begins anew');
    await expireNames(job, found.names, Date.now());
  }
  if (found !== null && isCurrent) {
    requireFresh(found, stream.retentionMs);
    requireArchive(found, archive);
    teller.begun(found, target, true);
    // Takes it over from a process that may still be at it.
    await notebook.save(found);
    return found;
  }
  const salt = randomBytes(4).toString('hex');
  const record: RebuildRecord = {
    ...{ salt, from: live, program },
    phase: 'filling',
    archive: archive === null ? 'none' : 'open',
    begun: Date.now(),
    switched: null,
    upTo: null,
    shards: new Map(),
    names: generationNames(context, salt),
    oldNames: generationNames(context, live),
  };
  await notebook.save(record);
  teller.begun(record, target, false);
  return record;
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
  const since = Math.min(...firsts, Date.now());
  try {
    return await compare(
      {
        ...{ application, graph, live },
        tableOf: (output) => tables.prefix + application.outputs[output]!.table,
        rebuilt: salt,
        since,
        isTrimmed: since < begun - stream.retentionMs + HORIZON_MS,
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

/** Expires the old generation, once no invocation of before the switch can write it any more. */
async function finish(
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

async function expireNames(
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

async function switchedNow(notebook: Notebook, found: RebuildRecord): Promise<RebuildRecord> {
  const record: RebuildRecord = { ...found, phase: 'switched', switched: Date.now() };
  await notebook.save(record);
  return record;
}

async function checkedArchive(file: string, target: Target, io: Io): Promise<Archive> {
  const progress = progressOn(io);
  try {
    const archive = await checkArchive(file, progress);
    requireRanges(target, archive);
    return archive;
  } finally {
    progress.clear();
  }
}

/** What was left unread may have expired meanwhile: going on would leave a gap. */
function requireFresh({ upTo }: RebuildRecord, retentionMs: number): void {
  if (upTo === null || Date.now() - upTo < retentionMs - EXPIRY_MARGIN_MS) return;
  throw new CommandError(
    `the rebuild was left alone since ${new Date(upTo).toISOString()}: records behind it may have expired`,
    'give it up with --abort, and begin anew',
  );
}

function requireArchive({ archive }: RebuildRecord, given: Archive | null): void {
  if (archive === 'open' && given === null) {
    throw new CommandError(
      'this rebuild has not read its archive to the end yet',
      'give the same --archive again, or give the rebuild up with --abort',
    );
  }
  if (archive === 'none' && given !== null) {
    throw new CommandError(
      'this rebuild began without an archive, which has to come before the stream',
      'give it up with --abort, and begin anew with --archive',
    );
  }
}

function explained(error: unknown, filler: Filler): unknown {
  if (!(error instanceof Stuck)) return error;
  return new CommandError(
    `the rebuild cannot go on: ${filler.problem() ?? error.message}`,
    'mend that and run the same command: it goes on from here',
    { cause: error },
  );
}

function keyOf({ context }: Target) {
  return recordKey(context.application.name, context.tables.state);
}
