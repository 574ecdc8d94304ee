import { randomBytes } from 'node:crypto';
import { CommandError } from '../errors.ts';
import { type Io, progressOn } from '../io.ts';
import { type Archive, checkArchive } from './archive.ts';
import { requireRanges } from './filler.ts';
import { expireNames } from './finish.ts';
import type { Job } from './job.ts';
import type { Notebook, RebuildRecord } from './record.ts';
import { generationNames, type Target } from './target.ts';
import type { Teller } from './tell.ts';

/** So near the end of the stream's retention time no fill goes on safely. */
const EXPIRY_MARGIN_MS = 10 * 60_000;

/** The rebuild that is to go on, or a new one. */
export async function begin(
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

async function switchedNow(notebook: Notebook, found: RebuildRecord): Promise<RebuildRecord> {
  const record: RebuildRecord = { ...found, phase: 'switched', switched: Date.now() };
  await notebook.save(record);
  return record;
}

export async function checkedArchive(file: string, target: Target, io: Io): Promise<Archive> {
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
