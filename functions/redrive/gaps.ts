import type { GivenUp } from '../../shared/consume/on-failure.ts';
import type { KinesisRecord } from '../../shared/records/event.ts';
import type { Context } from '../aggregate/context.ts';
import { RecordsGone, type Reread } from '../aggregate/windowed/reread.ts';
import { createCloseGap, type GapOpen, type GapServices } from './close-gap.ts';
import { liveSalt } from './redriver.ts';
import type { GapsRequest } from './request.ts';

/** Why a gap is not touched at all. */
export type GapRefusal =
  /** The batch was another function's, or of another stream. */
  | 'OTHER_FUNCTION'
  | 'OTHER_STREAM'
  /** Its function keeps a window's state, of which the batch may have taken a part with it. */
  | 'WINDOW_STATE'
  /** Two batches that were given up have records in common, but are not the same. */
  | 'OVERLAPPING'
  /** What was read is not what the mapping says that was in it. */
  | 'NOT_WHOLE'
  /** The stream does not hold all of it any more. */
  | 'LOST';

/** What became of one batch that was given up, or as a dry run would. */
export interface GapAnswer {
  readonly shardId: string;
  readonly first: string;
  readonly last: string;
  readonly records: number;
  /** Rows of it, by pump; those that were there already count too. */
  readonly rows: Readonly<Record<string, number>>;
  /** Records that the program cannot take: they are set aside as ever. */
  readonly faults: number;
  /** What keeps it open; empty: all of it is in the tables. */
  readonly open: Readonly<Partial<Record<GapOpen | GapRefusal, string>>>;
}

export interface GapsAnswer {
  readonly application: string;
  readonly dryRun: boolean;
  readonly gaps: readonly GapAnswer[];
  /** How many of them are done with: where to go on; null: that was all. */
  readonly next: number | null;
}

/** Whether all of a gap is in the tables, or would be. */
export function isClosed({ open }: GapAnswer): boolean {
  return Object.keys(open).length === 0;
}

export interface GapsServices extends Omit<GapServices, 'now'> {
  readonly reread: Reread;
  /** The stream's physical name. */
  readonly stream: string;
  readonly now?: () => number;
  /** After how long a run ends and says where to go on. */
  readonly runMs?: number;
}

const RUN_MS = 20_000;
const REBUILD = '`npx sluice rebuild APPLICATION` reads the stream again';
const WINDOW_STATE = `with state: window the function's state may have gone with it: ${REBUILD}`;

/** Closes the gaps that given-up batches have left, one after the other. */
export function createGapCloser(context: Context, services: GapsServices) {
  const { reread, stream, now = Date.now, runMs = RUN_MS } = services;
  const { application, tables } = context;
  const refuses = refuserOf(tables.prefix, application.name, stream);
  return async (request: GapsRequest): Promise<GapsAnswer> => {
    const { dryRun, neverDelivered, next: from } = request;
    const started = now();
    const close = createCloseGap(context, await liveSalt(context), { ...services, now });
    const all = distinct(request.onFailure);
    const gaps: GapAnswer[] = [];
    let done = from;
    while (done < all.length && (gaps.length === 0 || now() - started < runMs)) {
      const gap = all[done++]!;
      const read = refuses(gap) ?? overlap(gap, all) ?? (await readGap(gap, reread));
      if ('why' in read) gaps.push(told(gap, { open: [read.why], rows: [], faults: 0 }));
      else {
        const run = { isUntried: neverDelivered, isDry: dryRun };
        gaps.push(told(gap, await close(gap, read.records, run)));
      }
    }
    const next = done < all.length ? done : null;
    return { application: application.name, dryRun, gaps, next };
  };
}

interface Refused {
  readonly why: readonly [GapRefusal, string];
}

