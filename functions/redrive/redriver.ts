import { eachLimit } from '../../shared/consume/each-limit.ts';
import { type FaultArchive, openPrefix } from '../../shared/consume/fault-archives.ts';
import type { ShardRanges } from '../../shared/consume/shard-ranges.ts';
import type { Context } from '../aggregate/context.ts';
import { pointerKey, readPointer } from '../aggregate/pointer.ts';
import { type FaultyGroup, groupFaults, type Held } from './faulty-group.ts';
import { createRedriveBatch, type Redriven, type StillOpen } from './redrive-batch.ts';
import { isMeant, type RedriveRequest } from './request.ts';

/** What one run has done, or, as a dry run, would do. */
export interface RedriveAnswer {
  readonly application: string;
  readonly dryRun: boolean;
  /** Faults that were looked at, and those of them that were meant. */
  readonly seen: number;
  readonly meant: number;
  /** Of those: brought back whole. */
  readonly redriven: number;
  /** Rows that went to results, by pump; those that were there already count too. */
  readonly rows: Readonly<Record<string, number>>;
  /** Faults that stay open, by what keeps them; and what it says of the last one. */
  readonly open: Readonly<Record<string, { readonly faults: number; readonly why: string }>>;
  /** Where to go on; null: that was all. */
  readonly next: string | null;
}

export interface RedriveServices {
  readonly archive: FaultArchive;
  /** As for the consumer. */
  readonly ranges: ShardRanges | null;
  readonly now?: () => number;
  /** After how long a run ends and says where to go on. */
  readonly runMs?: number;
}

const READS_IN_FLIGHT = 16;
/** Records of one batch, and base64 in it: what they unfold to has to fit the function's memory. */
const BATCH_RECORDS = 200;
const BATCH_BYTES = 8 << 20;
const RUN_MS = 20_000;

/** Brings an application's faults back, page by page; one call does what fits an invocation. */
export function createRedriver(context: Context, services: RedriveServices) {
  const { archive, ranges, now = Date.now, runMs = RUN_MS } = services;
  const { name } = context.application;

  const finish = async (groups: readonly FaultyGroup[], { open }: Redriven): Promise<void> => {
    const held = groups.flatMap(({ objects }) => objects);
    await eachLimit(held, READS_IN_FLIGHT, async (one) => {
      const why = open.get(one);
      if (why === undefined) return archive.close(one.key);
      const tried = { at: new Date(now()).toISOString(), why: Object.fromEntries(why) };
      await archive.replace(one.key, { ...one.record, tried });
    });
  };

  return async (request: RedriveRequest): Promise<RedriveAnswer> => {
    const started = now();
    const redrive = createRedriveBatch(context, await liveSalt(context), ranges, now);
    const tally = createTally();
    let place = request.next;
    do {
      const prefix = openPrefix(name, request.shardId ?? undefined);
      const { held, next } = await readRun(archive, prefix, place);
      tally.seen += held.length;
      for (const groups of batchesOf(held, request)) {
        const result = await redrive(groups, request.dryRun);
        tally.add(groups, result);
        if (!request.dryRun) await finish(groups, result);
      }
      place = next;
    } while (place !== null && now() - started < runMs);
    return { application: name, dryRun: request.dryRun, ...tally.told(), next: place };
  };
}

/** Of the generation that is live. Throws Error while a rebuild takes over. */
export async function liveSalt({ application, tables, store }: Context): Promise<string> {
  const { salt, handover } = readPointer(await store.read(pointerKey(application, tables)));
  if (handover === null) return salt;
  throw new Error('rebuilt rows take over at this moment: redrive again when that is done');
}

/** The next faults, with all of the last record among them. */
async function readRun(archive: FaultArchive, prefix: string, after: string | null) {
  const page = await archive.list(prefix, after);
  const batch = page.keys.slice(0, BATCH_RECORDS);
  const rest = page.keys.slice(BATCH_RECORDS);
  let { next } = page;
  if (rest.length > 0) next = batch.at(-1)!;
  if (next !== null) {
    // The others of its record lie behind it.
    const record = recordOf(next);
    while (batch.length > 1 && recordOf(batch.at(-1)!) === record) batch.pop();
    next = batch.at(-1)!;
  }
  const held: Held[] = [];
  await eachLimit(batch, READS_IN_FLIGHT, async (key) => {
    const record = await archive.read(key);
    if (record !== null) held.push({ key, record });
  });
  return { held, next };
}

/** The part of a key that names the record: no other record's begins so. */
function recordOf(key: string): string {
  const from = key.lastIndexOf('/');
  return key.slice(0, key.indexOf('.', from));
}

/** Whole records of one shard at a time, those that are meant. */
function batchesOf(held: readonly Held[], request: RedriveRequest): FaultyGroup[][] {
  const batches: FaultyGroup[][] = [];
  for (const ofShard of Map.groupBy(held, ({ record }) => record.shardId).values()) {
    const meant = groupFaults(ofShard).filter(({ objects }) =>
      objects.some(({ record }) => isMeant(request, record)),
    );
    let bytes = Number.POSITIVE_INFINITY;
    for (const group of meant) {
      bytes += group.objects[0]!.record.data.length;
      if (bytes > BATCH_BYTES) {
        batches.push([]);
        bytes = group.objects[0]!.record.data.length;
      }
      batches.at(-1)!.push(group);
    }
  }
  return batches;
}

function createTally() {
  const rows = new Map<string, number>();
  const open = new Map<StillOpen, { faults: number; why: string }>();
  let meant = 0;
  let redriven = 0;
  const tally = {
    seen: 0,
    add: (groups: readonly FaultyGroup[], result: Redriven): void => {
      const held = groups.flatMap(({ objects }) => objects);
      meant += held.length;
      redriven += held.length - result.open.size;
      for (const [pump, n] of result.rows) rows.set(pump, (rows.get(pump) ?? 0) + n);
      for (const whys of result.open.values()) {
        for (const [reason, why] of whys) {
          open.set(reason, { faults: (open.get(reason)?.faults ?? 0) + 1, why });
        }
      }
    },
    told: () => ({
      seen: tally.seen,
      meant,
      redriven,
      rows: Object.fromEntries(rows),
      open: Object.fromEntries(open),
    }),
  };
  return tally;
}