/** The names of functions are made in infra/functions/aggregate.ts. */
function refuserOf(prefix: string, application: string, stream: string) {
  return ({ functionArn, streamArn }: GivenUp): Refused | null => {
    const name = functionArn.split(':')[6]!;
    if (/^window\d+-(.+)$/.exec(name.slice(prefix.length))?.[1] === application) {
      return { why: ['WINDOW_STATE', WINDOW_STATE] };
    }
    if (name !== `${prefix}aggregate-${application}`) {
      return { why: ['OTHER_FUNCTION', `it was a batch of ${name}`] };
    }
    const other = streamArn.split('/').at(-1)!;
    return other === stream ? null : { why: ['OTHER_STREAM', `it was a batch of ${other}`] };
  };
}

/** A queue may give a record twice. */
export function distinct(gaps: readonly GivenUp[]): GivenUp[] {
  const idOf = (gap: GivenUp) => [gap.functionArn, gap.shardId, gap.first, gap.last].join();
  return [...Map.groupBy(gaps, idOf).values()].map((same) => ({
    ...same[0]!,
    payload: same.find(({ payload }) => payload !== null)?.payload ?? null,
    invokes: Math.max(...same.map(({ invokes }) => invokes)),
    at: Math.max(...same.map(({ at }) => at)),
  }));
}

function overlap(gap: GivenUp, all: readonly GivenUp[]): Refused | null {
  const [first, last] = [BigInt(gap.first), BigInt(gap.last)];
  const other = all.find(
    (one) =>
      one !== gap &&
      one.shardId === gap.shardId &&
      one.functionArn === gap.functionArn &&
      BigInt(one.first) <= last &&
      BigInt(one.last) >= first,
  );
  if (other === undefined) return null;
  return { why: ['OVERLAPPING', `${other.first} to ${other.last} was given up too: ${REBUILD}`] };
}

/** The records of a gap: from its payload, or again from the stream. */
async function readGap(
  gap: GivenUp,
  reread: Reread,
): Promise<Refused | { readonly records: readonly KinesisRecord[] }> {
  const records: KinesisRecord[] = [...(gap.payload?.Records ?? [])];
  try {
    if (gap.payload === null) {
      for await (const some of reread(gap.shardId, gap)) {
        records.push(...some);
        if (records.length > gap.size) break;
      }
    }
  } catch (error) {
    if (!isGone(error)) throw error;
    const range = `${gap.shardId} from ${gap.first} to ${gap.last}`;
    return { why: ['LOST', `the stream does not hold ${range} any more`] };
  }
  if (isWhole(gap, records)) return { records };
  const from = gap.payload === null ? 'the stream' : 'its payload';
  return { why: ['NOT_WHOLE', `${from} has not the ${gap.size} records of the batch: ${REBUILD}`] };
}

/** With a filter or parallel batches of a shard there are others between them. */
function isWhole({ shardId, first, last, size }: GivenUp, records: readonly KinesisRecord[]) {
  const numbers = records.map(({ kinesis }) => kinesis.sequenceNumber);
  return (
    records.length === size &&
    numbers[0] === first &&
    numbers.at(-1) === last &&
    records.every(({ eventID }, i) => eventID === `${shardId}:${numbers[i]}`) &&
    numbers.every((number, i) => i === 0 || BigInt(numbers[i - 1]!) < BigInt(number))
  );
}

/** Kinesis knows neither a shard whose records have expired, nor the numbers of a deleted stream. */
export function isGone(error: unknown): boolean {
  const names = ['ResourceNotFoundException', 'InvalidArgumentException'];
  return error instanceof RecordsGone || (error instanceof Error && names.includes(error.name));
}

function told(
  { shardId, first, last, size }: GivenUp,
  result: {
    readonly open: Iterable<readonly [GapOpen | GapRefusal, string]>;
    readonly rows: Iterable<readonly [string, number]>;
    readonly faults: number;
  },
): GapAnswer {
  const { open, rows, faults } = result;
  return {
    ...{ shardId, first, last, records: size, faults },
    rows: Object.fromEntries(rows),
    open: Object.fromEntries(open),
  };
}
